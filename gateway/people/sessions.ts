import { IdentityError, StorageError } from "../core/errors.ts";
import type { Random } from "../core/timers.ts";
import type { Store } from "../store/store.ts";
import { KEYS } from "../store/keys.ts";
import { sessionEnds, type SessionLife, sessionOver, type SessionTimes } from "../../policies/session_times.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { RecordBook } from "./record_book.ts";
import type { SessionRecord, Stage } from "./records.ts";
import { newToken, type SecretDigest } from "./secret_text.ts";
import type { SteadyClock } from "./steady_clock.ts";

/** What a session begins with. */
export type SessionStart =
  & Pick<SessionRecord, "agent" | "person" | "source" | "stage">
  & Partial<Pick<SessionRecord, "notAfter" | "provenAt" | "provider" | "recovered" | "secondFactorAt">>;

/** Told of every session that ends. */
export type OnSessionEnd = (session: SessionRecord, rule: string, by: string) => Promise<void>;

/** What sessions need. */
export interface SessionParts {
  readonly store: Store;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly digest: SecretDigest;
  readonly times: () => SessionTimes;
  readonly onEnd: OnSessionEnd;
}

/**
 * Sessions of people. The token is 256 random bits and is stored as a keyed digest only; every step of a login gives a
 * new one. Deadlines are the server's (EV-14); a session that is over is gone at its millisecond, not at a sweep.
 */
export class Sessions {
  readonly #book: RecordBook<SessionRecord>;
  readonly #parts: SessionParts;
  /** Digest to the activity that is stored. */
  readonly #stored = new Map<string, number>();

  private constructor(book: RecordBook<SessionRecord>, parts: SessionParts) {
    this.#book = book;
    this.#parts = parts;
  }

  static async open(parts: SessionParts): Promise<Sessions> {
    const book = await RecordBook.open<SessionRecord>(parts.store, [...KEYS.people, "session"]);
    const now = parts.clock.now();
    // a clock that was set back meanwhile must not give a session a longer life
    for (const [digest, session] of book.entries()) {
      const { since, lastActivity } = session;
      book.touch(digest, { ...session, since: Math.min(since, now), lastActivity: Math.min(lastActivity, now) });
    }
    return new Sessions(book, parts);
  }

  /** A new session and its token, stored. */
  async start(start: SessionStart): Promise<{ readonly token: string; readonly session: SessionRecord }> {
    await this.#makeRoom(start.person);
    const now = this.#parts.clock.now(), token = newToken(this.#parts.random);
    const digest = await this.#parts.digest("session", token);
    const id = newToken(this.#parts.random).slice(0, 12);
    const session: SessionRecord = { ...start, id, digest, since: now, lastActivity: now };
    await this.#book.put(digest, session);
    return { token, session };
  }

  /** The next step of a login: a new token, and the old one is dead (no fixation). A finished login starts its time anew. */
  async advance(
    session: SessionRecord,
    changes: Partial<SessionRecord> & { readonly stage: Stage },
  ): Promise<{ readonly token: string; readonly session: SessionRecord }> {
    const now = this.#parts.clock.now(), token = newToken(this.#parts.random);
    const digest = await this.#parts.digest("session", token);
    const isFresh = changes.stage === "done" && session.stage !== "done";
    const next = { ...session, ...changes, digest, lastActivity: now, ...isFresh ? { since: now } : {} };
    if (!await this.#book.move(session.digest, digest, next)) throw sessionEnded();
    return { token, session: next };
  }

  /** Changes a living session under the same token. */
  async change(session: SessionRecord, changes: Partial<SessionRecord>): Promise<SessionRecord> {
    const next = await this.#book.change(session.digest, (known) => ({ ...known, ...changes }));
    if (!next) throw sessionEnded();
    return next;
  }

  /** The living session of a token; undefined when it is unknown or over. */
  async find(token: string): Promise<SessionRecord | undefined> {
    if (token.length > MAX_TOKEN_CHARS) return undefined;
    const session = this.#book.get(await this.#parts.digest("session", token));
    return session && this.over(session) === undefined ? session : undefined;
  }

  /** The living sessions, of one person or of all. */
  living(person?: string): readonly SessionRecord[] {
    return this.#book.all().filter((session) =>
      (person === undefined || session.person === person) && this.over(session) === undefined
    );
  }

  /** Notes something that a crash may forget. */
  note(session: SessionRecord, changes: Partial<SessionRecord>): void {
    const known = this.#book.get(session.digest);
    if (known) this.#book.touch(session.digest, { ...known, ...changes });
  }

  /** A person did something with mouse or keyboard. Stored now and then: a crash may cost a session that much idle time. */
  async active(session: SessionRecord): Promise<SessionRecord> {
    const now = this.#parts.clock.now();
    const next = (known = this.#book.get(session.digest) ?? session) => ({ ...known, lastActivity: now });
    const stored = this.#stored.get(session.digest) ?? session.since;
    if (now - stored >= PEOPLE_LIMITS.activityStoreMs) {
      this.#stored.set(session.digest, now);
      try {
        const changed = await this.#book.change(session.digest, next);
        if (!changed) throw sessionEnded();
        return changed;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error; // a full disk must not shut out who looks for its cause
      }
    }
    this.note(session, { lastActivity: now });
    return next();
  }

  /** Ends sessions: their tokens open nothing when this resolves. @returns how many ended */
  async end(sessions: readonly SessionRecord[], rule: string, by: string): Promise<number> {
    const living = sessions.filter(({ digest }) => this.#book.get(digest));
    const digests = living.map(({ digest }) => digest);
    await this.#book.remove(digests);
    for (const digest of digests) this.#stored.delete(digest);
    for (const session of living) await this.#parts.onEnd(session, rule, by);
    return living.length;
  }

  /** Removes sessions that are over, and says so. */
  async sweep(): Promise<void> {
    for (const session of this.#book.all()) {
      const why = this.over(session);
      if (why !== undefined) await this.end([session], `session.${why}`, "gateway");
    }
  }

  over(session: SessionRecord): "absolute" | "idle" | undefined {
    return sessionOver(lifeOf(session), this.#parts.times(), this.#parts.clock.now());
  }

  endsOf(session: SessionRecord): { readonly idleAt: number; readonly endsAt: number } {
    return sessionEnds(lifeOf(session), this.#parts.times());
  }

  async #makeRoom(person: string): Promise<void> {
    const own = this.living(person);
    if (own.length >= PEOPLE_LIMITS.sessionsOfPerson) await this.end([leastUsed(own)], "session.too-many", "gateway");
    const all = this.#book.all();
    if (all.length >= PEOPLE_LIMITS.sessions) await this.end([leastUsed(all)], "session.too-many", "gateway");
  }
}

/** Uniform: whether a token never existed, is over or was ended is nobody's business. */
export function sessionEnded(): IdentityError {
  return new IdentityError("SESSION_ENDED", "This session is not known or has ended", { hint: "Log in again" });
}

/** Longer texts are no token: they are not even hashed. */
const MAX_TOKEN_CHARS = 128;

function lifeOf({ since, lastActivity, stage, notAfter }: SessionRecord): SessionLife {
  return { since, lastActivity, isDone: stage === "done", notAfter };
}

/** Logins that are not finished go first, so that whoever only knows a name cannot push people out. */
function leastUsed(sessions: readonly SessionRecord[]): SessionRecord {
  const rank = ({ stage, lastActivity }: SessionRecord) => (stage === "done" ? 1e15 : 0) + lastActivity;
  return sessions.reduce((least, session) => rank(session) < rank(least) ? session : least);
}
