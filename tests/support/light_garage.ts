import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";

/** A message that a CSMS got, as far as tests look at it. */
export interface SeenCall {
  readonly station: string;
  readonly action: string;
  readonly payload: Record<string, unknown>;
}

/** A CSMS of OCPP 1.6 for many stations: answers everything that a transaction needs, and remembers. */
export class LightCsms implements AsyncDisposable {
  readonly calls: SeenCall[] = [];
  /** Stations that it does not know: answered 404 at the door. */
  readonly unknown = new Set<string>();
  /** Stations whose BootNotification it rejects. */
  readonly rejected = new Set<string>();
  readonly #live = new Map<string, WebSocket>();
  readonly #server = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });
  #transactions = 0;

  private constructor(readonly firstTransaction: number) {
    this.#server.on("upgrade", (request, socket, head) => {
      const station = decodeURIComponent(request.url!.split("/").at(-1)!);
      if (this.unknown.has(station)) return void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#serve(station, ws));
    });
  }

  /** `firstTransaction`: ids of its transactions begin there, so that tests tell whose they are. */
  static async up(firstTransaction: number): Promise<LightCsms> {
    const csms = new LightCsms(firstTransaction);
    await new Promise<void>((resolve) => csms.#server.listen(0, "127.0.0.1", resolve));
    return csms;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ocpp`;
  }

  /** Ids of the stations that are connected now. */
  get stations(): readonly string[] {
    return [...this.#live.keys()].sort();
  }

  /** What it got of one action, by station. */
  of(action: string): readonly SeenCall[] {
    return this.calls.filter((call) => call.action === action);
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(station: string, socket: WebSocket): void {
    this.#live.set(station, socket);
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      if (this.#live.get(station) === socket) this.#live.delete(station);
    });
    socket.on("message", (data) => {
      const [type, id, action, payload] = JSON.parse(String(data));
      if (type !== 2) return;
      this.calls.push({ station, action, payload });
      socket.send(JSON.stringify([3, id, this.#answer(station, action)]));
    });
  }

  #answer(station: string, action: string): unknown {
    const currentTime = "2026-01-01T00:00:00Z";
    switch (action) {
      case "BootNotification":
        return { status: this.rejected.has(station) ? "Rejected" : "Accepted", currentTime, interval: 300 };
      case "Heartbeat":
        return { currentTime };
      case "StartTransaction":
        return { transactionId: this.firstTransaction + ++this.#transactions, idTagInfo: { status: "Accepted" } };
      case "Authorize":
      case "StopTransaction":
        return { idTagInfo: { status: "Accepted" } };
      default:
        return {};
    }
  }
}

/** A station of OCPP 1.6 that connects, comes back when its connection ends, and charges on request. */
export class LightStation {
  /** CALLs that came from the other side. */
  readonly asked: string[] = [];
  connects = 0;
  transactionId: number | undefined;
  isUp = false;
  readonly #waiting = new Map<string, (payload: Record<string, unknown>) => void>();
  #socket: WebSocket | undefined;
  #isOff = true;
  #next = 1;

  constructor(
    readonly id: string,
    /** URL without the station id. */
    public url: string,
    readonly password: string,
    /** Loopback address to come from. */
    readonly source: string,
    /** It boots only when it is asked to, after the first time. */
    readonly bootsOnce = false,
  ) {}

  powerOn(): void {
    this.#isOff = false;
    this.#connect();
  }

  powerOff(): void {
    this.#isOff = true;
    this.#socket?.terminate();
  }

  /** Sends a CALL and waits for its result; a lost connection repeats it, as a station does with its transactions. */
  async call(action: string, payload: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = `${this.id}-${this.#next++}`;
    const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, resolve);
    this.#socket?.send(JSON.stringify([2, id, action, payload]));
    return await promise;
  }

  async start(): Promise<void> {
    const timestamp = "2026-01-01T00:00:00Z";
    const answer = await this.call("StartTransaction", { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp });
    this.transactionId = Number(answer["transactionId"]);
  }

  async meter(): Promise<void> {
    const { transactionId } = this;
    await this.call("MeterValues", { connectorId: 1, transactionId, meterValue: [] });
  }

  async stop(): Promise<void> {
    const { transactionId } = this;
    await this.call("StopTransaction", { transactionId, meterStop: 1_000, timestamp: "2026-01-01T01:00:00Z" });
    this.transactionId = undefined;
  }

  #connect(): void {
    const authorization = `Basic ${Buffer.from(`${this.id}:${this.password}`).toString("base64")}`;
    const socket = new WebSocket(`${this.url}/${this.id}`, ["ocpp1.6"], {
      headers: { authorization },
      localAddress: this.source,
    });
    this.#socket = socket;
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      this.isUp = false;
      if (this.#isOff) return;
      const again = setTimeout(() => this.#isOff || this.#connect(), 200);
      Deno.unrefTimer(Number(again));
    });
    socket.on("open", () => {
      this.isUp = true;
      if (!this.bootsOnce || this.connects === 0) void this.#boot();
      this.connects++;
    });
    socket.on("message", (data) => this.#receive(JSON.parse(String(data))));
  }

  #boot(): Promise<unknown> {
    return this.call("BootNotification", { chargePointVendor: "Light", chargePointModel: "L1" });
  }

  #receive([type, id, action, payload]: [number, string, string, Record<string, unknown>]): void {
    if (type === 3) {
      this.#waiting.get(id)?.(action as unknown as Record<string, unknown>);
      this.#waiting.delete(id);
    } else if (type === 2) {
      this.asked.push(action);
      this.#socket?.send(JSON.stringify([3, id, { status: "Accepted" }]));
      if (action === "TriggerMessage" && payload["requestedMessage"] === "BootNotification") void this.#boot();
    }
  }
}
