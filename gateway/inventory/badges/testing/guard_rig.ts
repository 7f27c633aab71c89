import { ManualTime } from "../../../../tests/support/manual_time.ts";
import type { AuditEvent, Json, StationCallAnswer } from "../../../core/control_api.ts";
import type { LedgerFact } from "../../../core/ledger_api.ts";
import { nullLogger } from "../../../core/log.ts";
import { openStore } from "../../../store/kv_store.ts";
import type { Store } from "../../../store/store.ts";
import { applyFact, type LedgerRecord, newRecord } from "../../ledger/ledger_record.ts";
import { BadgeGuard } from "../badge_guard.ts";

/** A station that does as it is told. */
export const ACCEPTED: StationCallAnswer = { result: { status: "Accepted" } };

/** The guard with a ledger that does what the real one does with facts, and stations that answer as they are told. */
export class GuardRig {
  readonly audited: AuditEvent[] = [];
  readonly alarms: string[] = [];
  readonly asked: (readonly [station: string, action: string, payload: Json])[] = [];
  readonly blocked = new Set<string>();
  readonly renewed = new Map<string, string>();
  readonly units = new Map<string, string>();
  answer: StationCallAnswer = ACCEPTED;
  #records: LedgerRecord[] = [];
  guard!: BadgeGuard;

  private constructor(readonly store: Store, readonly time: ManualTime) {}

  static async with(test: (rig: GuardRig) => Promise<void>): Promise<void> {
    const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
    const rig = new GuardRig(store, time);
    await rig.restart();
    try {
      await test(rig);
    } finally {
      await store.close();
    }
  }

  /** As after a restart of control: the store and the ledger are left. */
  async restart(): Promise<void> {
    this.guard = await BadgeGuard.open({
      context: {
        store: this.store,
        clock: this.time,
        log: nullLogger,
        audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) },
        alarms: {
          raise: ({ kind, subject }) => Promise.resolve(void this.alarms.push(`raise ${kind} ${subject}`)),
          clear: (kind, subject) => Promise.resolve(void this.alarms.push(`clear ${kind} ${subject}`)),
        },
      },
      hash: (badge) => `hash-of-${badge.toLowerCase()}`,
      isBlocked: (hash) => this.blocked.has(hash.slice("hash-of-".length)),
      renewedBy: (hash) => this.renewed.get(hash),
      placeOf: (station) => this.units.get(station) ?? station,
      open: () => this.#records,
      pseudonym: (station, badge) => Promise.resolve(`${station}:${badge}`),
      call: (station, action, payload) => {
        this.asked.push([station, action, payload]);
        return Promise.resolve(this.answer);
      },
    });
  }

  /** Tells of facts, and lets the guard ask. */
  async facts(...facts: readonly Partial<LedgerFact>[]): Promise<void> {
    await this.note(...facts);
    await this.guard.look();
  }

  async note(...facts: readonly Partial<LedgerFact>[]): Promise<void> {
    const whole = facts.map((fact) =>
      ({ stationId: "CP001", protocol: "ocpp1.6", at: this.time.now(), ...fact }) as LedgerFact
    );
    for (const fact of whole) this.#book(fact);
    await this.guard.note(whole);
  }

  #book(fact: LedgerFact): void {
    const id = fact.key ?? fact.transactionId!;
    const found = this.#records.find((one) =>
      one.stationId === fact.stationId &&
      (one.id === id || one.transactionId === fact.transactionId && fact.transactionId !== undefined)
    );
    const badge = fact.badge === undefined ? {} : { badge: `${fact.stationId}:${fact.badge}` };
    const changed = applyFact(found ?? newRecord(fact, id), { ...fact, ...badge });
    this.#records = [...this.#records.filter((one) => one !== found), changed];
  }

  get stops(): readonly Json[] {
    return this.asked.map(([, , payload]) => payload);
  }
}

/** A begin of 1.6. */
export const begin16 = (badge: string, key = "1@t0", stationId = "CP001") =>
  ({ kind: "begin", key, connector: 1, badge, stationId, readings: [] }) as const;
/** The id that the CSMS gave it. */
export const named16 = (transactionId: string, key = "1@t0", stationId = "CP001") =>
  ({ kind: "ack", of: "begin", key, transactionId, stationId }) as const;
/** A badge as commands name it. */
export const named = (badge: string) => ({ badge, hash: `hash-of-${badge.toLowerCase()}` });
/** A begin of 2.x. */
export const begin2 = (badge: string, transactionId: string, stationId: string, protocol = "ocpp2.0.1") =>
  ({ kind: "begin", transactionId, badge, stationId, protocol, readings: [] }) as const;
