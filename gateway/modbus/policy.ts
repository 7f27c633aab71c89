import { decideModbus, MODBUS_RULES, type ModbusDecision, rulesFor } from "../../policies/modbus.ts";
import type { RecordedClient } from "../../policies/modbus_recording.ts";
import type { ModbusFacts, ModbusRule, ModbusTarget } from "../../policies/modbus_rule.ts";
import { isInside } from "../config/ip.ts";
import { createLocalWeek } from "../core/local_week.ts";
import { EXCEPTION, type ModbusRequest } from "./codec.ts";
import { encodeRequest } from "./codec_request.ts";
import type { ServiceClass } from "./fair_queue.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { type ForwardedValues, type GrantedWrites, LastValues } from "./policy_past.ts";
import { clampRequest, echoOf, maskAnswer } from "./policy_rewrite.ts";
import { namesOf, targetsOf, type TouchedAccess, touchedBy } from "./policy_targets.ts";
import { PointIndex, type Profile } from "./profile.ts";
import { countRequest, type RequestKind, type RequestKinds, RequestRecorder } from "./request_recorder.ts";
import type { PolicyConfig, UnitConfig } from "./worker_config.ts";
import { type LeaseChange, type StoredLease, type WriteLease, WriteLeases } from "./write_leases.ts";

/** Who asks, as the door proved it. One object per connection: what is known of it is remembered by it. */
export interface Asker {
  /** Common name of the certificate, or id of the plaintext listener. */
  readonly client: string;
  /** Role of the certificate; absent: it has none. */
  readonly role?: string;
  /** Address of the client. */
  readonly source: string;
  readonly listener: string;
}

/** One request as it came. */
export interface Ask {
  readonly asker: Asker;
  /** Unit id that the client used. */
  readonly unit: number;
  readonly request: ModbusRequest;
  readonly pdu: Uint8Array;
}

/** Both clocks: hours of rules go by the wall's, leases and rates by the monotonic one. Milliseconds. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** What a refusal is called in the audit trail. */
export interface Refusal {
  readonly rule: string;
  readonly reason: string;
  /** Names of the points it is about. */
  readonly points: readonly string[];
}

/** A request that goes to its device. */
export interface Forward {
  readonly do: "forward";
  readonly rule: string;
  /** What goes to the device: as it came, or changed by a clamp. */
  readonly request: ModbusRequest;
  readonly pdu: Uint8Array;
  readonly serviceClass: ServiceClass;
  /** May be asked again when the device does not answer. */
  readonly mayRetry: boolean;
  /** Equal reads may share one answer: each register of it is known, so that reading has no effect but the answer. */
  readonly mayShare: boolean;
  /** A read may be answered from memory of this age; 0: never. */
  readonly maxAgeMs: number;
  /** Names of points that the answer must not show. */
  readonly masked: readonly string[];
  /** What would have been refused if rules were enforced (`mode: observe`). */
  readonly wouldRefuse?: Refusal;
  /** What an allowed write brings with it; absent for reads and while rules are only tried out. */
  readonly granted?: GrantedWrites;
}

/** What becomes of a request. */
export type Verdict = Forward | ({ readonly do: "refuse"; readonly exception: number } & Refusal);

/**
 * Judges requests by rules, profiles and what has happened before. One per site: what one client did counts for all.
 * Pure of sockets and clocks; `now` comes with every call.
 */
export interface ModbusPolicy {
  judge(ask: Ask, now: Moment): Verdict;
  /**
   * The answer as this client may see it. `pdu` is from the device or from memory, checked against the request, or an
   * exception of the gateway itself: then a write may not have reached its device.
   */
  seeResponse(ask: Ask, verdict: Forward, pdu: Uint8Array, now: Moment): Uint8Array;
  /** Takes other rules, units and profiles; what happened before goes on to count. */
  configure(config: PolicyConfig): void;
  /** Who commands which point. */
  leases(now: Moment): readonly WriteLease[];
  /** Takes back the leases that were stored before a restart. */
  restoreLeases(stored: readonly StoredLease[], now: Moment): void;
  /** What was recorded for at least this long, for `policy diff` and `policy propose`. */
  takeRecording(atLeastMs: number, most: number, now: Moment): readonly RecordedClient[];
  /** What is in force. */
  readonly config: PolicyConfig;
}

