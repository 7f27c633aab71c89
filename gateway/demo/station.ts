import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { Random, Timers } from "../core/timers.ts";
import { Connector } from "./connector.ts";
import { type Dialect, dialectOf, readBootAnswer, type StationControls } from "./dialect.ts";
import { FaultList } from "./fault_list.ts";
import { DEMO_LIMITS } from "./limits.ts";
import type { Call, FinishedSession, StationAccess, StationSpec, StationState, StationView } from "./model.ts";
import { createRpcClient, isCallTimeout, type RpcPeer, type RpcRequest } from "./ocpp_rpc.ts";
import { Outbox } from "./outbox.ts";

/** What a simulated station gets from outside. */
export interface StationDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Milliseconds between meter values. */
  readonly meterMs: number;
  /** How many times faster than real time energy flows: 60 charges an hour's worth in a minute. */
  readonly energySpeed: number;
  /** Milliseconds it waits for an answer. */
  readonly callMs?: number;
  /** Told after every change of the view. */
  readonly onChange?: () => void;
}

/**
 * A charging station: connects, boots, reports its status, charges with rising meter values, stops, and comes back after
 * every loss of its connection with its transaction messages in order. One connector.
 */
export class SimulatedStation implements StationControls {
  readonly settings = new Map([["HeartbeatInterval", "60"]]);
  readonly #dialect: Dialect;
  readonly #connector: Connector;
  readonly #outbox = new Outbox();
  readonly #faults = new FaultList();
  /** The current attempt or connection. */
  #client: RpcPeer | undefined;
  /** The same once it is open: ocpp-rpc keeps calls made earlier without ever failing them. */
  #open: RpcPeer | undefined;
  #state: StationState = "offline";
  #lastMessage = "";
  #bootReason: "PowerUp" | "RemoteReset" | undefined = "PowerUp";
  #wanted: string | undefined;
  readonly #cancels = new Set<() => void>();
  #stopRetry: (() => void) | undefined;
  #pumping = false;
  #authorizing = false;
  #running = false;
  #failures = 0;
  #connects = 0;
  #calls = 0;

