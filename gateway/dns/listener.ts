import { createServer, type Server, type Socket } from "node:net";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { listenShared, requireListenPermission } from "../core/shared_port.ts";
import type { Timers } from "../core/timers.ts";
import { framed, FrameReader } from "./frames.ts";
import { DNS_LIMITS } from "./limits.ts";

/** One query as it came in; `reply` sends its answer, and does nothing once its way back is gone. */
export interface Incoming {
  readonly bytes: Uint8Array;
  readonly source: string;
  /** The address of this box that it was sent to. */
  readonly box: string;
  readonly transport: "tcp" | "udp";
  reply(bytes: Uint8Array<ArrayBuffer>): void;
  /** What it asks, once it was read. */
  question?: { readonly name: string; readonly type: number };
}

/** One address to listen on, with UDP and TCP on the same port. */
export interface DnsPlace {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** What a listener works with. */
export interface ListenerTools {
  readonly log: Logger;
  readonly timers: Timers;
  readonly sharedPorts: readonly number[];
  onQuery(incoming: Incoming): void;
}

const ANY_PORT_ATTEMPTS = 10;

/** UDP and TCP on one address. */
export class DnsListener {
  readonly #tools: ListenerTools;
  readonly #server: Server;
  readonly #connections = new Map<Socket, string>();
  #datagrams: Deno.DatagramConn | undefined;

  constructor(readonly place: DnsPlace, tools: ListenerTools) {
    this.#tools = tools;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#datagrams?.addr as Deno.NetAddr | undefined)?.port ?? 0;
  }

  /** @throws GatewayError SUP_PERMISSION, SUP_START_FAILED naming address and cause */
  async open(): Promise<void> {
    const { host, port } = this.place;
    const name = `DNS ${host}:${port}`;
    await requireListenPermission({ name, host, port });
    const datagrams = await this.#openBoth(name);
    this.#read(datagrams).catch((error) => {
      queueMicrotask(() => {
        throw error; // A socket that cannot be read any more ends the Worker, which is started again.
      });
    });
  }

  /** Opens UDP, then TCP on the same port; of "any port" it tries some, since TCP may have none left of that number. */
  async #openBoth(name: string): Promise<Deno.DatagramConn> {
    const { place: { host, port: wanted } } = this;
    for (let attempt = 1;; attempt++) {
      const datagrams = openDatagrams(this.place, this.#tools.sharedPorts);
      const { port } = datagrams.addr as Deno.NetAddr;
      try {
        await listenShared(this.#server, { name, host, port }, this.#tools.sharedPorts);
        return this.#datagrams = datagrams;
      } catch (error) {
        datagrams.close();
        if (wanted !== 0 || attempt >= ANY_PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** Stops to listen and closes all connections. */
  close(): void {
    this.#datagrams?.close();
    this.#datagrams = undefined;
    this.#server.close();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  async #read(datagrams: Deno.DatagramConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      let received: [Uint8Array, Deno.Addr];
      try {
        received = await datagrams.receive(buffer);
      } catch (error) {
        if (this.#datagrams !== datagrams) return;
        throw error;
      }
      const [bytes, from] = received;
      const { hostname: source } = from as Deno.NetAddr;
      const reply = (answer: Uint8Array<ArrayBuffer>) => this.#send(datagrams, answer, from);
      this.#tools.onQuery({ bytes, source, box: this.place.host, transport: "udp", reply });
    }
  }

  /** An answer that cannot be sent is lost, as any datagram may be; the client asks again. */
  #send(datagrams: Deno.DatagramConn, answer: Uint8Array<ArrayBuffer>, to: Deno.Addr): void {
    if (this.#datagrams !== datagrams) return;
    datagrams.send(answer, to).catch((error) =>
      this.#tools.log.debug("dns.send.failed", { msg: describeError(error) })
    );
  }

  #accept(socket: Socket): void {
    const source = socket.remoteAddress ?? "";
    const ofSource = this.#connections.values().filter((other) => other === source).toArray().length;
    if (this.#connections.size >= DNS_LIMITS.tcpConnections || ofSource >= DNS_LIMITS.tcpPerSource) {
      return void socket.destroy();
    }
    this.#connections.set(socket, source);
    new TcpClient(socket, source, this.place.host, this.#tools);
    socket.on("close", () => this.#connections.delete(socket));
  }
}

/** One TCP connection (RFC 7766): queries may follow each other, answers go out as they come. */
class TcpClient {
  readonly #frames = new FrameReader(DNS_LIMITS.queryBytes);
  #open = 0;
  #cancelIdle = () => {};

  constructor(readonly socket: Socket, readonly source: string, readonly box: string, readonly tools: ListenerTools) {
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("error", (error) => tools.log.debug("dns.connection.failed", { msg: describeError(error) }));
    socket.on("close", () => this.#cancelIdle());
    this.#waitIdle();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const bytes of this.#frames.push(chunk)) {
        if (++this.#open > DNS_LIMITS.tcpPipelined) return void this.socket.destroy();
        this.#waitIdle();
        const reply = (answer: Uint8Array<ArrayBuffer>) => this.#reply(answer);
        this.tools.onQuery({ bytes, source: this.source, box: this.box, transport: "tcp", reply });
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.socket.destroy();
    }
  }

  #reply(answer: Uint8Array<ArrayBuffer>): void {
    this.#open--;
    if (this.socket.destroyed) return;
    this.socket.write(framed(answer));
    if (this.socket.writableLength > DNS_LIMITS.tcpWaitingBytes) this.socket.destroy(); // it does not read
  }

  #waitIdle(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.tools.timers.after(DNS_LIMITS.tcpIdleMs, () => this.socket.destroy());
  }
}

/**
 * Opens the UDP socket so that the next Worker of this process can open the same one and take over (SO_REUSEADDR: the newest
 * gets the datagrams, measured). A port that none of our Workers has is first opened for this process alone, so that a
 * second gateway or another resolver is noticed.
 */
function openDatagrams({ host, port }: DnsPlace, ours: readonly number[]): Deno.DatagramConn {
  try {
    if (port !== 0 && !ours.includes(port)) {
      Deno.listenDatagram({ transport: "udp", hostname: host, port }).close();
    }
    return Deno.listenDatagram({ transport: "udp", hostname: host, port, reuseAddress: true });
  } catch (cause) {
    const hint = HINTS.find(([kind]) => cause instanceof kind)?.[1].replace("PORT", String(port));
    throw new GatewayError("SUP_START_FAILED", `Cannot listen for DNS on ${host}:${port} (UDP)`, {
      cause,
      ...hint === undefined ? {} : { hint },
    });
  }
}

const HINTS: readonly [typeof Deno.errors.AddrInUse, string][] = [
  [
    Deno.errors.AddrInUse,
    "Find who listens there with `ss -lunp 'sport = :PORT'`: another resolver or a second gateway",
  ],
  [
    Deno.errors.PermissionDenied,
    "Ports below 1024 need CAP_NET_BIND_SERVICE, which deploy/systemd/bulkhead.service gives; in a container add it",
  ],
  [Deno.errors.AddrNotAvailable, "The box does not have this address yet: check the zone's interface"],
];
