import { INVENTORY_LIMITS } from "./limits.ts";

/** One admitted connection of a station. */
export interface LiveSession {
  readonly session: string;
  readonly stationId: string;
  readonly worker: string;
  readonly source: string;
  readonly securityProfile: number;
  /** Subprotocol; absent as long as it is only admitted. */
  readonly protocol?: string;
  /** The CSMS it is relayed to. */
  readonly csms?: string;
  /** Which credential proved it; unknown for a session learned from a Worker. Says nothing about the secret. */
  readonly credential?: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Which station is connected where: one per site, so it lives in control and not in a Worker that may have siblings.
 * Rebuilt from the Workers after control's restart.
 */
export class LiveSessions {
  readonly #bySession = new Map<string, LiveSession>();
  readonly #byStation = new Map<string, LiveSession>();

  get size(): number {
    return this.#bySession.size;
  }

  get isFull(): boolean {
    return this.#bySession.size >= INVENTORY_LIMITS.liveSessions;
  }

  /** A session by its id, open or only admitted. */
  get(session: string): LiveSession | undefined {
    return this.#bySession.get(session);
  }

  ofStation(stationId: string): LiveSession | undefined {
    return this.#byStation.get(stationId);
  }

  /** An admitted session whose legs are not open yet: it replaces nobody. */
  propose(session: LiveSession): void {
    this.#bySession.set(session.session, session);
  }

  /**
   * A proposed session is open, with the subprotocol that both sides chose.
   * @returns the one it replaces, or "unknown" when it is not (or no longer) admitted
   */
  open(session: string, protocol?: string): LiveSession | "unknown" | undefined {
    const proposed = this.#bySession.get(session);
    if (!proposed) return "unknown";
    const opened = protocol === undefined ? proposed : { ...proposed, protocol };
    this.#bySession.set(session, opened);
    const replaced = this.#byStation.get(opened.stationId);
    this.#byStation.set(opened.stationId, opened);
    if (!replaced || replaced.session === session) return undefined;
    this.#bySession.delete(replaced.session);
    return replaced;
  }

  /** Adds an open session and returns the one it replaces. */
  add(session: LiveSession): LiveSession | undefined {
    this.propose(session);
    const replaced = this.open(session.session);
    return replaced === "unknown" ? undefined : replaced;
  }

  /** Withdraws what is admitted of a station and not open yet: its credential is no longer good. */
  withdraw(stationId: string): void {
    for (const session of [...this.#bySession.values()]) {
      if (session.stationId === stationId && this.#byStation.get(stationId) !== session) this.remove(session.session);
    }
  }

  /** Removes by session, never by station id: a late end of a replaced session must not remove its successor (Q12). */
  remove(session: string): LiveSession | undefined {
    const found = this.#bySession.get(session);
    if (!found) return undefined;
    this.#bySession.delete(session);
    if (this.#byStation.get(found.stationId) === found) this.#byStation.delete(found.stationId);
    return found;
  }

  /** Removes all sessions of a Worker that has ended. */
  removeWorker(worker: string): readonly LiveSession[] {
    const gone = [...this.#bySession.values()].filter((session) => session.worker === worker);
    for (const { session } of gone) this.remove(session);
    return gone;
  }

  all(): readonly LiveSession[] {
    return [...this.#bySession.values()];
  }
}