  constructor(readonly spec: StationSpec, readonly access: StationAccess, private readonly deps: StationDeps) {
    this.#dialect = dialectOf(spec.protocol);
    this.#connector = new Connector(spec, this.#dialect, {
      ...deps,
      queue: (message) => {
        this.#outbox.push(message);
        void this.#pump();
      },
      changed: () => this.#sessionChanged(),
    });
    this.settings.set("SecurityProfile", String(spec.securityProfile));
  }

  get view(): StationView {
    const { id, protocol, securityProfile } = this.spec;
    return {
      id,
      protocol,
      securityProfile,
      state: this.#state,
      deliveredWh: Math.round(this.#connector.deliveredWh),
      lastMessage: this.#lastMessage,
      sessions: this.sessions.length,
      connects: this.#connects,
      queued: this.#outbox.size,
      faults: this.#faults.count,
    };
  }

  /** Sessions that ended, as the station's own record of what must be billed. */
  get sessions(): readonly FinishedSession[] {
    return this.#connector.sessions;
  }

  /** What went wrong beside lost connections: refused messages, failed validation. */
  get faults(): readonly string[] {
    return this.#faults.texts;
  }

  /** True while a session runs or its messages are still on their way. */
  get busy(): boolean {
    return this.#connector.transaction !== undefined || this.#wanted !== undefined || this.#outbox.size > 0;
  }

  /** True while any call waits for its answer. */
  get calling(): boolean {
    return this.#calls > 0;
  }

  /** Switches the station on. It connects, and connects again, until `powerOff`. */
  powerOn(): void {
    this.#running = true;
    this.#connect();
  }

  /** A driver plugs in and shows the badge: charging starts once the CSMS has authorized it. */
  plugIn(badge: string = this.spec.badge): void {
    this.#wanted = badge;
    void this.#authorize();
  }

  /** The driver ends the session. */
  unplug(): void {
    this.#wanted = undefined;
    this.#connector.end("Local");
  }

  /** Switches off. A running session stays open, as in a power cut; call `unplug` and wait for `busy` to end first. */
  async powerOff(): Promise<void> {
    this.#running = false;
    this.#stopRetry?.();
    this.#connector.powerCut();
    this.#clearTimers();
    const client = this.#client;
    this.#client = this.#open = undefined;
    this.#show("offline");
    await client?.close({ code: 1000 });
  }

  start(badge: string): boolean {
    if (this.#connector.transaction || this.#wanted !== undefined) return false;
    this.#later(0, () => this.plugIn(badge));
    return true;
  }

  stop(transactionId: string | number): boolean {
    if (this.#connector.transaction?.id !== transactionId) return false;
    this.#later(0, () => this.#connector.end("Remote"));
    return true;
  }

  reset(): boolean {
    // After the answer has left: a station that reboots drops its connection.
    this.#later(0, () => {
      this.#open = undefined; // nothing more is said here, and what is still on its way to it is nobody's
      this.#connector.end("Reset");
      this.#bootReason = "RemoteReset";
      void this.#client?.close({ code: 1000, reason: "Reset" });
    });
    return true;
  }

  trigger(message: string): boolean {
    const calls: Record<string, () => Call> = {
      BootNotification: () => this.#dialect.boot(this.spec, "RemoteReset"),
      Heartbeat: () => HEARTBEAT,
      StatusNotification: () => this.#status(),
    };
    const build = Object.hasOwn(calls, message) ? calls[message] : undefined;
    if (!build) return false;
    this.#later(0, () => void this.#tell(build()));
    return true;
  }

  #connect(): void {
    if (!this.#running) return;
    const client = createRpcClient(this.spec.id, this.spec.protocol, this.access, this.deps.callMs);
    this.#client = client;
    this.#show("connecting");
    const handlers = this.#dialect.handlers(this);
    client.handle((request: RpcRequest) => {
      const handler = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined;
      if (!handler) throw Object.assign(new Error(`No request "${request.method}"`), NOT_IMPLEMENTED);
      this.#lastMessage = request.method;
      return handler(request.params);
    });
    client.on("strictValidationFailure", ({ method, error }) => this.#fault(`${method}: ${describeError(error)}`));
    client.on("badMessage", ({ error }) => {
      // An answer that meets a connection which this station is closing finds no call any more: no fault of anybody.
      if (client === this.#open) this.#fault(`bad message: ${describeError(error)}`);
    });
    client.on("disconnect", ({ code }) => this.#left(client, `closed ${code}`));
    client.connect().then(() => this.#joined(client), (error) => this.#left(client, refusal(error)));
  }

  async #joined(client: RpcPeer): Promise<void> {
    if (client !== this.#client) return;
    this.#open = client;
    this.#connects++;
    this.#failures = 0;
    await this.#begin(client);
  }

  /** What a station says first on a new connection, then everything that has waited. */
  async #begin(client: RpcPeer): Promise<void> {
    if (!await this.#boot(client) || client !== this.#open) return;
    this.#show(this.#connector.transaction ? "charging" : "available");
    await this.#tell(this.#status());
    if (client !== this.#open) return;
    const period = Number(this.settings.get("HeartbeatInterval")) * 1_000;
    this.#cancels.add(this.deps.timers.every(period, () => void this.#tell(HEARTBEAT)));
    void this.#pump();
    void this.#authorize();
  }

  /** Boots once per power-up or reset, not on every connection (2.0.1 Part 4 section 5.3). False: not accepted yet. */
  async #boot(client: RpcPeer): Promise<boolean> {
    if (!this.#bootReason) return true;
    this.#show("booting");
    const answer = await this.#tell(this.#dialect.boot(this.spec, this.#bootReason));
    if (answer === undefined) return false;
    const { accepted, intervalSeconds } = readBootAnswer(answer);
    if (accepted) {
      this.settings.set("HeartbeatInterval", String(intervalSeconds));
      this.#bootReason = undefined;
    } else {
      this.#later(intervalSeconds * 1_000, () => void this.#begin(client));
    }
    return accepted;
  }

  #left(client: RpcPeer, why: string): void {
    if (client !== this.#client) return;
    this.#client = this.#open = undefined;
    this.#clearTimers();
    this.#lastMessage = why;
    this.#show("offline");
    if (!this.#running) return;
    const ceiling = Math.min(DEMO_LIMITS.reconnectMaxMs, DEMO_LIMITS.reconnectMinMs * 2 ** this.#failures++);
    this.#stopRetry = this.deps.timers.after(ceiling * (0.5 + this.deps.random.fraction() / 2), () => this.#connect());
  }

  /** Asks the CSMS whether the wanted badge may charge, and starts. While offline the driver waits. */
  async #authorize(): Promise<void> {
    const badge = this.#wanted;
    if (badge === undefined || this.#authorizing || this.#state !== "available") return;
    const client = this.#open;
    this.#authorizing = true;
    try {
      const answer = await this.#tell(this.#dialect.authorize(badge));
      if (answer === undefined || this.#wanted !== badge) return;
      this.#wanted = undefined;
      if (this.#dialect.authorized(answer)) this.#connector.begin(badge);
      else this.#lastMessage = `badge ${badge} refused`;
    } finally {
      this.#authorizing = false;
      if (this.#open && this.#open !== client) void this.#authorize(); // the next connection found this at work
    }
  }

  #sessionChanged(): void {
    if (!this.#open || this.#bootReason) return;
    this.#show(this.#connector.transaction ? "charging" : "available");
    void this.#tell(this.#status());
  }

  /** Sends queued transaction messages one after the other; each leaves the queue with its answer. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let item = this.#outbox.first; item && this.#open && !this.#bootReason; item = this.#outbox.first) {
        const client = this.#open, answer = await this.#tell(item.build());
        if (answer === undefined) {
          // The connection is gone, and the message stays first; the next one may stand already, and found this at work.
          if (this.#open === client) break;
          continue;
        }
        this.#outbox.shift();
        item.answered?.(answer);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Calls the CSMS. Undefined when the connection was lost; a CALLERROR is a fault and counts as answered. */
  async #tell(call: Call): Promise<unknown> {
    const client = this.#open;
    if (!client) return undefined;
    this.#calls++;
    try {
      const answer = await client.call(call.action, call.payload);
      this.#lastMessage = call.action;
      return answer;
    } catch (error) {
      const code = (error as { rpcErrorCode?: string }).rpcErrorCode;
      if (code !== undefined) {
        this.#fault(`${call.action} was answered ${code}: ${describeError(error)}`);
        return {};
      }
      // What was not answered is sent again on a new connection, where no late answer can meet it.
      if (isCallTimeout(error)) void client.close({ force: true });
      return undefined;
    } finally {
      this.#calls--;
      this.deps.onChange?.();
    }
  }

  #status(): Call {
    const at = new Date(this.deps.clock.now()).toISOString();
    return this.#dialect.status(this.#connector.transaction ? "charging" : "available", at);
  }

  #show(state: StationState): void {
    this.#state = state;
    this.deps.onChange?.();
  }

  #fault(text: string): void {
    this.#faults.add(text);
    this.#lastMessage = text;
    this.deps.onChange?.();
  }

  #later(delayMs: number, run: () => void): void {
    const cancel = this.deps.timers.after(delayMs, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }

  #clearTimers(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}

const HEARTBEAT: Call = { action: "Heartbeat", payload: {} };
const NOT_IMPLEMENTED = { rpcErrorCode: "NotImplemented", rpcErrorMessage: "Unknown action" };

function refusal(error: unknown): string {
  const status = (error as { code?: unknown }).code;
  return typeof status === "number" ? `refused ${status}` : describeError(error);
}
