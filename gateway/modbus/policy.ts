import { isInside } from "../config/ip.ts";
import { createLocalWeek } from "../core/local_week.ts";
import { decideModbus, MODBUS_RULES } from "../../policies/modbus.ts";
import type { ModbusFacts, ModbusTarget } from "../../policies/modbus_rule.ts";
import { EXCEPTION, type ModbusRequest } from "./codec.ts";
import type { ServiceClass } from "./fair_queue.ts";
import type { Point } from "./point.ts";
import { readPoint } from "./point_value.ts";
import { accessesOf, PointIndex, type Profile, type Touched } from "./profile.ts";
import type { PolicyConfig, UnitConfig } from "./worker_config.ts";

/** Who asks, as the door proved it. */
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

/** What becomes of a request. */
export type Verdict =
  | {
    readonly do: "forward";
    readonly rule: string;
    /** What goes to the device: as it came, or changed by a clamp. */
    readonly request: ModbusRequest;
    readonly pdu: Uint8Array;
    readonly serviceClass: ServiceClass;
    /** May be asked again when the device does not answer. */
    readonly mayRetry: boolean;
    /** A read may be answered from memory of this age; 0: never. */
    readonly maxAgeMs: number;
    /** Names of points that the answer must not show. */
    readonly masked: readonly string[];
    /** What would have been refused if rules were enforced (`mode: observe`). */
    readonly wouldRefuse?: Refusal;
  }
  | ({ readonly do: "refuse"; readonly exception: number } & Refusal);

/**
 * Judges requests by rules, profiles and what has happened before. One per site: what one client did counts for all.
 * Pure of sockets and clocks; `now` comes with every call.
 */
export interface ModbusPolicy {
  judge(ask: Ask, now: Moment): Verdict;
  /** The answer as this client may see it. `pdu` is from the device, or from memory, and checked against the request. */
  seeResponse(ask: Ask, verdict: Verdict & { readonly do: "forward" }, pdu: Uint8Array, now: Moment): Uint8Array;
  /** Points of a request by name, for people. */
  pointsOf(ask: Pick<Ask, "unit" | "request">): readonly string[];
  /** Takes other rules, units and profiles; what happened before goes on to count. */
  configure(config: PolicyConfig): void;
}

/** A policy that knows nothing of the past yet. */
export function createModbusPolicy(config: PolicyConfig): ModbusPolicy {
  return new RulePolicy(config);
}

interface Known {
  readonly profile: Profile;
  readonly index: PointIndex;
}

class RulePolicy implements ModbusPolicy {
  #config!: PolicyConfig;
  #units!: ReadonlyMap<number, UnitConfig>;
  #profiles!: ReadonlyMap<string, Known>;
  #networks!: readonly string[];
  #minuteOfWeek!: (wallMs: number) => number;

  constructor(config: PolicyConfig) {
    this.configure(config);
  }

