import type { Json, WorkerApi } from "../../core/control_api.ts";
import type { MirrorRoute } from "../../core/mirror_api.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { Relay } from "../relay.ts";
import type { ObservedMessage, RelayObserver } from "../relay_observer.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { OcppWorkerConfig } from "../worker_config.ts";
import { MIRROR_LIMITS } from "./limits.ts";
import { Mirror, type MirrorTools } from "./mirror.ts";
import { MirrorBudget } from "./mirror_queue.ts";
import type { MirrorNote } from "./mirror_session.ts";

/** All mirrors of one Worker: read-only ones, limited secondaries, and a CSMS that shadows before a migration. */
export class Mirrors implements RelayPart {
  readonly observer: RelayObserver;
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #tools: RelayPartTools;
  readonly #shared: MirrorTools;
  readonly #byRelay = new Map<Relay, readonly Mirror[]>();
  readonly #gauged = new Map<string, { open: number; away: number }>();
  readonly #relays = new Map<string, Relay>();
  readonly #wanting = new Set<Mirror>();
  /** When each CSMS last lost messages, monotonic. */
  readonly #drops = new Map<string, number>();
  readonly #counts = new Map<string, { csms: string; outcome: MirrorNote; amount: number }>();
  #config: OcppWorkerConfig;

  constructor(tools: RelayPartTools) {
    this.#tools = tools;
    this.#config = tools.context.config;
    const { clock, timers, random } = tools.context;
    const { dialsBurst, dialsPerSecond } = MIRROR_LIMITS;
    this.#shared = {
      clock,
      timers,
      random,
      gate: new TokenBucket(dialsBurst, dialsPerSecond, clock.monotonic()),
      pingMs: () => (this.#config.csmsPingSeconds ?? this.#config.pingSeconds) * 1_000,
      budget: new MirrorBudget(),
      badgeKey: random.bytes(32),
      dial: ({ options: { stationId, version, basic } }, { route, relaysCredential }) => {
        const shown = relaysCredential && basic ? { ...route, basic } : route;
        return tools.dialer.dial({ route: shown, stationId, protocols: [version], deflate: true });
      },
      noted: (relay, route, kind, action, rule) => this.#noted(relay, route, kind, action, rule),
      opened: (relay, { route }) => {
        tools.reporter.clear("ocpp.mirror.away", route.csms);
        // What an earlier Worker raised about it is over when nothing is dropped for as long here.
        if (!this.#drops.has(route.csms)) this.#drops.set(route.csms, clock.monotonic());
        this.#event(relay, `${route.csms} is connected`);
      },
      lost: (relay, { route }, why) => {
        tools.reporter.raise("ocpp.mirror.away", route.csms, why.slice(0, 300));
        this.#event(relay, `${route.csms} is away: ${why}`);
      },
      wants: (mirror) => this.#wants(mirror),
    };
    this.observer = {
      name: "mirrors",
      isIdle: () => this.#byRelay.size === 0,
      opened: (relay) => this.#opened(relay),
      message: (relay, message) => this.#message(relay, message),
      ended: (relay) => this.#ended(relay),
    };
    this.handlers = {
      "mirrors.live": () => this.#describe(),
      "mirrors.set": ({ session, mirrors }) => this.#set(session, mirrors),
    };
  }

  reconfigure(config: OcppWorkerConfig): void {
    this.#config = config;
  }

  tick(): void {
    const { metrics, clock, control } = this.#tools.context;
    for (const mirrors of this.#byRelay.values()) for (const mirror of mirrors) mirror.tick();
    for (const { csms, outcome, amount } of this.#counts.values()) {
      metrics.count("bulkhead_ocpp_mirror_messages_total", { csms, outcome }, amount);
    }
    this.#counts.clear();
    this.#gauge();
    for (const [csms, at] of this.#drops) {
      if (clock.monotonic() - at < MIRROR_LIMITS.dropQuietMs) continue;
      this.#drops.delete(csms);
      this.#tools.reporter.clear("ocpp.mirror.dropped", csms);
    }
    for (const [relay, mirrors] of this.#byRelay) {
      for (const { comparison, route } of mirrors) {
        const counts = comparison?.take(clock.monotonic());
        if (!counts) continue;
        control.notify("shadow.compared", { stationId: relay.options.stationId, csms: route.route.csms, ...counts });
      }
    }
  }

  drain(): Promise<void> {
    for (const relay of [...this.#byRelay.keys()]) this.#ended(relay);
    return Promise.resolve();
  }

  #opened(relay: Relay): void {
    this.#relays.set(relay.options.session, relay);
    this.#connect(relay, relay.options.mirrors ?? []);
  }

  /** Those that stay as they are keep their connection and what waits for them. */
  #set(session: string, routes: readonly MirrorRoute[]): void {
    const relay = this.#relays.get(session);
    if (relay) this.#connect(relay, routes); // a session that ended meanwhile has no mirrors either
  }

  #connect(relay: Relay, routes: readonly MirrorRoute[]): void {
    const isMetered = this.#config.uplink?.metered ?? false;
    const wanted = routes.filter(({ whenMetered }) => !isMetered || whenMetered === "send");
    const old = this.#byRelay.get(relay) ?? [];
    const kept = wanted.map((route) => old.find((mirror) => isSame(mirror.route, route)));
    for (const mirror of old) if (!kept.includes(mirror)) this.#close(mirror, "the gateway mirrors no more");
    if (wanted.length === 0) return void this.#byRelay.delete(relay);
    this.#byRelay.set(relay, wanted.map((route, at) => kept[at] ?? new Mirror(this.#shared, relay, route)));
  }

  #close(mirror: Mirror, why: string): void {
    mirror.end(1001, why);
    this.#wanting.delete(mirror);
  }

