import { POLICY_LIMITS } from "../../policies/limits.ts";
import {
  type RecordedClient,
  type RecordedRequest,
  type RecordedTarget,
  widen,
} from "../../policies/modbus_recording.ts";
import type { ModbusTarget } from "../../policies/modbus_rule.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** Who made a request, at which unit. */
export type RecordedPrincipal = Omit<RecordedClient, "conduit" | "requests" | "missed">;

/** One kind of request of one client, counted. */
export interface RequestKind {
  readonly functionCode: number;
  readonly subfunction: number | undefined;
  targets: readonly RecordedTarget[];
  count: number;
  /** The last times; `count` says where the next one goes. */
  readonly times: number[];
}

/** The kinds of one client at one unit. */
export interface RequestKinds {
  readonly principal: RecordedPrincipal;
  readonly byKey: Map<string, RequestKind>;
  missed: number;
  readonly since: number;
  /** False once it was handed over: then it is begun anew. */
  isOpen: boolean;
}

/**
 * What `policy diff` and `policy propose` work on: which kinds of requests each client made, how often, when, and between which
 * values. Facts only, as rules see them: no answer, no value of a badge or vehicle. Handed to control now and then.
 */
export class RequestRecorder {
  /** Oldest first. */
  readonly #clients = new Map<string, RequestKinds>();
  #kinds = 0;

  /** The kinds of a client at a unit; undefined when too many are recorded. `now`: monotonic milliseconds. */
  of(principal: RecordedPrincipal, now: number): RequestKinds | undefined {
    const key = JSON.stringify(Object.values(principal));
    const known = this.#clients.get(key);
    if (known) return known;
    if (this.#clients.size >= MODBUS_LIMITS.recordedClients) return undefined;
    const kinds: RequestKinds = { principal, byKey: new Map(), missed: 0, since: now, isOpen: true };
    this.#clients.set(key, kinds);
    return kinds;
  }

  /** The kind of a request; undefined when it is only counted. */
  kind(
    kinds: RequestKinds,
    request: { readonly function: number; readonly subfunction?: number },
    targets: readonly ModbusTarget[],
  ): RequestKind | undefined {
    const touched = targets.map(({ access, point, isPartial }) => [access, point?.name ?? null, isPartial]);
    const key = JSON.stringify([request.function, request.subfunction ?? null, touched]);
    const known = kinds.byKey.get(key);
    if (known) return known;
    const isFull = kinds.byKey.size >= POLICY_LIMITS.recordedKinds || this.#kinds >= MODBUS_LIMITS.recordedRequests;
    if (isFull || key.length > MODBUS_LIMITS.recordedChars) {
      kinds.missed++;
      return undefined;
    }
    this.#kinds++;
    const kind: RequestKind = {
      functionCode: request.function,
      subfunction: request.subfunction,
      targets: targets.map(recordedTarget),
      count: 0,
      times: [],
    };
    kinds.byKey.set(key, kind);
    return kind;
  }

  /** Takes out what was recorded for at least this long, the oldest first, at most `most` clients. */
  take(atLeastMs: number, most: number, now: number): RecordedClient[] {
    const taken: RecordedClient[] = [];
    for (const [key, kinds] of this.#clients) {
      if (kinds.since > now - atLeastMs || taken.length >= most) break;
      this.#clients.delete(key);
      kinds.isOpen = false;
      this.#kinds -= kinds.byKey.size;
      const requests = [...kinds.byKey.values()].filter(({ count }) => count > 0).map(plainRequest);
      taken.push({ conduit: "modbus", ...kinds.principal, requests, missed: kinds.missed });
    }
    return taken;
  }

  get size(): number {
    return this.#clients.size;
  }
}

/** Counts one request of a kind, with what it writes. `wall`: milliseconds. */
export function countRequest(kind: RequestKind, targets: readonly ModbusTarget[] | undefined, wall: number): void {
  kind.times[kind.count % POLICY_LIMITS.recordedTimes] = wall;
  kind.count++;
  if (!targets?.some(isValued)) return;
  kind.targets = kind.targets.map((known, at) => {
    const target = targets[at]!;
    return isValued(target) ? { ...known, values: widen(known.values, target.value!) } : known;
  });
}

/** Values of badges and vehicles are nobody's to keep. */
function isValued({ access, point, value }: ModbusTarget): boolean {
  const isPrivate = point === undefined || point.class === "personal" || point.class === "credential";
  return access === "write" && value !== undefined && !isPrivate;
}

function recordedTarget({ access, point, isPartial, limits }: ModbusTarget): RecordedTarget {
  return { access, isPartial, ...point && { point }, ...limits && { limits } };
}

function plainRequest({ functionCode, subfunction, targets, count, times }: RequestKind): RecordedRequest {
  const next = count % POLICY_LIMITS.recordedTimes;
  const ordered = count > times.length ? [...times.slice(next), ...times.slice(0, next)] : [...times];
  return { functionCode, ...subfunction === undefined ? {} : { subfunction }, targets, count, times: ordered };
}