  configure(config: PolicyConfig): void {
    this.#config = config;
    this.#units = new Map(config.units.map((unit) => [unit.unit, unit]));
    this.#profiles = new Map(
      config.profiles.map((profile) => [profile.id, { profile, index: new PointIndex(profile) }]),
    );
    this.#minuteOfWeek = createLocalWeek(config.timeZone);
    this.#networks = [...new Set(config.rules.flatMap(({ sources }) => sources ?? []))];
  }

  judge(ask: Ask, now: Moment): Verdict {
    const touched = this.#touched(ask);
    const decision = decideModbus(this.#facts(ask, touched, now), this.#config.rules);
    const points = namesOf(touched);
    if (decision.effect === "deny") {
      const { rule, reason } = decision;
      // Tried out are the site's own rules; what is built in refuses in any mode.
      const isTrial = this.#config.mode === "observe" && !BUILT_IN.has(rule);
      if (!isTrial) return { do: "refuse", exception: EXCEPTION.illegalFunction, rule, reason, points };
      return { ...this.#forward(ask, touched, rule, []), wouldRefuse: { rule, reason, points } };
    }
    const known = this.#known(ask.unit);
    if (known?.profile.unsupported.includes(ask.request.function)) {
      const reason = `${known.profile.name} does not know function code ${ask.request.function}`;
      return { do: "refuse", exception: EXCEPTION.illegalFunction, rule: "modbus.unsupported", reason, points };
    }
    return this.#forward(ask, touched, decision.rule, decision.masked);
  }

  seeResponse(ask: Ask, { masked }: Verdict & { readonly do: "forward" }, pdu: Uint8Array): Uint8Array {
    const index = this.#known(ask.unit)?.index;
    const read = accessesOf(ask.request).find(({ values }) => values === undefined);
    if (masked.length === 0 || !index || !read || pdu[0]! & 0x80) return pdu;
    const shown = pdu.slice();
    for (const { point } of index.touched(read).points) {
      if (!masked.includes(point.name)) continue;
      for (let at = point.address; at < point.address + point.length; at++) blank(shown, read, at - read.span.address);
    }
    return shown;
  }

  pointsOf(ask: Pick<Ask, "unit" | "request">): readonly string[] {
    return namesOf(this.#touched(ask));
  }

  #known(unit: number): Known | undefined {
    return this.#profiles.get(this.#units.get(unit)?.profile ?? "");
  }

  #touched({ unit, request }: Pick<Ask, "unit" | "request">): readonly TouchedAccess[] {
    const index = this.#known(unit)?.index;
    return accessesOf(request).map((access) => ({
      access,
      ...index?.touched(access) ?? { points: [], unknown: access.span.quantity },
    }));
  }

  #facts({ asker, unit, request }: Ask, touched: readonly TouchedAccess[], now: Moment): ModbusFacts {
    return {
      principal: {
        role: asker.role,
        client: asker.client,
        networks: this.#networks.filter((network) => isInside(asker.source, network)),
      },
      functionCode: request.function,
      unit,
      targets: touched.flatMap(targetsOf),
      minuteOfWeek: this.#minuteOfWeek(now.wall),
    };
  }

  #forward(
    { request, pdu }: Ask,
    touched: readonly TouchedAccess[],
    rule: string,
    masked: readonly string[],
  ): Verdict & { readonly do: "forward" } {
    const isWrite = touched.some(({ access }) => access.values !== undefined);
    const points = touched.flatMap(({ points }) => points.map(({ point }) => point));
    const isHeartbeat = isWrite && points.length > 0 && points.every(({ heartbeat }) => heartbeat);
    const isPlainRead = touched.length === 1 && !isWrite;
    const isKnown = touched.every(({ unknown }) => unknown === 0);
    const age = isPlainRead && isKnown ? Math.min(...points.map(({ maxAgeMs }) => maxAgeMs)) : 0;
    const serviceClass = isHeartbeat ? "heartbeat" : isWrite ? "write" : "read";
    return { do: "forward", rule, request, pdu, serviceClass, mayRetry: isPlainRead, maxAgeMs: age, masked };
  }
}

const BUILT_IN: ReadonlySet<string> = new Set(
  Object.values(MODBUS_RULES).filter((rule) => rule !== MODBUS_RULES.default),
);

type TouchedAccess = {
  readonly access: ReturnType<typeof accessesOf>[number];
  readonly points: readonly Touched[];
  readonly unknown: number;
};

function targetsOf({ access, points, unknown }: TouchedAccess): ModbusTarget[] {
  const kind = access.values === undefined ? "read" : "write";
  const rest: ModbusTarget = {
    access: kind,
    point: undefined,
    isPartial: false,
    value: undefined,
  };
  const named = points.map(({ point, isPartial, registers }): ModbusTarget => {
    const value = registers && readPoint(point, registers);
    return {
      ...rest,
      point: { name: point.name, class: point.class },
      isPartial,
      value: typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined,
      ...kind === "read" ? {} : { limits: limitsOf(point) },
    };
  });
  return unknown > 0 ? [...named, rest] : named;
}

function limitsOf({ access, type, scale, legal }: Point): NonNullable<ModbusTarget["limits"]> {
  const step = type === "f32" || type === "f64" ? 0 : scale;
  return { isWritable: access !== "read", step, ...legal ? { legal } : {} };
}

function namesOf(touched: readonly TouchedAccess[]): string[] {
  return touched.flatMap(({ points }) => points.map(({ point }) => point.name));
}

/** Zeros the register or bit at this place of a read's answer. */
function blank(pdu: Uint8Array, { table }: { readonly table: string }, at: number): void {
  if (at < 0) return;
  if (table === "coil" || table === "discrete") {
    const byte = 2 + (at >> 3);
    if (byte < pdu.length) pdu[byte]! &= ~(1 << (at & 7));
  } else if (3 + at * 2 < pdu.length) pdu.fill(0, 2 + at * 2, 4 + at * 2);
}