  /** Copies what the station says, whatever becomes of it at its CSMS, unless the gateway refused it. */
  #message(relay: Relay, { from, kind, fate, frame, bytes, action }: ObservedMessage): void {
    const mirrors = this.#byRelay.get(relay);
    if (!mirrors) return;
    if (from === "station" && kind === "call" && fate !== "refused") {
      const copy = bytes.slice(); // the socket's memory is used again
      for (const mirror of mirrors) mirror.copy(frame, copy);
    } else if (from === "csms" && kind === "reply" && (relay.options.csmsState?.() ?? "through") === "through") {
      const now = this.#tools.context.clock.monotonic();
      for (const { comparison } of mirrors) comparison?.primary(frame.id, action, frame, now);
    }
  }

  #ended(relay: Relay): void {
    for (const mirror of this.#byRelay.get(relay) ?? []) this.#close(mirror, "the station is gone");
    this.#byRelay.delete(relay);
    this.#relays.delete(relay.options.session);
  }

  /** After the primary: its message leaves in the turn in which it came, those of mirrors in a later one. */
  #wants(mirror: Mirror): void {
    if (this.#wanting.size === 0) this.#tools.context.timers.after(0, () => this.#pump());
    this.#wanting.add(mirror);
  }

  #pump(): void {
    const wanting = [...this.#wanting];
    this.#wanting.clear();
    for (const mirror of wanting) mirror.pump();
  }

  #noted(relay: Relay, { route: { csms }, mode }: MirrorRoute, kind: MirrorNote, action: string, rule?: string): void {
    const key = `${csms} ${kind}`;
    const known = this.#counts.get(key);
    if (known) known.amount++;
    else this.#counts.set(key, { csms, outcome: kind, amount: 1 });
    const { reporter, context } = this.#tools;
    if (kind === "dropped") {
      this.#drops.set(csms, context.clock.monotonic());
      reporter.raise("ocpp.mirror.dropped", csms, `station ${relay.options.stationId}`);
    }
    if (kind !== "refused" && kind !== "commanded") return;
    const record = kind === "refused" ? reporter.auditRepeating : reporter.audit;
    record.call(reporter, {
      event: kind === "refused" ? "ocpp.mirror.refused" : "ocpp.mirror.commanded",
      class: kind === "refused" ? "security" : "operation",
      who: csms,
      target: relay.options.stationId,
      outcome: kind === "refused" ? "refused" : "ok",
      rule: rule ?? "ocpp.secondary.action",
      detail: { action: action.slice(0, 64), mode },
    });
  }

  #event(relay: Relay, what: string): void {
    this.#tools.flight.event(relay.options.stationId, "mirror", what.slice(0, 300), this.#tools.context.clock.now());
  }

  /** A CSMS that nobody is mirrored to any more goes on as 0. */
  #gauge(): void {
    for (const amounts of this.#gauged.values()) Object.assign(amounts, { open: 0, away: 0 });
    for (const mirror of [...this.#byRelay.values()].flat()) {
      const { csms, state } = mirror.describe();
      const amounts = this.#gauged.get(csms) ?? { open: 0, away: 0 };
      amounts[state]++;
      this.#gauged.set(csms, amounts);
    }
    for (const [csms, amounts] of this.#gauged) {
      for (const state of ["open", "away"] as const) {
        this.#tools.context.metrics.set("bulkhead_ocpp_mirrors", amounts[state], { csms, state });
      }
    }
  }

  #describe(): Json {
    return [...this.#byRelay.values()].flatMap((mirrors) => mirrors.map((mirror) => mirror.describe()));
  }
}

/** Both came from control, which writes the keys in one order. */
function isSame(one: MirrorRoute, other: MirrorRoute): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
