import {
  isLogMissing,
  type LogCollection,
  logDueAt,
  type LogHindrance,
  logHindrance,
} from "../../../../policies/log_collection.ts";
import { isWithinHours } from "../../../../policies/week_hours.ts";
import type { StationCallAnswer } from "../../../core/control_api.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import type { Station } from "../../../inventory/config.ts";
import type { LiveSessions } from "../../../inventory/live_sessions.ts";
import { callStation } from "../../../inventory/station_calls.ts";
import type { StationFacts } from "../../../inventory/station_facts.ts";
import type { Stations } from "../../../inventory/stations.ts";
import { Turns } from "../../../core/turns.ts";
import { RecordBook } from "../../../people/record_book.ts";
import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import { restOf, type RestParts } from "../station_rest.ts";
import { isOver, isOwn } from "../transfers/upload_book.ts";
import { askForSecurityLog } from "../transfers/upload_message.ts";
import type { Uploads } from "../transfers/uploads.ts";
import { LOG_LIMITS } from "./limits.ts";
import { logPeriodOf } from "./plan.ts";

/** What is stored of one station's log. */
export interface StoredCollection extends LogCollection {
  /** The request that is under way. */
  readonly upload?: string;
  /** Why nothing came of the last one. */
  readonly why?: string;
  /** An alarm stands for it. */
  readonly isMissing?: true;
}

/** What the collector works with. */
export interface CollectorParts extends RestParts {
  readonly context: ControlContext;
  readonly stations: Pick<Stations, "all" | "get">;
  readonly facts: Pick<StationFacts, "of">;
  readonly live: LiveSessions;
  readonly uploads: Pick<Uploads, "all" | "answered" | "askedByGateway" | "gaveUp" | "get" | "watches">;
  /** What updates a station now; undefined: nothing does. */
  readonly busyWith: (station: string) => string | undefined;
  /** Minutes of the week in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
}

/** How one station's log stands. */
export interface CollectionRow {
  readonly stationId: string;
  readonly everyHours: number;
  /** "fresh": it came within its period; "waiting": it was not asked yet; "asked": it brings one now. */
  readonly state: "asked" | "due" | "fresh" | "missing" | "refused" | "waiting";
  readonly gotAt?: number;
  readonly dueAt: number;
  readonly why?: string;
}

/** A station whose log is wanted. */
interface Wanted {
  readonly station: Station;
  readonly everyMs: number;
}

/**
 * Asks stations for their security logs, one after the other and when they rest (EV-27). What was asked is stored before it
 * is sent, and what came of it is read from the upload: an end of the gateway at any point asks nobody twice.
 */
export class LogCollector {
  readonly #parts: CollectorParts;
  readonly #book: RecordBook<StoredCollection>;
  /** All decisions are made one after the other: so many at one time is a promise. */
  readonly #turns = new Turns();
  readonly #calls = new Set<Promise<void>>();
  /** Stations that did not rest, and when they are looked at again. */
  readonly #notBefore = new Map<string, number>();

  private constructor(parts: CollectorParts, book: RecordBook<StoredCollection>) {
    this.#parts = parts;
    this.#book = book;
  }

  static async open(parts: CollectorParts): Promise<LogCollector> {
    return new LogCollector(parts, await RecordBook.open(parts.context.store, KEYS.securityLog));
  }

