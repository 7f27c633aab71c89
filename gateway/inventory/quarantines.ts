import type { ControlContext } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import type { LiveSessions } from "./live_sessions.ts";

/** Why a person keeps a station out of use. */
export interface Quarantine {
  readonly by: string;
  readonly reason: string;
  /** Wall milliseconds. */
  readonly at: number;
}

/**
 * Stations that a person put into quarantine: they are let in and treated as one that has only the password of its
 * factory (`policies/ocpp_quarantine.ts`), until a person ends it. What they charge is always heard.
 */
export class Quarantines {
  readonly #book: RecordBook<Quarantine>;
  readonly #parts: {
    readonly context: Pick<ControlContext, "audit" | "clock" | "log" | "workers">;
    readonly live: LiveSessions;
  };

  private constructor(
    book: RecordBook<Quarantine>,
    parts: {
      readonly context: Pick<ControlContext, "audit" | "clock" | "log" | "workers">;
      readonly live: LiveSessions;
    },
  ) {
    this.#book = book;
    this.#parts = parts;
  }

  static async open(
    context: Pick<ControlContext, "audit" | "clock" | "log" | "store" | "workers">,
    live: LiveSessions,
  ): Promise<Quarantines> {
    const book = await RecordBook.open<Quarantine>(context.store, KEYS.stationQuarantine);
    return new Quarantines(book, { context, live });
  }

  of(stationId: string): Quarantine | undefined {
    return this.#book.get(stationId);
  }

  /** Stored, then its connection is closed: it comes back as one in quarantine. */
  async begin(stationId: string, by: string, reason: string): Promise<void> {
    const { audit, clock } = this.#parts.context;
    await audit.record({
      ...{ event: "station.quarantine.begun", class: "security", who: by, target: stationId, outcome: "ok" },
      detail: { reason },
    });
    await this.#book.put(stationId, { by, reason, at: clock.now() });
    await this.#close(stationId, "a person put the station into quarantine");
  }

  /** It comes back as any other. */
  async end(stationId: string, by: string, reason: string): Promise<void> {
    if (!this.of(stationId)) return;
    await this.#parts.context.audit.record({
      ...{ event: "station.quarantine.ended", class: "security", who: by, target: stationId, outcome: "ok" },
      detail: { reason },
    });
    await this.#book.remove([stationId]);
    await this.#close(stationId, "its quarantine has ended");
  }

  async #close(stationId: string, why: string): Promise<void> {
    const { context: { workers, log }, live } = this.#parts;
    live.withdraw(stationId); // one that is being let in was judged by what stood before
    const session = live.ofStation(stationId);
    if (!session) return;
    try {
      await workers.get(session.worker).call("sessions.close", { sessions: [session.session], why });
    } catch (error) {
      // its Worker is away, and with it the connection
      log.warn("stations.session.close_failed", { session: session.session, msg: describeError(error) });
    }
  }
}
