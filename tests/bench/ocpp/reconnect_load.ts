// The stations of bench:reconnect: each keeps its messages until they are answered and comes back whenever its
// connection ends, as real ones do. Orders on standard input, answers on standard output, as load.ts.
import { Buffer } from "node:buffer";
import { WebSocket } from "ws";
import { seededRandom } from "../../../gateway/demo/seeded_random.ts";
import type { LoadSetup } from "./load.ts";

/** Queue one message at every station; the same and then wait until all were answered; or say what happened so far. */
export type ReconnectOrder = { readonly kind: "queue" | "back" | "sum" };

/** When the stations were back, in seconds after the order, and what they had to do for it. */
export interface ReconnectResult {
  readonly p50: number;
  readonly p99: number;
  readonly all: number;
  /** Connections that ended, and attempts that were refused, at all stations. */
  readonly drops: number;
  readonly refusals: number;
  /** Messages made and messages answered. */
  readonly made: number;
  readonly answered: number;
}

const setup = JSON.parse(Deno.args[0]!) as LoadSetup;
const random = seededRandom(1);
const sums = { drops: 0, refusals: 0, made: 0, answered: 0 };
const RETRY_MS = [500, 1_500] as const;

class Station {
  readonly #id: string;
  readonly #queue: string[] = [];
  #socket: WebSocket | undefined;
  #isSent = false;
  #made = 0;
  /** Told when the queue is empty. */
  onEmpty: () => void = () => {};
  onOpen: () => void = () => {};

  constructor(readonly n: number) {
    this.#id = `CP${String(n).padStart(5, "0")}`;
    this.#connect();
  }

  queue(): void {
    sums.made++;
    const id = `${this.#id}-${this.#made++}`, time = "2026-06-01T12:00:00Z";
    const meterValue = [{ timestamp: time, sampledValue: [{ value: String(1_000 + this.#made) }] }];
    this.#queue.push(JSON.stringify([2, id, "MeterValues", { connectorId: 1, transactionId: 1, meterValue }]));
    this.#send();
  }

  #send(): void {
    const [text] = this.#queue;
    if (text === undefined || this.#isSent || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#isSent = true;
    this.#socket.send(text);
  }

  #connect(): void {
    const socket = new WebSocket(`wss://localhost:${setup.port}/ocpp/${this.#id}`, ["ocpp1.6"], {
      ca: setup.ca,
      localAddress: `127.${16 + (this.n >> 14)}.${(this.n >> 7) & 127}.${1 + (this.n & 127)}`, // one each, as real ones
      family: 4,
      perMessageDeflate: false,
      headers: { authorization: `Basic ${Buffer.from(`${this.#id}:${setup.password}`).toString("base64")}` },
    });
    let wasOpen = false;
    socket.on("open", () => {
      wasOpen = true;
      this.#socket = socket;
      this.#isSent = false;
      this.onOpen();
      this.#send();
    });
    socket.on("message", (data) => {
      if (JSON.parse(String(data))[1] !== JSON.parse(this.#queue[0] ?? "[]")[1]) return;
      sums.answered++;
      this.#queue.shift();
      this.#isSent = false;
      if (this.#queue.length === 0) this.onEmpty();
      this.#send();
    });
    socket.on("error", () => socket.terminate()); // refused, or broken: "close" follows
    socket.on("close", () => {
      this.#socket = undefined;
      if (wasOpen) sums.drops++;
      else sums.refusals++;
      setTimeout(() => this.#connect(), RETRY_MS[0] + random.fraction() * (RETRY_MS[1] - RETRY_MS[0]));
    });
  }
}

/** Queues one more message everywhere; the seconds after which each station has had all its answers. */
async function back(stations: readonly Station[]): Promise<ReconnectResult> {
  const start = performance.now(), times: number[] = [];
  await Promise.all(stations.map((station) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    station.onEmpty = () => {
      times.push((performance.now() - start) / 1_000);
      station.onEmpty = () => {};
      resolve();
    };
    station.queue();
    return promise;
  }));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { p50: at(0.5), p99: at(0.99), all: times.at(-1)!, ...sums };
}

const say = (value: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
const stations: Station[] = [];
for (let n = 0; n < setup.stations; n += 20) {
  await Promise.all(Array.from({ length: Math.min(20, setup.stations - n) }, (_, i) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const station = new Station(n + i);
    station.onOpen = resolve;
    stations.push(station);
    return promise;
  }));
}
say({ open: stations.length });
let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const { kind } = JSON.parse(line) as ReconnectOrder;
    if (kind === "queue") { for (const station of stations) station.queue(); }
    say(kind === "back" ? await back(stations) : { p50: 0, p99: 0, all: 0, ...sums });
  }
}
Deno.exit(0);
