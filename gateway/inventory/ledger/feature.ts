import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import { describeError } from "../../core/errors.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import type { OutageState } from "../../core/outage_api.ts";
import { LedgerBook, type LedgerBookOptions } from "./ledger_book.ts";
import { ledgerCommands } from "./ledger_commands.ts";
import { delivered, type LedgerRecord, stateOf, unacknowledgedWh } from "./ledger_record.ts";
import { LEDGER_LIMITS } from "./limits.ts";

/** What the ledger needs beside the context. */
export interface LedgerFeatureParts {
  readonly context: ControlContext;
  readonly pseudonym: LedgerBookOptions["pseudonym"];
  /** Messages that wait for a station's CSMS, and that it refused (store-and-forward). */
  readonly outage: (stationId: string) => Promise<Pick<OutageState, "messages" | "transactions"> & { refused: number }>;
}

/** The feature, with what others may follow. */
export interface LedgerFeature extends ControlFeature {
  /** Transactions that are open or not settled with the CSMS. */
  unsettled(): readonly LedgerRecord[];
  /** Called with facts that the book has taken; the Worker is answered when it resolves. */
  onFacts(listener: (facts: readonly LedgerFact[]) => Promise<void>): void;
}

/** The energy ledger as a feature of control: takes facts of the Workers, watches what is not acknowledged, exports. */
export async function createLedgerFeature(parts: LedgerFeatureParts): Promise<LedgerFeature> {
  const { context } = parts, { clock, timers, log } = context;
  let site = context.site;
  const retentionDays = () => site.audit.retention.charging ?? site.audit.retentionDays;
  const book = await LedgerBook.open({ ...context, pseudonym: parts.pseudonym, retentionDays });
  // What stood before a restart is cleared by the first look, where it does not stand any more.
  const watch = new LedgerWatch(parts, book, site.stations.map(({ id }) => id));
  const cancel = timers.every(LEDGER_LIMITS.lookMs, () => {
    book.flush().then(() => watch.look(clock.now()))
      .catch((error) => log.warn("ledger.look.failed", { msg: describeError(error) }));
  });
  let follow: (facts: readonly LedgerFact[]) => Promise<void> = () => Promise.resolve();
  return {
    name: "ledger",
    unsettled: () => book.unsettled(),
    onFacts: (listener) => void (follow = listener),
    handlers: {
      "ledger.record": async ({ facts }) => {
        await book.record(facts);
        await follow(facts);
      },
    },
    commands: ledgerCommands({ context, book, settle: () => watch.settle() }),
    reconfigure: (next) => {
      site = next;
      return Promise.resolve();
    },
    stop: async () => {
      cancel();
      await book.flush(true);
    },
  };
}

/** Looks at what the CSMS has not acknowledged: settles what store-and-forward delivered, raises and clears alarms. */
export class LedgerWatch {
  readonly #parts: LedgerFeatureParts;
  readonly #book: LedgerBook;
  /** Stations whose alarm may stand. */
  readonly #raised: Set<string>;

  constructor(parts: LedgerFeatureParts, book: LedgerBook, stations: readonly string[] = []) {
    this.#parts = parts;
    this.#book = book;
    this.#raised = new Set(stations);
  }

  /** One look; `now` is wall time. */
  async look(now: number): Promise<void> {
    const { metrics, alarms } = this.#parts.context;
    await this.settle();
    const all = this.#book.unsettled(), late = all.filter((record) => isLate(record, now));
    for (const state of ["open", "rejected", "unacknowledged"] as const) {
      metrics.set("bulkhead_ledger_transactions", all.filter((record) => stateOf(record) === state).length, { state });
    }
    metrics.set("bulkhead_ledger_unacknowledged_wh", Math.round(sum(late)));
    const byStation = Map.groupBy(late, ({ stationId }) => stationId);
    for (const [subject, records] of byStation) {
      this.#raised.add(subject);
      await alarms.raise({ kind: "ledger.energy.unacknowledged", subject, detail: describe(records) });
    }
    for (const subject of [...this.#raised].filter((one) => !byStation.has(one))) {
      this.#raised.delete(subject);
      await alarms.clear("ledger.energy.unacknowledged", subject);
    }
  }

  /** What the gateway kept for a CSMS that was away is acknowledged when nothing of it waits or was refused any more. */
  async settle(): Promise<void> {
    const kept = this.#book.unsettled().filter((one) => one.beginAnswer === "kept" || one.endAnswer === "kept");
    for (const stationId of new Set(kept.map((one) => one.stationId))) {
      const { messages, refused, transactions } = await this.#parts.outage(stationId);
      if (messages > 0 || refused > 0) continue;
      await this.#book.revise(stationId, (record) => {
        if (record.beginAnswer !== "kept" && record.endAnswer !== "kept") return record;
        const given = transactions.find(({ local }) => String(local) === record.transactionId);
        return delivered(record, given?.csms === undefined ? undefined : String(given.csms));
      });
    }
  }
}

function isLate(record: LedgerRecord, now: number): boolean {
  return unacknowledgedWh(record) > 0 && now - record.changedAt >= LEDGER_LIMITS.unacknowledgedMs;
}

function sum(records: readonly LedgerRecord[]): number {
  return records.reduce((total, record) => total + unacknowledgedWh(record), 0);
}

function describe(records: readonly LedgerRecord[]): string {
  const ids = records.slice(0, 3).map(({ transactionId, id }) => transactionId ?? id).join(", ");
  const more = records.length > 3 ? ` and ${records.length - 3} more` : "";
  return `${(sum(records) / 1_000).toFixed(3)} kWh of transaction ${ids}${more}`;
}