/** A policy that knows nothing of the past yet. `onLease` hears when a point gets another commander. */
export function createModbusPolicy(
  config: PolicyConfig,
  onLease: (change: LeaseChange) => void = () => {},
): ModbusPolicy {
  return new RulePolicy(config, onLease);
}

/** What is known of one unit. */
interface Known {
  readonly config: UnitConfig;
  readonly profile: Profile | undefined;
  readonly index: PointIndex | undefined;
}

/** One client at one unit, until the configuration changes. */
interface AskerAtUnit {
  readonly principal: ModbusFacts["principal"];
  readonly rules: readonly ModbusRule[];
  /** The decision depends on when it is made. */
  readonly hasHours: boolean;
  readonly reads: Map<number, RememberedRead>;
  kinds: RequestKinds | undefined;
}

/** What was decided on a read, for the next time that it comes. */
interface RememberedRead {
  readonly verdict: Omit<Forward, "request" | "pdu">;
  readonly minute: number;
  readonly kind: RequestKind | undefined;
  readonly kinds: RequestKinds | undefined;
}

class RulePolicy implements ModbusPolicy {
  #config!: PolicyConfig;
  #units!: ReadonlyMap<number, Known>;
  #networks!: readonly string[];
  #minuteOfWeek!: (wallMs: number) => number;
  #askers = new WeakMap<Asker, Map<number, AskerAtUnit>>();
  readonly #leases = new WriteLeases();
  readonly #last = new LastValues();
  readonly #recorder = new RequestRecorder();
  readonly #onLease: (change: LeaseChange) => void;

  constructor(config: PolicyConfig, onLease: (change: LeaseChange) => void) {
    this.#onLease = onLease;
    this.configure(config);
  }

  get config(): PolicyConfig {
    return this.#config;
  }

