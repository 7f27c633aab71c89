import type { ClimbStep, Hop } from "../../../policies/climb.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { PasswordVerifier } from "../station_verifier.ts";
import { Turns } from "../../core/turns.ts";
import type { Version } from "./messages.ts";

/**
 * "running": a step is under way. "waiting": the station is overdue on the new profile; old and new are both accepted.
 * The others are ends; "failed" is a "reverted" that left something at the station to be put back by hand.
 */
export type ClimbState = "cancelled" | "done" | "failed" | "reverted" | "running" | "waiting";

/** One climb of one station, as it is stored before every step. It holds no secret that proves anything. */
export interface ClimbRecord {
  readonly stationId: string;
  readonly who: string;
  /** Wall milliseconds. */
  readonly startedAt: number;
  readonly version: Version;
  readonly hops: readonly Hop[];
  /** The hop that is under way, and the step within it. */
  readonly hop: number;
  readonly step: number;
  readonly state: ClimbState;
  readonly force: boolean;
  /** Minutes the station has to come back, or to become free. */
  readonly minutes: number;
  /** Where it shall connect; the id is not in it. */
  readonly url: string;
  readonly rootPem?: string;
  /** OCPP 1.6: the key that holds the address, and whether it wants the id. */
  readonly urlKey?: { readonly key: string; readonly withId: boolean };
  /** What was done, step by step, newest last. */
  readonly notes: readonly ClimbNote[];
  /** Why it ended otherwise than "done". */
  readonly why?: string;
  /** Passwords that were sent to the station and may be the ones it has. */
  readonly pending: readonly PasswordVerifier[];
  /** The connection over which the switch was told; wall milliseconds when. */
  readonly switched?: { readonly session: string; readonly at: number };
  /** What to put back on failure. */
  readonly before?: { readonly address?: string; readonly priority?: string };
  /** Serial number of a certificate issued in this hop and not proven yet. */
  readonly certificate?: string;
}

/** What became of one step. */
export interface ClimbNote {
  readonly hop: number;
  readonly step: ClimbStep;
  readonly text: string;
  readonly at: number;
}

/** Whether a climb has come to its end. */
export function hasEnded({ state }: ClimbRecord): boolean {
  return state !== "running" && state !== "waiting";
}

/**
 * The two profiles that a station may show now; undefined unless the switch of a hop has begun and is not proven. It begins
 * with the new address: a station that takes it may go there at once, before it is told anything else.
 */
export function openBetween(record: ClimbRecord): { readonly from: Hop["from"]; readonly to: Hop["to"] } | undefined {
  const hop = record.hops[record.hop];
  if (hasEnded(record) || !hop) return undefined;
  const opens = hop.steps.indexOf(hop.steps.includes("address") ? "address" : "switch"),
    closes = hop.steps.indexOf("verify");
  return record.step >= opens && record.step <= closes ? hop : undefined;
}

/** The climbs of all stations, one each: stored before they are acted upon. */
export class ClimbRecords {
  readonly #store: Store;
  readonly #byStation = new Map<string, ClimbRecord>();
  readonly #turns = new Turns();

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<ClimbRecords> {
    const records = new ClimbRecords(store);
    for await (const { value } of store.list<ClimbRecord>(KEYS.stationClimb, { limit: Infinity })) {
      records.#byStation.set(value.stationId, value);
    }
    return records;
  }

  get(stationId: string): ClimbRecord | undefined {
    return this.#byStation.get(stationId);
  }

  all(): readonly ClimbRecord[] {
    return [...this.#byStation.values()];
  }

  /** A new climb in the place of one that has ended. */
  put(record: ClimbRecord): Promise<void> {
    return this.#turns.run([record.stationId], () => this.#keep(record));
  }

  /**
   * Changes a climb as it stands when its turn has come: its steps, a password that is proven at the listener and a person
   * do so at the same time. `how` says undefined where there is nothing to change any more.
   */
  change(stationId: string, how: (record: ClimbRecord) => ClimbRecord | undefined): Promise<void> {
    return this.#turns.run([stationId], async () => {
      const record = this.#byStation.get(stationId), next = record && how(record);
      if (next) await this.#keep(next);
    });
  }

  async #keep(record: ClimbRecord): Promise<void> {
    await this.#store.commit([{ set: [...KEYS.stationClimb, record.stationId], value: record }]);
    this.#byStation.set(record.stationId, record);
  }
}
