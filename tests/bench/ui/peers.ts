import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TestCa } from "../../support/test_ca.ts";
import { freePort } from "../../support/free_port.ts";
import { waitFor } from "../../support/wait_for.ts";

/** One nginx of the bench, by its folder. */
export interface Nginx {
  readonly pid: number;
  stop(): Promise<void>;
}

async function startNginx(folder: string, name: string, servers: string, port: number): Promise<Nginx> {
  const own = `${folder}/${name}`;
  await Deno.mkdir(own);
  await Deno.writeTextFile(
    `${own}/nginx.conf`,
    `worker_processes 1; daemon off; pid ${own}/pid; error_log ${own}/error.log;
events { worker_connections 512; }
http {
  access_log off; client_max_body_size 0; keepalive_requests 1000000;
  client_body_temp_path ${own}/body; proxy_temp_path ${own}/proxy; fastcgi_temp_path ${own}/f; uwsgi_temp_path ${own}/u; scgi_temp_path ${own}/s;
  ${servers}
}
`,
  );
  const args = ["-p", own, "-c", `${own}/nginx.conf`, "-e", `${own}/error.log`];
  const child = new Deno.Command("nginx", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  await waitFor(`nginx ${name}`, () => isOpen(port));
  return {
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false; // not yet
  }
}

/** The device of the bench: nginx with HTTP Basic, a page, a state to poll, and a sink for uploads beside it. */
export async function startDevice(folder: string) {
  const port = freePort(), root = `${folder}/pages`;
  await Deno.mkdir(root);
  const words = "<p>charging current 16 A, phase 1, connector locked</p>\n";
  await Deno.writeTextFile(
    `${root}/index.html`,
    `<!DOCTYPE html><html><head><title>Device</title></head>${words.repeat(250)}</html>`,
  );
  await Deno.writeTextFile(
    `${root}/state.json`,
    JSON.stringify({ state: Array.from({ length: 80 }, (_, at) => ({ at, volt: 230 })) }),
  );
  await Deno.writeTextFile(`${folder}/htpasswd`, "installer:{PLAIN}of the device\n");
  const sink = await startSink();
  const nginx = await startNginx(
    folder,
    "device",
    `upstream sink { server 127.0.0.1:${sink.port}; keepalive 4; }
  server { listen 127.0.0.1:${port}; auth_basic pages; auth_basic_user_file ${folder}/htpasswd; root ${root};
    location /upload { proxy_pass http://sink; proxy_http_version 1.1; proxy_request_buffering off; proxy_set_header Connection ""; } }`,
    port,
  );
  return { port, sink, stop: async () => (await nginx.stop(), sink.stop()) };
}

/** Reads uploads and counts them. */
async function startSink(): Promise<{ readonly port: number; readonly received: () => number; stop(): void }> {
  let received = 0;
  const server: Server = createServer((request, response) => {
    request.on("data", (chunk: Uint8Array) => received += chunk.length);
    request.on("end", () => response.writeHead(200, { "content-length": "2" }).end("ok"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, received: () => received, stop: () => server.close() };
}

/** What the device asks for. */
const BASIC = btoa("installer:of the device");

/** nginx in front of the device: TLS, each request asked about by auth_request, then proxied. */
export async function startFront(
  folder: string,
  devicePort: number,
): Promise<{ readonly port: number; readonly nginx: Nginx }> {
  const port = freePort(), authPort = freePort();
  const { certPem, keyPem } = new TestCa().server(["localhost"]);
  await Deno.writeTextFile(`${folder}/front.pem`, certPem);
  await Deno.writeTextFile(`${folder}/front.key`, keyPem);
  const nginx = await startNginx(
    folder,
    "front",
    `upstream device { server 127.0.0.1:${devicePort}; keepalive 32; }
  upstream auth { server 127.0.0.1:${authPort}; keepalive 32; }
  server { listen 127.0.0.1:${authPort}; location / { return 204; } }
  server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/front.pem; ssl_certificate_key ${folder}/front.key;
    location = /auth { internal; proxy_pass http://auth; proxy_http_version 1.1; proxy_pass_request_body off;
      proxy_set_header Connection ""; proxy_set_header Content-Length ""; }
    location / { auth_request /auth; proxy_pass http://device; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Cookie ""; proxy_set_header Authorization "Basic ${BASIC}"; } }`,
    port,
  );
  return { port, nginx };
}

/** The bare proxy in front of the device, as a process of its own; presents nginx's certificate. */
export async function startFloor(folder: string, devicePort: number) {
  const port = freePort(), script = new URL("./floor.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, String(port), String(devicePort), folder, `Basic ${BASIC}`];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null", stderr: "inherit" }).spawn();
  await waitFor("the bare proxy", () => isOpen(port));
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** Highest resident memory of a process while `work` runs, above where it was before, in bytes. */
export async function memoryOf(pid: number, work: () => Promise<unknown>): Promise<number> {
  const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) * 1_024;
  const before = resident();
  let most = before;
  const look = setInterval(() => most = Math.max(most, resident()), 20);
  await work().finally(() => clearInterval(look));
  return Math.max(most, resident()) - before;
}

/** CPU seconds that a process and its children have used so far. */
export async function cpuSeconds(pid: number): Promise<number> {
  const pids = [pid, ...await childrenOf(pid)];
  const all = await Promise.all(pids.map(async (each) => {
    const stat = await Deno.readTextFile(`/proc/${each}/stat`);
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    return (user + system) / 100;
  }));
  return all.reduce((sum, each) => sum + each, 0);
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return text.split(" ").filter((each) => each !== "").map(Number);
}