  configure(config: PolicyConfig): void {
    const profiles = new Map(
      config.profiles.map((profile) => [profile.id, { profile, index: new PointIndex(profile) }]),
    );
    this.#units = new Map(config.units.map((unit) => {
      const { profile, index } = profiles.get(unit.profile ?? "") ?? { profile: undefined, index: undefined };
      return [unit.unit, { config: unit, profile, index }];
    }));
    this.#config = config;
    this.#minuteOfWeek = createLocalWeek(config.timeZone);
    this.#networks = [...new Set(config.rules.flatMap(({ sources }) => sources ?? []))];
    this.#askers = new WeakMap();
    this.#leases.keepUnits((unit) => this.#units.has(unit));
    this.#last.keepUnits((unit) => this.#units.has(unit));
  }

  judge(ask: Ask, now: Moment): Verdict {
    const asker = this.#askerAt(ask);
    const minute = asker.hasHours ? this.#minuteOfWeek(now.wall) : 0;
    const key = readKey(ask.request);
    const known = key === undefined ? undefined : asker.reads.get(key);
    if (known && known.minute === minute && known.kinds === this.#kindsOf(asker, ask, now)) {
      if (known.kind) countRequest(known.kind, undefined, now.wall);
      return { ...known.verdict, request: ask.request, pdu: ask.pdu };
    }
    const { index, profile } = this.#units.get(ask.unit) ?? {};
    const touched = touchedBy(ask.request, index);
    const targets = this.#targets(ask, touched, now);
    const kinds = this.#kindsOf(asker, ask, now);
    const kind = kinds && this.#recorder.kind(kinds, ask.request, targets);
    if (kind) countRequest(kind, targets, now.wall);
    const facts = this.#facts(ask, asker, targets, now);
    const decision = unsupported(profile, ask.request) ?? decideModbus(facts, asker.rules);
    const verdict = this.#verdict(ask, touched, decision, now);
    if (key !== undefined && verdict.do === "forward") {
      if (asker.reads.size >= MODBUS_LIMITS.rememberedReads) asker.reads.clear();
      const { request: _, pdu: __, ...rest } = verdict;
      asker.reads.set(key, { verdict: rest, minute, kind, kinds });
    }
    return verdict;
  }

  seeResponse(ask: Ask, { masked, granted }: Forward, pdu: Uint8Array, now: Moment): Uint8Array {
    const isException = (pdu[0]! & 0x80) !== 0;
    if (isException) {
      // Without an answer nobody knows whether the device took the write: its client goes on commanding.
      if (granted && pdu[1] !== EXCEPTION.gatewayTargetFailed) {
        granted.leases.forEach((each) => this.#leases.giveBack(each));
      }
      return pdu;
    }
    if (granted) this.#last.forwarded(ask.unit, granted.values, now.monotonic);
    const answer = granted && granted.clamped.length > 0 ? echoOf(ask.request, ask.pdu, pdu) : pdu;
    if (masked.length === 0) return answer;
    // Function code 23 reads beside its write.
    const { index } = this.#units.get(ask.unit) ?? {};
    const read = touchedBy(ask.request, index).find(({ access }) => access.values === undefined);
    return read ? maskAnswer(answer, read, masked) : answer;
  }

  leases(now: Moment): readonly WriteLease[] {
    return this.#leases.held(now.monotonic);
  }

  restoreLeases(stored: readonly StoredLease[], now: Moment): void {
    this.#leases.restore(stored.filter(({ unit }) => this.#units.has(unit)), now.monotonic);
  }

  takeRecording(atLeastMs: number, most: number, now: Moment): readonly RecordedClient[] {
    return this.#recorder.take(atLeastMs, most, now.monotonic);
  }

  #askerAt({ asker, unit }: Ask): AskerAtUnit {
    let units = this.#askers.get(asker);
    if (!units) this.#askers.set(asker, units = new Map());
    const known = units.get(unit);
    if (known) return known;
    const { role, client, listener, source } = asker;
    const networks = this.#networks.filter((network) => isInside(source, network));
    const principal = { role, client, listener, networks };
    const rules = rulesFor(this.#config.rules, { principal, unit });
    const hasHours = rules.some(({ hours }) => hours !== undefined);
    const fresh: AskerAtUnit = { principal, rules, hasHours, reads: new Map(), kinds: undefined };
    units.set(unit, fresh);
    return fresh;
  }

  /** What is recorded of the client at the unit; begun anew when it was handed over. */
  #kindsOf(asker: AskerAtUnit, { asker: { client, role, listener, source }, unit }: Ask, now: Moment) {
    if (asker.kinds?.isOpen) return asker.kinds;
    const principal = { client, ...role === undefined ? {} : { role }, listener, source, unit };
    return asker.kinds = this.#recorder.of(principal, now.monotonic);
  }

  #targets(ask: Ask, touched: readonly TouchedAccess[], now: Moment): readonly ModbusTarget[] {
    const owner = ownerOf(ask.asker);
    return touched.flatMap((each) =>
      targetsOf(each, ({ name }) => {
        if (this.#config.mode === "observe") return {}; // what is only tried out has no past
        const lease = this.#leases.ofOther(ask.unit, name, owner, now.monotonic);
        const last = this.#last.of(ask.unit, name, now.monotonic);
        return { ...lease && { lease }, ...last && { last } };
      })
    );
  }

  #facts(
    { request, unit }: Ask,
    { principal }: AskerAtUnit,
    targets: readonly ModbusTarget[],
    now: Moment,
  ): ModbusFacts {
    return {
      principal,
      functionCode: request.function,
      ...request.function === 8 && { subfunction: request.subfunction },
      unit,
      targets,
      minuteOfWeek: this.#minuteOfWeek(now.wall),
    };
  }

  #verdict(ask: Ask, touched: readonly TouchedAccess[], decision: ModbusDecision, now: Moment): Verdict {
    const isTrial = this.#config.mode === "observe";
    if (decision.effect === "deny") {
      const refusal = refusalOf(decision, touched);
      if (!isTrial) return { do: "refuse", exception: EXCEPTION.illegalFunction, ...refusal };
      return { ...forward(ask, touched, decision.rule), wouldRefuse: refusal };
    }
    const plain = forward(ask, touched, decision.rule);
    if (isTrial) return plain;
    if (decision.writes.length === 0) return { ...plain, masked: decision.masked };
    const request = clampRequest(ask.request, touched, decision.writes);
    if (!request) {
      const reason = "The clamped value does not fit into the registers";
      return {
        do: "refuse",
        exception: EXCEPTION.illegalFunction,
        rule: MODBUS_RULES.illegalValue,
        reason,
        points: [],
      };
    }
    const changed = request === ask.request ? {} : { request, pdu: encodeRequest(request) };
    return { ...plain, ...changed, masked: decision.masked, granted: this.#grant(ask, decision, now) };
  }

  /** Leases are taken before the write goes out: the next client's write is judged meanwhile. */
  #grant({ asker, unit }: Ask, { writes }: ModbusDecision & { readonly effect: "allow" }, now: Moment): GrantedWrites {
    const owner = ownerOf(asker);
    const notable = writes.flatMap(({ target: { point } }) =>
      point?.class === "protected" || point?.class === "credential" ? [point.name] : []
    );
    const leases: LeaseChange[] = [],
      values: ForwardedValues = new Map(),
      clamped: GrantedWrites["clamped"][number][] = [];
    for (const { target: { point, value }, lease, clamped: lower } of writes) {
      if (!point) continue;
      if (lease) {
        const { seconds, priority } = lease;
        const change = this.#leases.take(
          { unit, point: point.name, owner, priority, ttlMs: seconds * 1_000 },
          now.monotonic,
        );
        if (change) leases.push(change);
      }
      if (lower !== undefined && value !== undefined) {
        clamped.push({ point: point.name, asked: value, forwarded: lower });
      }
      const forwarded = lower ?? value;
      if (forwarded !== undefined && point.class === "commanded") values.set(point.name, forwarded);
    }
    leases.forEach(this.#onLease);
    return { leases, values, notable, clamped };
  }
}