  /** Takes note of what came, says what did not, and asks who is due. */
  async tick(): Promise<void> {
    await this.#inTurn(async () => {
      const wanted = await this.#settleAll();
      this.#measure(wanted);
      await this.#askDue(wanted);
    });
  }

  /** Asks one station now. @throws GatewayError STATION_UNKNOWN, FIRMWARE_REFUSED */
  async collect(stationId: string, who: string): Promise<void> {
    await this.#inTurn(async () => {
      const wanted = (await this.#settleAll()).find(({ station }) => station.id === stationId);
      if (!wanted) throw unwanted(this.#parts.stations.get(stationId) !== undefined, stationId);
      if (this.#book.get(stationId)!.upload !== undefined) throw refused(stationId, "it was asked already");
      const hindrance = this.#hindrance(stationId, true) ?? await this.#unrest(stationId);
      if (hindrance) throw refused(stationId, hindrance.why);
      await this.#ask(wanted, who);
    });
  }

  /** Every station whose log is wanted, by its id. */
  rows(): readonly CollectionRow[] {
    const now = this.#parts.context.clock.now();
    return this.#wanted().map(({ station: { id }, everyMs }) => {
      const record = this.#book.get(id) ?? { since: now, share: 0, failures: 0 };
      const dueAt = logDueAt(record, everyMs), state = stateOf(record, dueAt, now);
      const why = record.why ?? (state === "due" ? this.#hindrance(id, false)?.why : undefined);
      return {
        ...{ stationId: id, everyHours: everyMs / 3_600_000, state, dueAt },
        ...record.gotAt === undefined ? {} : { gotAt: record.gotAt },
        ...why === undefined ? {} : { why },
      };
    }).sort((a, b) => a.stationId < b.stationId ? -1 : 1);
  }

  /** Resolves when no station is being asked. */
  async idle(): Promise<void> {
    await Promise.all(this.#calls);
    await this.#inTurn(() => Promise.resolve());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(["logs"], work);
  }

  #wanted(): readonly Wanted[] {
    const { context: { site }, stations, facts } = this.#parts;
    return stations.all().flatMap((station) => {
      const told = facts.of(station.id)["model"];
      const everyMs = logPeriodOf(site, station, typeof told === "string" ? told : undefined);
      return everyMs === undefined ? [] : [{ station, everyMs }];
    });
  }

  /** Brings what is stored in step with the site and with what came. */
  async #settleAll(): Promise<readonly Wanted[]> {
    const { context: { alarms, clock, random }, uploads } = this.#parts, wanted = this.#wanted();
    const open = new Map(
      uploads.all().filter((one) => isOwn(one) && !isOver(one)).map(({ stationId, id }) => [stationId, id]),
    );
    const ids = new Set(wanted.map(({ station }) => station.id));
    for (const [id] of this.#book.entries()) {
      if (ids.has(id)) continue;
      await alarms.clear("transfer.log.missing", id);
      await this.#book.remove([id]);
    }
    for (const { station: { id }, everyMs } of wanted) {
      const known = this.#book.get(id) ?? { since: clock.now(), share: random.fraction(), failures: 0 };
      const settled = await this.#withMissing(id, await this.#settled(id, known, open.get(id)), everyMs);
      if (settled !== this.#book.get(id)) await this.#book.put(id, settled);
    }
    return wanted;
  }

  /** The record after what became of its request. One that was made just before the gateway ended is found again. */
  async #settled(id: string, record: StoredCollection, open: string | undefined): Promise<StoredCollection> {
    const { context: { clock }, uploads } = this.#parts, upload = record.upload ?? open;
    if (upload === undefined) return record;
    const found = uploads.get(upload), { upload: _, why: __, ...rest } = record, now = clock.now();
    switch (found?.state) {
      case "kept": {
        const { refusedAt: ___, ...good } = rest;
        this.#count("kept");
        return { ...good, gotAt: now, failures: 0 };
      }
      case "none":
        this.#count("refused");
        await this.#record(id, "transfer.log.refused", found.why ?? "");
        return { ...rest, refusedAt: now, failures: 0, why: found.why ?? "it brings none" };
      case "asked":
      case "expected":
        return record.upload === upload ? record : { ...record, upload, askedAt: found.createdAt };
      default:
        this.#count("failed");
        return { ...rest, failures: rest.failures + 1, why: found?.why ?? "nothing came" };
    }
  }

  /** Raises the alarm when it begins to be missing, and ends it when a log has come. */
  async #withMissing(id: string, record: StoredCollection, everyMs: number): Promise<StoredCollection> {
    const { context: { alarms, clock, site } } = this.#parts, { isMissing = false, ...rest } = record;
    const periods = site.firmware!.securityLogs!.missingPeriods;
    const is = isLogMissing(record, everyMs, periods, clock.now());
    if (is === isMissing) return record;
    if (!is) {
      await alarms.clear("transfer.log.missing", id);
      return rest;
    }
    const last = record.gotAt === undefined ? "never came" : `came last ${new Date(record.gotAt).toISOString()}`;
    const detail = `it ${last}${record.why === undefined ? "" : `: ${record.why}`}`.slice(0, 300);
    await alarms.raise({ kind: "transfer.log.missing", subject: id, detail });
    return { ...rest, isMissing: true };
  }

  async #askDue(wanted: readonly Wanted[]): Promise<void> {
    const now = this.#parts.context.clock.now();
    const due = wanted.map((one) => ({ ...one, record: this.#book.get(one.station.id)! }))
      .map((one) => ({ ...one, dueAt: logDueAt(one.record, one.everyMs) }))
      .filter(({ record, dueAt }) => record.upload === undefined && dueAt <= now)
      .toSorted((a, b) => a.dueAt - b.dueAt);
    let looks = 0;
    for (const one of due) {
      const { id } = one.station, hindrance = this.#hindrance(id, true);
      if (hindrance?.rule === "log.at-once") return;
      if (hindrance || (this.#notBefore.get(id) ?? 0) > now) continue;
      if (looks++ >= LOG_LIMITS.looks) return;
      if (await this.#unrest(id)) this.#notBefore.set(id, now + LOG_LIMITS.restMs);
      else await this.#ask(one, "gateway");
    }
    for (const [id, until] of this.#notBefore) if (until <= now) this.#notBefore.delete(id);
  }

  /** What stands against asking a station, as far as control knows. */
  #hindrance(id: string, countsRunning: boolean): LogHindrance | undefined {
    const { context: { clock, disk, site }, live, uploads, busyWith, minuteOfWeek } = this.#parts;
    const { hours, atOnce } = site.firmware!.securityLogs!, update = busyWith(id);
    const running = this.#book.all().filter(({ upload }) => upload !== undefined).length;
    return logHindrance({
      isConnected: live.ofStation(id)?.protocol !== undefined,
      isDiskFull: disk.level === "full",
      ...update === undefined ? {} : { update },
      bringsFile: uploads.watches(id),
      isInHours: !hours || isWithinHours(hours, minuteOfWeek(clock.now())),
      running: countsRunning ? running : 0,
      atOnce,
    });
  }

  /** Why a station is not to be disturbed; its Worker is asked. */
  async #unrest(id: string): Promise<LogHindrance | undefined> {
    const { busy } = await restOf(this.#parts, id, this.#parts.live.ofStation(id));
    return busy === undefined ? undefined : { rule: "log.transaction", why: busy };
  }

  /** Stores that a station is asked, then asks it; nobody waits for its answer. */
  async #ask({ station: { id } }: Wanted, who: string): Promise<void> {
    const { context: { clock }, live, uploads } = this.#parts;
    const dialect = live.ofStation(id)?.protocol === "ocpp1.6" ? "log-1.6" : "log-2.x";
    const { id: upload, url, requestId } = await uploads.askedByGateway(id, dialect, who);
    const { why: _, ...record } = this.#book.get(id)!;
    await this.#book.put(id, { ...record, upload, askedAt: clock.now() }).catch(async (error) => {
      await uploads.gaveUp(upload, "it could not be stored that it is asked");
      throw error;
    });
    const call = this.#call(id, upload, askForSecurityLog(requestId, url)).catch((error) => {
      this.#parts.context.log.warn("transfer.log.unasked", { station: id, msg: describeError(error) });
    });
    this.#calls.add(call);
    call.finally(() => this.#calls.delete(call));
  }

  async #call(stationId: string, upload: string, payload: ReturnType<typeof askForSecurityLog>): Promise<void> {
    const { uploads } = this.#parts, timeoutMs = LOG_LIMITS.callMs;
    const end = await callStation(this.#parts, { stationId, action: "GetLog", payload, timeoutMs })
      .then(readAnswer, (error): Answer => {
        const why = describeError(error).slice(0, 300);
        const cannot = error instanceof GatewayError && error.code === "STATION_CALL_INVALID";
        return cannot ? { is: "refused", why } : { is: "failed", why };
      });
    if (end.is === "taken") await uploads.answered(upload, true, end.fileName);
    else if (end.is === "refused") await uploads.answered(upload, false, undefined, end.why);
    else if (end.is === "failed") await uploads.gaveUp(upload, end.why);
  }

  async #record(target: string, event: string, why: string): Promise<void> {
    const what = { event, class: "operation", who: "gateway", target, outcome: "failed" } as const;
    await this.#parts.context.audit.record({ ...what, detail: { why } });
  }

  #count(outcome: "failed" | "kept" | "refused"): void {
    this.#parts.context.metrics.count("bulkhead_firmware_security_log_ends_total", { outcome });
  }

  #measure(wanted: readonly Wanted[]): void {
    const { metrics, clock } = this.#parts.context, now = clock.now();
    const counts = Map.groupBy(wanted, ({ station: { id }, everyMs }) => {
      const record = this.#book.get(id)!;
      return stateOf(record, logDueAt(record, everyMs), now);
    });
    for (const state of STATES) {
      metrics.set("bulkhead_firmware_security_logs", counts.get(state)?.length ?? 0, { state });
    }
  }
}

