import type { Socket } from "node:net";
import { isInside } from "../config/ip.ts";
import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { describeFailure, type HandshakeFailure } from "../pki/handshake_failure.ts";
import { type ClientEffect, ClientSession } from "./client_session.ts";
import { type AnswerListener, type Desk, DeskClient } from "./desk.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { type OpenListener, openListener, type PeerJudgement, trustName } from "./listener.ts";
import { Recorder } from "./recorder.ts";
import { type DoorConfig, type DoorListener, LINES_WORKER } from "./worker_config.ts";

/** Reasons whose names are OCPP's, in plain words. */
const PLAIN_REASONS: Readonly<Record<string, string>> = {
  InvalidCentralSystemCertificate: "untrusted", // the client does not accept the gateway's certificate
  InvalidChargePointCertificate: "certificate", // none came, or its key was not proven
};

/** One connected client. */
interface Client {
  readonly id: number;
  readonly socket: Socket;
  readonly session: ClientSession;
  readonly listener: string;
  readonly source: string;
  readonly name: string;
  /** What it was let in as; a change of either ends it. */
  readonly role: string | undefined;
}

/** The listeners of one trust zone while they run. */
export interface ModbusDoor extends Service<DoorConfig> {
  readonly listening: Readonly<Record<string, string>>;
  /**
   * The owner of the lines has come, or is gone. Clients stay. One that is replaced still answers what it was asked; what
   * nobody will answer any more is answered here: there is no path.
   */
  meet(worker: string, desk: ((onAnswer: AnswerListener) => Desk) | undefined): void;
}

/** Starts the listeners of one trust zone. Everything that clients ask goes to the Worker that owns the lines. */
export async function startModbusDoor(
  context: WorkerContext<DoorConfig>,
  onPeer: (listener: PeerListener) => void,
): Promise<Service<DoorConfig>> {
  const door = new Door(context);
  onPeer((worker, port) => door.meet(worker, port && ((onAnswer) => new DeskClient(port, onAnswer))));
  await door.open();
  return door;
}

/** The same for an owner of the lines in this isolate; it comes by `meet`. */
export async function openModbusDoor(context: WorkerContext<DoorConfig>): Promise<ModbusDoor> {
  const door = new Door(context);
  await door.open();
  return door;
}

class Door implements ModbusDoor {
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #context: WorkerContext<DoorConfig>;
  readonly #recorder: Recorder;
  readonly #open = new Map<string, OpenListener>();
  readonly #clients = new Map<number, Client>();
  /** Who asked what is on its way, and of which owner of the lines. */
  readonly #asked = new Map<number, { readonly client: Client; readonly worker: string }>();
  #listeners: readonly DoorListener[];
  #desk: { readonly worker: string; readonly client: Desk } | undefined;
  #stopSweep: (() => void) | undefined;
  #nextId = 0;
  #nextSequence = 0;
  #isDraining = false;

  constructor(context: WorkerContext<DoorConfig>) {
    this.#context = context;
    this.#listeners = context.config.listeners;
    this.#recorder = new Recorder(context);
    this.handlers = {
      "trust.changed": async ({ listener, trust }) => {
        const own = this.#listeners.find((each) => trustName(each) === listener);
        const open = own && this.#open.get(own.name);
        if (!open) {
          throw new GatewayError(own ? "CTL_REFUSED" : "PKI_NOT_FOUND", `No listener "${listener}" is open here`);
        }
        await open.swap(trust);
        this.#recheck();
      },
    };
  }