/** Clients of a plaintext listener are told apart by their address; equal names of two authorities by their listener. */
export function ownerOf({ client, listener, source }: Asker): string {
  return client === listener ? `${client} at ${source}` : `${client} at ${listener}`;
}

function unsupported(profile: Profile | undefined, request: ModbusRequest): ModbusDecision | undefined {
  if (!profile?.unsupported.includes(request.function)) return undefined;
  const reason = `${profile.name} does not know function code ${request.function}`;
  return { effect: "deny", rule: MODBUS_RULES.unsupported, reason };
}

/** The point that decided stands first; where it is no point, all that were touched. */
function refusalOf(decision: ModbusDecision & { readonly effect: "deny" }, touched: readonly TouchedAccess[]): Refusal {
  const { rule, reason, target } = decision;
  return { rule, reason, points: target?.point ? [target.point.name] : namesOf(touched) };
}

function forward({ request, pdu }: Ask, touched: readonly TouchedAccess[], rule: string): Forward {
  const writes = touched.filter(({ access }) => access.values !== undefined);
  const isPlainRead = touched.length === 1 && writes.length === 0;
  const points = touched.flatMap(({ points }) => points.map(({ point }) => point));
  const written = writes.flatMap(({ points }) => points.map(({ point }) => point));
  const isHeartbeat = written.length > 0 && written.every(({ heartbeat }) => heartbeat);
  const mayShare = isPlainRead && points.length > 0 && touched.every(({ unknown }) => unknown === 0);
  return {
    do: "forward",
    rule,
    request,
    pdu,
    serviceClass: isHeartbeat ? "heartbeat" : writes.length > 0 ? "write" : "read",
    mayRetry: isPlainRead,
    mayShare,
    maxAgeMs: mayShare ? Math.min(...points.map(({ maxAgeMs }) => maxAgeMs)) : 0,
    masked: [],
  };
}

/** Equal reads have equal keys; undefined for everything that is no read of one table. */
function readKey(request: ModbusRequest): number | undefined {
  if (request.function > 4 || !("quantity" in request)) return undefined;
  return (request.function * 0x10000 + request.address) * 0x800 + request.quantity;
}
