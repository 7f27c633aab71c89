// The stations: opens connections through one relay, then works one order per line of standard input and answers with
// one line of JSON. A process of its own; its CPU is not counted.
import { Buffer } from "node:buffer";
import tls from "node:tls";
import { WebSocket } from "ws";
import { callOf } from "./messages.ts";

/** What the load process is told, as JSON in its first argument. */
export interface LoadSetup {
  readonly port: number;
  readonly ca: string;
  readonly password: string;
  readonly stations: number;
  /** Number of the first station; several processes share the stations of a large bench. */
  readonly first?: number;
  readonly client?: { readonly cert: string; readonly key: string };
}

/** One order: round trips at a rate (0 = as fast as the answers come), or full handshakes one after another. */
export type LoadOrder =
  | { readonly kind: "trips"; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: "handshakes"; readonly count: number };

/** What an order gave; times in microseconds. */
export interface LoadResult {
  readonly done: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

const setup = JSON.parse(Deno.args[0]!) as LoadSetup;
/** Relays may limit a source; real stations have an address each. */
const localAddress = (n: number) => `127.0.${1 + Math.floor(n / 200)}.${1 + n % 200}`;
const waiting = new Map<WebSocket, (microseconds: number) => void>();
const sentAt = new Map<WebSocket, number>();
/** CALLs that were made: the mix goes on from one order to the next, and registers grow. */
let calls = 0;

async function openAll(): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (let n = 0; n < setup.stations; n += 20) {
    const batch = Array.from(
      { length: Math.min(20, setup.stations - n) },
      (_, i) => openOne((setup.first ?? 0) + n + i),
    );
    sockets.push(...await Promise.all(batch));
  }
  return sockets;
}

/** Opens one, and again after a second when the relay says that too many come at this moment. */
async function openOne(n: number): Promise<WebSocket> {
  for (;;) {
    const opened = await tryOpen(n);
    if (opened) return opened;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function tryOpen(n: number): Promise<WebSocket | undefined> {
  const id = `CP${String(n).padStart(5, "0")}`;
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket | undefined>();
  const socket = new WebSocket(`wss://localhost:${setup.port}/ocpp/${id}`, ["ocpp1.6"], {
    ca: setup.ca,
    localAddress: localAddress(n),
    family: 4,
    perMessageDeflate: false,
    headers: { authorization: `Basic ${Buffer.from(`${id}:${setup.password}`).toString("base64")}` },
  });
  socket.on("upgrade", (response) => response.socket.setNoDelay(true));
  socket.on("open", () => resolve(socket));
  socket.on("unexpected-response", (request, response) => {
    request.destroy();
    if (response.statusCode === 503 || response.statusCode === 429) resolve(undefined);
    else reject(new Error(`refused with ${response.statusCode}`));
  });
  socket.on("error", reject);
  socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
  socket.on("message", () => waiting.get(socket)?.((performance.now() - sentAt.get(socket)!) * 1_000));
  return promise;
}

async function trips(sockets: readonly WebSocket[], perSecond: number, seconds: number): Promise<LoadResult> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  const gapMs = perSecond === 0 ? 0 : (1_000 * sockets.length) / perSecond;
  await Promise.all(sockets.map(async (socket, index) => {
    let due = start + (gapMs * index) / sockets.length;
    for (;;) {
      if (gapMs > 0) await until(due);
      if (performance.now() >= end) return;
      times.push(await tripOn(socket, index, calls++));
      due += gapMs;
    }
  }));
  return summarise(times, (performance.now() - start) / 1_000);
}

function until(due: number): Promise<void> {
  const delay = due - performance.now();
  return delay <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delay));
}

function tripOn(socket: WebSocket, station: number, n: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  waiting.set(socket, resolve);
  sentAt.set(socket, performance.now());
  socket.send(callOf(station, n));
  return promise;
}

async function handshakes(count: number): Promise<LoadResult> {
  const times: number[] = [];
  const start = performance.now();
  for (let n = 0; n < count; n++) times.push(await handshake(n));
  return summarise(times, (performance.now() - start) / 1_000);
}

/** A new context each time, so that no session is resumed. */
function handshake(n: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const began = performance.now();
  const options = {
    host: "127.0.0.1",
    port: setup.port,
    localAddress: localAddress(n % 4_000),
    secureContext: tls.createSecureContext({ ca: setup.ca, ...setup.client }),
    servername: "localhost",
  };
  const socket = tls.connect(options as tls.ConnectionOptions, () => {
    socket.end();
    resolve((performance.now() - began) * 1_000);
  });
  socket.on("error", reject);
  return promise;
}

function summarise(times: number[], seconds: number): LoadResult {
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return { done: times.length, seconds, p50: at(0.5), p99: at(0.99) };
}

const say = (value: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
const sockets = await openAll();
say({ open: sockets.length });
let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const order = JSON.parse(line) as LoadOrder;
    say(order.kind === "trips" ? await trips(sockets, order.perSecond, order.seconds) : await handshakes(order.count));
  }
}
for (const socket of sockets) socket.terminate();
Deno.exit(0);