  get listening(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#listeners.map(({ name, host, tls }) => {
      const shown = host.includes(":") ? `[${host}]` : host;
      return [`modbus:${name}`, `${tls ? "mbaps" : "modbus"}://${shown}:${this.#open.get(name)?.port ?? 0}`];
    }));
  }

  meet(worker: string, desk: ((onAnswer: AnswerListener) => Desk) | undefined): void {
    if (desk) {
      const client = desk((sequence, pdu) => this.#answered(sequence, pdu));
      this.#desk = { worker, client };
      for (const each of this.#clients.values()) client.opened(each.id, askerOf(each));
      return;
    }
    if (this.#desk?.worker === worker) this.#desk = undefined;
    for (const [sequence, asked] of [...this.#asked]) {
      if (asked.worker !== worker) continue;
      this.#asked.delete(sequence);
      this.#perform(asked.client, asked.client.session.fail(sequence));
    }
  }

  async open(): Promise<void> {
    try {
      for (const listener of this.#listeners) this.#open.set(listener.name, await this.#openOne(listener));
    } catch (error) {
      for (const open of this.#open.values()) open.close();
      throw error;
    }
    this.#stopSweep = this.#context.timers.every(MODBUS_LIMITS.lineSweepMs, () => this.#sweep());
  }

  health(): Health {
    if (this.#isDraining) return { state: "degraded", why: "draining" };
    return this.#desk ? { state: "ok" } : { state: "degraded", why: `${LINES_WORKER} is not there` };
  }

  /** Who may connect and for how long can change; places cannot: the supervisor starts another Worker for that. */
  reconfigure({ listeners }: DoorConfig): Promise<void> {
    const places = (all: readonly DoorListener[]) =>
      JSON.stringify(all.map(({ name, host, port, tls }) => [name, host, port, tls]));
    if (places(listeners) !== places(this.#listeners)) {
      return Promise.reject(new ConfigError("CFG_INVALID", "Other listeners need a new Modbus Worker"));
    }
    this.#listeners = listeners;
    this.#recheck();
    return Promise.resolve();
  }

  /** Lets what was asked be answered, then closes. */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    for (const open of this.#open.values()) open.close();
    const end = this.#context.clock.monotonic() + deadlineMs;
    while (this.#asked.size > 0 && this.#context.clock.monotonic() < end) {
      await new Promise<void>((resolve) => void this.#context.timers.after(MODBUS_LIMITS.queueSweepMs, resolve));
    }
    for (const { socket } of this.#clients.values()) socket.destroySoon();
    this.#stopSweep?.();
    this.#recorder.flush();
  }

  #openOne(listener: DoorListener): Promise<OpenListener> {
    return openListener(listener, this.#context, {
      accepted: (socket) => this.#accept(this.#listeners.find(({ name }) => name === listener.name)!, socket),
      handshakeFailed: (failure) => this.#handshakeFailed(listener, failure),
    });
  }

  #accept(listener: DoorListener, socket: Socket): void {
    const source = (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
    socket.on("error", () => socket.destroy());
    const verdict = this.#judge(listener, socket, source);
    if (!verdict.ok) return this.#refuse(listener.name, source, socket, verdict);
    const { clock } = this.#context;
    const nextSequence = () => this.#nextSequence = (this.#nextSequence + 1) >>> 0;
    const client: Client = {
      id: ++this.#nextId,
      socket,
      session: new ClientSession({ idleMs: listener.idleMs, nextSequence }, clock.monotonic()),
      listener: listener.name,
      source,
      name: verdict.client,
      role: verdict.role,
    };
    this.#clients.set(client.id, client);
    this.#desk?.client.opened(client.id, askerOf(client));
    socket.on("data", (bytes: Uint8Array) => this.#perform(client, client.session.receive(bytes, clock.monotonic())));
    socket.on("close", () => this.#gone(client));
    socket.on("end", () => socket.destroySoon());
  }

  #judge(listener: DoorListener, socket: Socket, source: string): PeerJudgement {
    if (listener.sources && !listener.sources.some((network) => isInside(source, network))) {
      return { ok: false, rule: "modbus.source", why: "its address is none of `sources`" };
    }
    const here = [...this.#clients.values()].filter((client) => client.listener === listener.name).length;
    if (here >= listener.connections) {
      return { ok: false, rule: "modbus.connections", why: `${here} clients are there` };
    }
    return this.#open.get(listener.name)?.judge(socket) ?? { ok: false, rule: "modbus.closed", why: "not open yet" };
  }

  #refuse(listener: string, source: string, socket: Socket, refusal: PeerJudgement & { readonly ok: false }): void {
    const { rule, why, client } = refusal;
    socket.destroy();
    this.#context.metrics.count("bulkhead_modbus_connections_refused_total", { listener, rule });
    this.#recorder.audit({
      ...{ event: "modbus.connection.refused", class: "security", who: client ?? "unknown", target: listener },
      ...{ outcome: "refused", rule, source, detail: { why: why.slice(0, 300) } },
    });
  }

  #handshakeFailed({ name }: DoorListener, failure: HandshakeFailure): void {
    const { source, reason } = failure;
    const rule = `modbus.tls.${PLAIN_REASONS[reason] ?? reason}`;
    this.#context.metrics.count("bulkhead_modbus_connections_refused_total", { listener: name, rule });
    this.#recorder.audit({
      ...{ event: "modbus.tls.failed", class: "security", who: "unknown", target: name },
      ...{ outcome: "refused", rule, source, detail: describeFailure(failure) },
    });
  }

  #perform(client: Client, effects: readonly ClientEffect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "ask":
          this.#ask(client, effect.sequence, effect.unit, effect.pdu);
          break;
        case "send":
          client.socket.write(effect.bytes);
          if (client.socket.writableLength > MODBUS_LIMITS.clientBacklogBytes) {
            this.#end(client, "modbus.client.slow", "it does not read its answers");
          }
          break;
        case "close":
          this.#end(client, effect.rule, effect.why);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #ask(client: Client, sequence: number, unit: number, pdu: Uint8Array): void {
    if (!this.#desk) return this.#perform(client, client.session.fail(sequence));
    this.#asked.set(sequence, { client, worker: this.#desk.worker });
    this.#desk.client.ask({ sequence, connection: client.id, unit, pdu });
  }

  #answered(sequence: number, pdu: Uint8Array): void {
    const asked = this.#asked.get(sequence);
    this.#asked.delete(sequence);
    if (asked) this.#perform(asked.client, asked.client.session.answer(sequence, pdu));
  }

  #end(client: Client, rule: string, why: string): void {
    const { listener, source, socket, name } = client;
    if (rule === "modbus.client.idle") return void socket.destroySoon(); // no refusal: it may come again
    this.#refuse(listener, source, socket, { ok: false, rule, why, client: name });
  }

  #gone(client: Client): void {
    if (!this.#clients.delete(client.id)) return;
    for (const sequence of client.session.pending) this.#asked.delete(sequence);
    this.#desk?.client.closed(client.id);
  }

  /** Certificates end, are revoked, and sources change while clients are there. */
  #recheck(): void {
    for (const client of [...this.#clients.values()]) {
      const listener = this.#listeners.find(({ name }) => name === client.listener);
      const isSource = listener?.sources?.some((network) => isInside(client.source, network)) ?? true;
      const verdict: PeerJudgement = isSource
        ? this.#open.get(client.listener)!.judge(client.socket)
        : { ok: false, rule: "modbus.source", why: "its address is none of `sources`" };
      if (!verdict.ok) this.#refuse(client.listener, client.source, client.socket, { client: client.name, ...verdict });
    }
  }

  #sweep(): void {
    const now = this.#context.clock.monotonic();
    for (const client of [...this.#clients.values()]) this.#perform(client, client.session.tick(now));
    this.#recheck();
    this.#recorder.tick();
    for (const { name } of this.#listeners) {
      const here = [...this.#clients.values()].filter(({ listener }) => listener === name).length;
      this.#context.metrics.set("bulkhead_modbus_clients", here, { listener: name });
    }
  }
}

function askerOf({ name, role, source, listener }: Client) {
  return { client: name, source, listener, ...role === undefined ? {} : { role } };
}
