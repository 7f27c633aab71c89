import { isLookDue, judgeLook, type LookMemory, type SeenStation } from "../../policies/incident_look.ts";
import type { Signal, SignalKind } from "../../policies/incident_types.ts";
import type { ControlContext } from "../control/contract.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import { INCIDENT_LIMITS } from "./limits.ts";

/** What is stored of the last look at a station. */
interface Looked extends LookMemory {
  /** Wall milliseconds. */
  readonly at: number;
}

/** What looks work with. */
export interface LookParts {
  readonly context: Pick<ControlContext, "audit" | "clock" | "store">;
  /** Stations that there is something to see of. */
  readonly stations: () => readonly string[];
  /** Somebody works at it. */
  isBusy(station: string): boolean;
  /** Looks now; never throws for what a device does. */
  see(station: string): Promise<SeenStation>;
}

/** Signals that say nothing more when the gateway has looked: its own findings, and those that no look explains. */
const UNASKED: ReadonlySet<SignalKind> = new Set(
  [
    "clock-set",
    "default-password",
    "https-off",
    "inspection-failed",
    "list-lost",
    "memory-full",
    "password-lost",
  ] as const,
);

/**
 * The gateway's own looks at stations: one after the other, once a day, and when something was seen there, at most every
 * half hour. What they find is a record of the audit chain, as everything that incidents are made of.
 */
export class Looks {
  readonly #parts: LookParts;
  readonly #book: RecordBook<Looked>;
  /** In the order in which they were asked for. */
  readonly #asked = new Set<string>();

  private constructor(parts: LookParts, book: RecordBook<Looked>) {
    this.#parts = parts;
    this.#book = book;
  }

  static async open(parts: LookParts): Promise<Looks> {
    return new Looks(parts, await RecordBook.open<Looked>(parts.context.store, [...KEYS.incidents, "look"]));
  }

  /** Something was seen: the next turn may look. */
  ask({ kind, subject }: Pick<Signal, "kind" | "subject">): void {
    if (UNASKED.has(kind) || this.#asked.size >= INCIDENT_LIMITS.looksWaiting) return;
    this.#asked.add(subject);
  }

  /** One look, if one is due: who was asked for goes first, then who was not looked at for longest. */
  async turn(): Promise<string | undefined> {
    const { stations, context: { clock }, isBusy } = this.#parts, now = clock.now(), all = stations();
    for (const asked of this.#asked) if (!all.includes(asked)) this.#asked.delete(asked);
    const age = (station: string) => this.#book.get(station)?.at ?? -Infinity;
    const order = [...this.#asked, ...all.toSorted((a, b) => age(a) - age(b))];
    const due = order.find((station) =>
      isLookDue(
        { now, lookedAt: this.#book.get(station)?.at, isAsked: this.#asked.has(station), isBusy: isBusy(station) },
        { againMs: INCIDENT_LIMITS.lookAgainMs, dailyMs: INCIDENT_LIMITS.lookDailyMs },
      )
    );
    if (due !== undefined) await this.look(due);
    return due;
  }

  /** Looks now. Told before it is remembered: after a crash in between it is told once more, and never not at all. */
  async look(station: string): Promise<void> {
    const { context: { audit, clock }, see } = this.#parts;
    this.#asked.delete(station);
    const before = this.#book.get(station) ?? { at: 0 };
    const at = clock.now();
    // stored before it is made: a look may be a login, and a gateway that dies of one must not make it again and again
    await this.#book.put(station, { ...before, at });
    const { findings, memory } = judgeLook(before, await see(station));
    for (const { what, why } of findings) {
      await audit.record({
        ...{ event: "incident.look.found", class: "security", who: "gateway", target: station, outcome: "failed" },
        detail: { what, why },
      });
    }
    await this.#book.put(station, { at, ...memory });
  }

  /** Forgets stations that are gone. */
  async sweep(): Promise<void> {
    const all = new Set(this.#parts.stations());
    const gone = this.#book.entries().map(([station]) => station).filter((station) => !all.has(station));
    if (gone.length > 0) await this.#book.remove(gone);
  }
}
