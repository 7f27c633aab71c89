import { takeSignal } from "../../policies/incident.ts";
import { recognise, type SeenRecord } from "../../policies/incident_signals.ts";
import type { KnownWork, Signal } from "../../policies/incident_types.ts";
import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { Turns } from "../core/turns.ts";
import type { IncidentBook } from "./incident_book.ts";
import { asWork, type IncidentRecord } from "./incident_record.ts";
import type { Works } from "./works.ts";

/** What incidents work with. */
export interface IncidentsParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "metrics">;
  readonly book: IncidentBook;
  readonly works: Works;
  /** A station of the inventory, or the gateway. */
  isKnown(subject: string): boolean;
  /** The unit that a station is a part of: some work is told of units. */
  unitOf(subject: string): string | undefined;
  /** Work that is under way at a station, as its owners say: sessions, campaigns, changes of secrets. */
  worksAt(subject: string): readonly KnownWork[];
}

/** A record of the audit chain with its place and time. */
export interface PlacedRecord {
  readonly record: SeenRecord;
  readonly sequence: number;
  /** Wall milliseconds. */
  readonly at: number;
}

/** There is none of this id, or none any more. */
export function unknownIncident(id: string): GatewayError {
  return new GatewayError("INCIDENT_UNKNOWN", `There is no incident "${id.slice(0, 20)}"`, {
    hint: "`incident list --all` shows those that are kept",
  });
}

const ALARMS = { critical: "incident.critical", warning: "incident.warning" } as const;
const TURN = ["incidents"];

/** Makes incidents of what the audit chain says, each record once, and tells of them. */
export class Incidents {
  readonly turns = new Turns();
  /** Told of every signal that counts, when it is stored: the gateway may want to look for itself. */
  readonly onSignal: ((signal: Signal) => void)[] = [];
  readonly #parts: IncidentsParts;

  constructor(parts: IncidentsParts) {
    this.#parts = parts;
  }

  /** Takes a record of the chain; resolves when what came of it is stored. */
  async take({ record, sequence, at }: PlacedRecord): Promise<void> {
    const { book, works, isKnown, context } = this.#parts;
    await this.turns.run(TURN, async () => {
      if (sequence <= book.cursor) return;
      works.take(record, at);
      const seen = recognise(record);
      if (!seen || !isKnown(seen.subject)) return book.seen(sequence);
      context.metrics.count("bulkhead_incident_signals_total", { kind: seen.kind });
      await this.#signal({ ...seen, at, source: `audit ${sequence}` }, sequence);
    });
  }

  /** Work at a subject that explains what is seen at `at`. */
  worksOf(subject: string, at: number): readonly KnownWork[] {
    const { book, works, worksAt, unitOf } = this.#parts, unit = unitOf(subject);
    const announced = book.announced().filter(({ station, from, until }) =>
      station === subject && from <= at && at <= until
    );
    const ofUnit = unit === undefined || unit === subject ? [] : works.of(unit, at);
    const standing = book.standing(subject);
    const own: readonly KnownWork[] = standing?.state === "decided" ? [{ kind: "re-provision", by: standing.id }] : [];
    return [...announced.map(asWork), ...works.of(subject, at), ...ofUnit, ...worksAt(subject), ...own];
  }

  /** Changes an incident in its turn. `how` throws what speaks against it. @throws GatewayError INCIDENT_UNKNOWN */
  async change(id: string, how: (record: IncidentRecord) => Promise<IncidentRecord>): Promise<IncidentRecord> {
    return await this.turns.run(TURN, async () => {
      const record = this.#parts.book.get(id);
      if (!record) throw unknownIncident(id); // closed, and made room for another meanwhile
      const changed = await how(record);
      await this.#parts.book.put(changed);
      await this.tell(changed);
      return changed;
    });
  }

  /** Stores how far the chain was looked at; in its turn, so that it never takes the number of an incident back. */
  async flush(): Promise<void> {
    await this.turns.run(TURN, () => this.#parts.book.flush());
  }

  /** Raises and clears what stands of an incident. Done again after a start: an alarm stands as long as its cause. */
  async tell(record: IncidentRecord): Promise<void> {
    const { context: { alarms } } = this.#parts, { id, subject, severity, kind, state, timeline } = record;
    const isOver = state === "closed";
    for (const grade of ["critical", "warning"] as const) {
      if (isOver || severity !== grade) await alarms.clear(ALARMS[grade], subject);
    }
    if (!isOver) {
      const detail = `${id}, ${kind}, ${state}: ${timeline.at(-1)?.detail ?? ""}`.slice(0, 200);
      await alarms.raise({ kind: ALARMS[severity], subject, detail });
    }
    this.measure();
  }

  /** Tells of all that stand: after a start nothing else would. */
  async tellAll(): Promise<void> {
    for (const record of this.#parts.book.all()) if (record.state !== "closed") await this.tell(record);
    this.measure();
  }

  measure(): void {
    const { book, context: { metrics } } = this.#parts;
    const counts = Map.groupBy(book.all(), ({ state }) => state);
    for (const state of ["open", "acknowledged", "decided"] as const) {
      metrics.set("bulkhead_incident_standing", counts.get(state)?.length ?? 0, { state });
    }
  }

  async #signal(signal: Signal, sequence: number): Promise<void> {
    const { book } = this.#parts, { subject } = signal;
    const incident = book.standing(subject);
    const taken = takeSignal({
      ...{ incident, recent: book.recentOf(subject), works: this.worksOf(subject, signal.at) },
    }, signal);
    switch (taken.do) {
      case "nothing":
        book.seen(sequence);
        return;
      case "keep":
        await book.keep(subject, taken.recent, sequence);
        break;
      case "open": {
        const id = book.nextId();
        const record = { ...taken.incident, id, steps: [], done: {}, isQuarantined: false };
        await this.#audit("incident.opened", record, signal);
        await book.put(record, sequence);
        await this.tell(record);
        break;
      }
      case "join": {
        const record: IncidentRecord = { ...incident!, ...taken.incident };
        // `decided` is gone from one that is open again: who let it run knew less
        const { decided: _, ...undecided } = record;
        const next = record.state === "decided" ? record : undecided;
        if (taken.isNews) await this.#audit("incident.risen", next, signal);
        await book.put(next, sequence);
        if (taken.isNews) await this.tell(next);
        break;
      }
    }
    for (const listener of this.onSignal) listener(signal);
  }

  /** Told before it is stored: after a crash in between it is told once more, and never not at all. */
  async #audit(
    event: "incident.opened" | "incident.risen",
    { id, subject, kind, severity }: IncidentRecord,
    signal: Signal,
  ): Promise<void> {
    await this.#parts.context.audit.record({
      ...{ event, class: "security", who: "gateway", target: subject, outcome: "ok" },
      detail: { incident: id, kind, severity, signal: signal.kind, why: signal.detail },
    });
  }
}