const STATES: readonly CollectionRow["state"][] = ["asked", "due", "fresh", "missing", "refused", "waiting"];

function stateOf(record: StoredCollection, dueAt: number, now: number): CollectionRow["state"] {
  if (record.upload !== undefined) return "asked";
  if (record.isMissing) return "missing";
  if (record.refusedAt !== undefined) return "refused";
  if (dueAt <= now) return "due";
  return record.gotAt === undefined ? "waiting" : "fresh";
}

/** What a station's answer means for the log that it was asked for. */
type Answer =
  | { readonly is: "taken"; readonly fileName: string | undefined }
  | { readonly is: "failed" | "refused"; readonly why: string }
  /** Nobody knows whether it was understood: the log itself tells, or its time runs out. */
  | { readonly is: "open" };

/** Errors by which a station says that it does not know the request. */
const UNKNOWN_REQUEST: ReadonlySet<string> = new Set(["NotImplemented", "NotSupported"]);

/** Reads the answer to GetLog. */
export function readAnswer(answer: StationCallAnswer): Answer {
  if ("noAnswer" in answer) {
    const isSent = answer.noAnswer === "timeout" || answer.noAnswer === "ended";
    return isSent ? { is: "open" } : { is: "failed", why: `it could not be asked: ${answer.noAnswer}` };
  }
  if ("error" in answer) {
    const why = `it said ${answer.error.code} ${answer.error.description}`.trim().slice(0, 300);
    return { is: UNKNOWN_REQUEST.has(answer.error.code) ? "refused" : "failed", why };
  }
  const { status, filename } = (answer.result ?? {}) as { readonly status?: unknown; readonly filename?: unknown };
  const fileName = typeof filename === "string" && filename !== "" ? filename : undefined;
  if (status === "Accepted" || status === "AcceptedCanceled") return { is: "taken", fileName };
  return { is: "refused", why: `it said ${String(status).slice(0, 40)}` };
}

function refused(stationId: string, why: string): GatewayError {
  return new GatewayError("FIRMWARE_REFUSED", `${stationId} is not asked for its security log now: ${why}`, {
    hint: "`firmware security-logs` shows when it is asked next",
  });
}

function unwanted(isKnown: boolean, stationId: string): GatewayError {
  if (!isKnown) {
    return new GatewayError("STATION_UNKNOWN", `There is no station "${stationId.slice(0, 64)}"`, {
      hint: "`stations` lists all",
    });
  }
  return refused(stationId, "site.yaml wants none of it (firmware.securityLogs)");
}
