import type { ControlContext } from "../../control/contract.ts";
import { describeError, GatewayError, StorageError } from "../../core/errors.ts";
import type { MirrorRoute } from "../../core/mirror_api.ts";
import type { Site } from "../../config/schema.ts";
import type { Station } from "../config.ts";
import type { LiveSession, LiveSessions } from "../live_sessions.ts";
import { mirrorRoutes, shadowRoute } from "../mirror_routes.ts";
import type { Stations } from "../stations.ts";
import type { MigrationBook, Sample } from "./book.ts";
import { MIGRATION_LIMITS } from "./limits.ts";
import { type Plan, type Row, stateOf } from "./plan.ts";
import type { TransactionBook } from "./transaction_book.ts";

/** What a migration works on. */
export interface MigrationParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly live: LiveSessions;
  readonly book: MigrationBook;
  readonly transactions: TransactionBook;
}

/** Why a session of a Worker ended before it was open: its CSMS gave none. */
const NO_UPSTREAM = /^ocpp\.upstream:/;

/**
 * Moves stations between two CSMS, each when nothing of it runs. What is stored is where a station belongs; the rest
 * follows: its session is ended, it connects again, and is admitted to there. A crash at any point loses no step.
 */
export class Migrations {
  readonly #parts: MigrationParts;
  /** Stations whose Worker is being asked: an admission waits for the answer, or it would go to the old place. */
  readonly #moving = new Map<string, Promise<void>>();
  /** Why a station that is to move does not. */
  readonly #reasons = new Map<string, string>();
  /** Stations whose entry named the new CSMS at the last look. */
  #arrived: ReadonlySet<string> = new Set();
  readonly #comparedAt = new Map<string, number>();
  readonly #shadowed = new Map<string, { same: number; different: number; missing: number; samples: Sample[] }>();
  #sweeping: Promise<void> | undefined;
  /** Asks the conduit's queue of an outage: what waits there belongs to the CSMS it was said to. */
  hasWaiting: (station: string) => boolean = () => false;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
    parts.stations.movedTo = (id) => this.#csmsOf(id);
  }

  get plan(): Plan | undefined {
    return this.#parts.book.plan;
  }

  /** Why this station does not move yet, for people. */
  reason(station: string): string | undefined {
    return this.#reasons.get(station);
  }

  /** A station is about to be admitted: resolves when it is decided where it belongs, and it is watched from now on. */
  async settled(station: string): Promise<void> {
    await this.#moving.get(station);
    try {
      await this.#parts.transactions.watch(station);
    } catch (error) {
      // A full disk must not keep a station away: it is watched, and after a restart it counts as new.
      if (!(error instanceof StorageError)) throw error;
      this.#parts.context.log.error("migration.watch.unstored", { station, code: error.code, msg: error.message });
    }
  }

  /** What its Admission says beside the route. */
  admitted(station: Station): { readonly transactions: readonly string[]; readonly isNewCsms?: true } {
    const row = this.#parts.book.row(station.id);
    const isNew = row?.at === "to" && row.acceptedAt === undefined;
    return { transactions: this.#parts.transactions.of(station.id), ...isNew ? { isNewCsms: true } : {} };
  }

  /** All further CSMS of a station: those of site.yaml, and the one that shadows. */
  mirrorsOf(station: Station): readonly MirrorRoute[] {
    const { site: { ocpp }, files } = this.#parts.context;
    if (!ocpp) return [];
    const configured = mirrorRoutes(station, ocpp, files);
    const row = this.#parts.book.row(station.id);
    const to = this.plan?.isShadowing && row?.at === "from"
      ? ocpp.csms.find(({ id }) => id === this.plan?.to)
      : undefined;
    return to ? [...configured, shadowRoute(station, to, files)] : configured;
  }

  /** Tells the Workers of all live stations which mirrors they have now. */
  async refreshMirrors(): Promise<void> {
    const { live, stations, context } = this.#parts;
    const ids = new Set(live.all().map(({ stationId }) => stationId));
    await Promise.all([...ids].map(async (id) => {
      const session = live.ofStation(id), station = stations.get(id);
      if (!session || !station) return;
      const call = { session: session.session, mirrors: this.mirrorsOf(station) };
      await context.workers.get(session.worker).call("mirrors.set", call).catch((error) =>
        context.log.warn("migration.mirrors.unset", { station: id, msg: describeError(error) })
      );
    }));
  }

  /** One look at all stations that are to move; looks do not overlap. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => this.#sweeping = undefined);
    return this.#sweeping;
  }

  /** Something ended at this station: if it is to move, it need not wait for the next look. */
  async wake(station: string): Promise<void> {
    const row = this.#parts.book.row(station);
    if (row && row.at !== row.wanted) await this.sweep();
  }

  /** The new CSMS accepted a station, or refused it: then it goes back as soon as nothing runs. */
  async judged(session: LiveSession, verdict: "accepted" | "refused", why: string): Promise<void> {
    const row = this.#parts.book.row(session.stationId);
    if (!row || !isUnproven(row)) return;
    if (verdict === "refused") return await this.#failed(row, why);
    const acceptedAt = this.#parts.context.clock.now();
    const accepted = await this.#parts.book.changeRow(row.station, (now) => {
      return isUnproven(now) ? { ...now, acceptedAt, failures: 0 } : undefined;
    });
    if (!accepted) return; // a person wants it back meanwhile
    await this.#record("migration.station.accepted", row.station, "ok", { why });
    await this.#parts.context.alarms.clear("migration.station.failed", row.station);
  }

  /** A session ended: when the new CSMS gave none three times, the station goes back at once. */
  async left({ stationId }: LiveSession, why: string): Promise<void> {
    if (!NO_UPSTREAM.test(why)) return;
    const row = await this.#parts.book.changeRow(stationId, (now) => {
      return isUnproven(now) ? { ...now, failures: now.failures + 1 } : undefined;
    });
    if (row && row.failures >= MIGRATION_LIMITS.failures) await this.#failed(row, why);
  }

  /** Answers of the shadow, compared by a Worker. Kept in memory and written now and then: they are no record. */
  async compared(
    { stationId, csms, same, different, missing, samples }: {
      stationId: string;
      csms: string;
      same: number;
      different: number;
      missing: number;
      samples: readonly Sample[];
    },
  ): Promise<void> {
    if (csms !== this.plan?.to || !this.#parts.book.row(stationId)) return;
    const sum = this.#shadowed.get(stationId) ?? { same: 0, different: 0, missing: 0, samples: [] };
    this.#shadowed.set(stationId, sum);
    sum.same += same;
    sum.different += different;
    sum.missing += missing;
    sum.samples.push(...samples.slice(0, MIGRATION_LIMITS.samples - sum.samples.length));
    const now = this.#parts.context.clock.monotonic();
    if (now - (this.#comparedAt.get(stationId) ?? -Infinity) < MIGRATION_LIMITS.shadowWriteMs) return;
    this.#comparedAt.set(stationId, now);
    await this.#writeComparison(stationId);
  }

  /** Writes what was compared since the last write. */
  async flushComparisons(): Promise<void> {
    await Promise.all([...this.#shadowed.keys()].map((station) => this.#writeComparison(station)));
  }

  /** A new site.yaml: live sessions get the mirrors that it names. @throws GatewayError when it drops a CSMS in use */
  async reconfigure(site: Site): Promise<void> {
    await this.#checkSite(site);
    await this.refreshMirrors();
  }

  async #checkSite(site: Site): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    const missing = [plan.from, plan.to].find((id) =>
      !site.ocpp?.csms.some((csms) => csms.id === id && csms.mode === "primary")
    );
    const used = this.#parts.book.rows.some(({ at, wanted }) =>
      (at === "to" ? plan.to : plan.from) === missing || wanted === "to"
    );
    if (missing !== undefined && used) {
      throw new GatewayError(
        "CFG_INVALID",
        `ocpp.csms has no primary "${missing}", and stations of a migration are there`,
        {
          hint: "Let `csms migrate status` show them; end it with `csms migrate back` or `csms migrate finish` first",
        },
      );
    }
  }

  /**
   * Ends the migration of those whose entry names the new CSMS, or that have no entry any more. Not within a reload, which
   * may still be taken back: only those of which that was true at the look before. @returns those that are left
   */
  async settle(isSure = false): Promise<readonly string[]> {
    const { book, stations } = this.#parts;
    const { plan } = this;
    if (!plan) return [];
    const entryOf = (id: string) => stations.asWritten(id)?.ocpp?.csms;
    const there = book.rows.map(({ station }) => station).filter((id) => (entryOf(id) ?? plan.to) === plan.to);
    const arrived = isSure ? there : there.filter((id) => this.#arrived.has(id));
    this.#arrived = new Set(there);
    if (arrived.length > 0) await book.release(arrived);
    return book.rows.map(({ station }) => station);
  }

  #csmsOf(id: string): string | undefined {
    return this.#parts.book.row(id)?.at === "to" ? this.plan?.to : undefined;
  }

  async #sweep(): Promise<void> {
    await this.settle();
    const due = this.#parts.book.rows.filter((row) => row.at !== row.wanted || this.#isStray(row));
    for (const station of [...this.#reasons.keys()]) {
      if (!due.some((row) => row.station === station)) this.#reasons.delete(station);
    }
    const ready = due.filter((row) => this.#isReady(row));
    const byWorker = Map.groupBy(ready, ({ station }) => this.#parts.live.ofStation(station)?.worker ?? "");
    await Promise.all(
      [...byWorker].map(([worker, rows]) => worker === "" ? this.#moveAway(rows) : this.#release(worker, rows)),
    );
  }

  /** Its session was admitted while it was being moved, so it is relayed to the other one. */
  #isStray({ station, at }: Row): boolean {
    const csms = this.#parts.live.ofStation(station)?.csms;
    return csms !== undefined &&
      csms !== (at === "to" ? this.plan?.to : this.#parts.stations.asWritten(station)?.ocpp?.csms);
  }

  #isReady({ station }: Row): boolean {
    const why = this.hasWaiting(station)
      ? "messages of an outage wait for its present CSMS"
      : this.#parts.transactions.whyStays(station);
    if (why === undefined) return true;
    this.#reasons.set(station, why);
    return false;
  }

  /** Those that are not connected: they will find their new place when they come. */
  async #moveAway(rows: readonly Row[]): Promise<void> {
    await Promise.all(rows.map((row) => this.#hold(row.station, () => this.#moved(row))));
  }

  async #release(worker: string, rows: readonly Row[]): Promise<void> {
    const { live, context } = this.#parts;
    const sessions = new Map(rows.flatMap((row) => {
      const session = live.ofStation(row.station)?.session;
      return session === undefined ? [] : [[session, row] as const];
    }));
    const asked = context.workers.get(worker).call("sessions.release", {
      sessions: [...sessions.keys()],
      why: "the station moves to another CSMS",
    }).then(({ released }) => new Set(released)).catch((error) => {
      context.log.warn("migration.release.failed", { worker, msg: describeError(error) });
      return new Set<string>();
    });
    await Promise.all([...sessions].map(([session, row]) =>
      this.#hold(row.station, async () => {
        if (!(await asked).has(session)) this.#reasons.set(row.station, "something of it runs right now");
        else if (row.at !== row.wanted) await this.#moved(row);
      })
    ));
  }

  /** Nobody of this station is admitted while `work` decides where it belongs. */
  async #hold(station: string, work: () => Promise<void>): Promise<void> {
    const done = work().catch((error) =>
      this.#parts.context.log.error("migration.station.unmoved", { station, msg: describeError(error) })
    );
    this.#moving.set(station, done);
    await done;
    if (this.#moving.get(station) === done) this.#moving.delete(station);
  }

  /** A person may have wanted something else since the look: then it stays where it is, and the next look goes on. */
  async #moved({ station, wanted }: Row): Promise<void> {
    const { book, context: { clock } } = this.#parts;
    const row = await book.changeRow(station, ({ acceptedAt: _, movedAt: __, ...now }) => {
      if (now.wanted !== wanted || now.at === wanted) return undefined;
      return { ...now, at: wanted, failures: 0, ...wanted === "to" ? { movedAt: clock.now() } : {} };
    });
    const { plan } = this;
    if (!row || !plan) return;
    this.#reasons.delete(row.station);
    const { from, to } = plan;
    const event = row.wanted === "to" ? "migration.station.moved" : "migration.station.returned";
    await this.#record(event, row.station, "ok", row.wanted === "to" ? { from, to } : { from: to, to: from });
  }

  async #failed(row: Row, why: string): Promise<void> {
    const { book, context, live } = this.#parts;
    const fault = why.slice(0, 200);
    const failed = await book.changeRow(row.station, (now) => {
      return isUnproven(now) ? { ...now, wanted: "from", fault } : undefined;
    });
    if (!failed) return;
    await this.#record("migration.station.failed", row.station, "failed", { why: fault });
    await context.alarms.raise({ kind: "migration.station.failed", subject: row.station, detail: fault });
    // With no connection to the new CSMS nothing of it can run there.
    if (!live.ofStation(row.station)) {
      await this.#hold(row.station, () => this.#moved(failed));
    } else await this.sweep();
  }

  async #writeComparison(station: string): Promise<void> {
    const { book } = this.#parts;
    const more = this.#shadowed.get(station);
    if (!more || !book.row(station)) return;
    this.#shadowed.delete(station);
    await book.changeComparison(station, ({ same, different, missing, samples }) => ({
      same: same + more.same,
      different: different + more.different,
      missing: missing + more.missing,
      samples: [...samples, ...more.samples].slice(-MIGRATION_LIMITS.samples),
    }));
  }

  async #record(
    event: string,
    target: string,
    outcome: "ok" | "failed",
    detail: Record<string, string>,
  ): Promise<void> {
    await this.#parts.context.audit.record({ event, class: "operation", who: "gateway", target, outcome, detail });
  }
}

/** It was moved, and its new CSMS has not accepted it yet. */
const isUnproven = ({ at, wanted, acceptedAt }: Row): boolean =>
  at === "to" && wanted === "to" && acceptedAt === undefined;

/** Numbers of stations by what they are up to. */
export function countStates(rows: readonly Row[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[stateOf(row)] = (counts[stateOf(row)] ?? 0) + 1;
  return counts;
}
