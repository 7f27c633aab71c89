import { Agent, request } from "node:https";

/** Where a load goes. */
export interface Target {
  readonly port: number;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a load showed. */
export interface LoadResult {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What pages ask for while somebody looks at one: the page, and its state over and over. */
const PATHS = ["/index.html", "/state.json", "/state.json", "/state.json"];

/** Requests over some kept connections, one after the other on each, for so many seconds. @throws Error at any status but 200 */
export async function load(target: Target, connections: number, seconds: number): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, rejectUnauthorized: false });
  const end = performance.now() + seconds * 1_000, times: number[] = [];
  const one = async () => {
    for (let at = 0; performance.now() < end; at++) {
      const begun = performance.now();
      const status = await send(target, agent, "GET", PATHS[at % PATHS.length]!);
      if (status !== 200) throw new Error(`${target.host} answered ${status}`);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  agent.destroy();
  times.sort((a, b) => a - b);
  const part = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { requests: times.length, p50Ms: part(0.5), p99Ms: part(0.99) };
}

/** One upload with its Content-Length. @returns seconds that it took */
export async function upload(target: Target, bytes: number): Promise<number> {
  const agent = new Agent({ rejectUnauthorized: false });
  const begun = performance.now();
  const status = await send(target, agent, "POST", "/upload", bytes);
  if (status !== 200) throw new Error(`${target.host} answered the upload with ${status}`);
  return (performance.now() - begun) / 1_000;
}

const CHUNK = new Uint8Array(65_536).fill(7);

function send({ port, host, headers }: Target, agent: Agent, method: string, path: string, bytes = 0): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const body = bytes === 0 ? {} : { "content-length": String(bytes), "content-type": "application/octet-stream" };
  const options = { host: "127.0.0.1", port, path, method, agent, servername: host };
  const sent = request({ ...options, headers: { host: `${host}:${port}`, ...headers, ...body } }, (response) => {
    response.resume();
    response.on("end", () => resolve(response.statusCode ?? 0));
  });
  sent.on("error", reject);
  let left = bytes;
  const feed = () => {
    while (left > 0) {
      const part = CHUNK.subarray(0, Math.min(left, CHUNK.length));
      left -= part.length;
      if (!sent.write(part)) return void sent.once("drain", feed);
    }
    sent.end();
  };
  feed();
  return promise;
}
