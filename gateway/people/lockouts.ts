import type { PeopleConfig } from "./config.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { RecordBook } from "./record_book.ts";
import type { SecretDigest } from "./secret_text.ts";
import type { SteadyClock } from "./steady_clock.ts";
import { Turns } from "../core/turns.ts";
import type { Store } from "../store/store.ts";
import { KEYS } from "../store/keys.ts";
import {
  afterFailure,
  lockedForMs,
  LOCKOUT,
  type LockoutRule,
  type LockoutState,
  OPEN,
  SOURCE_LOCKOUT,
} from "../../policies/lockout.ts";

/** Whom a try was for, and where it came from. */
export interface Attempt {
  /** As typed; unknown names count like known ones. */
  readonly name: string;
  readonly source: string;
}

/** What one wrong try changed. */
export interface FailureOutcome {
  /** This try locked the name, the address or the whole interface. */
  readonly locked?: "interface" | "person" | "source";
}

/**
 * Wrong tries by name, by address and, where the site wants it, of the whole interface; every count is stored before the
 * answer, so neither a restart nor `kill -9` gives new tries (EV-11).
 */
export class Lockouts {
  readonly #book: RecordBook<LockoutState>;
  /** Counts of one key: tries of many names from one address come at the same moment, and each of them counts. */
  readonly #turns = new Turns();
  readonly #clock: SteadyClock;
  readonly #digest: SecretDigest;
  readonly #scope: () => PeopleConfig["lockoutScope"];

  private constructor(
    book: RecordBook<LockoutState>,
    parts: { clock: SteadyClock; digest: SecretDigest; scope: () => PeopleConfig["lockoutScope"] },
  ) {
    this.#book = book;
    this.#clock = parts.clock;
    this.#digest = parts.digest;
    this.#scope = parts.scope;
  }

  static async open(
    store: Store,
    parts: { clock: SteadyClock; digest: SecretDigest; scope: () => PeopleConfig["lockoutScope"] },
  ): Promise<Lockouts> {
    return new Lockouts(await RecordBook.open(store, [...KEYS.people, "lockout"]), parts);
  }

  /** Milliseconds until a try of this name from this address is looked at; 0 when it is open. */
  async lockedMs(attempt: Attempt): Promise<number> {
    const now = this.#clock.now();
    const keys = await this.#keysOf(attempt);
    return Math.max(0, ...keys.map(({ key, rule }) => lockedForMs(this.#book.get(key) ?? OPEN, now, rule)));
  }

  /** Counts a wrong try; stored when it resolves. */
  async fail(attempt: Attempt): Promise<FailureOutcome> {
    const now = this.#clock.now();
    let outcome: FailureOutcome = {};
    for (const { key, rule, what } of await this.#keysOf(attempt)) {
      await this.#turns.run([key], async () => {
        const before = this.#book.get(key) ?? OPEN;
        const after = afterFailure(before, now, rule);
        if (after === before) return;
        if (after.lockedUntil !== undefined) outcome = { locked: what };
        await this.#makeRoom(key);
        await this.#book.put(key, after);
      });
    }
    return outcome;
  }

  /** A finished login: its name and its address start anew. */
  async succeed(attempt: Attempt): Promise<void> {
    const known = (await this.#keysOf(attempt)).map(({ key }) => key).filter((key) => this.#book.get(key));
    await this.#book.remove(known);
  }

  /** Wall of one name alone, as an administrator sees and opens it. */
  async lockedUntil(name: string): Promise<number | undefined> {
    const ms = lockedForMs(this.#book.get(await this.#nameKey(name)) ?? OPEN, this.#clock.now());
    return ms > 0 ? this.#clock.toWall(this.#clock.now() + ms) : undefined;
  }

  /** Opens a name again, and the interface with it. */
  async unlock(name: string): Promise<void> {
    await this.#book.remove([await this.#nameKey(name), INTERFACE]);
  }

  /** Keys remembered, for the limit's test. */
  get size(): number {
    return this.#book.size;
  }

  async #keysOf({ name, source }: Attempt): Promise<readonly { key: string; rule: LockoutRule; what: Locked }[]> {
    const whole = this.#scope() === "interface";
    return [
      { key: await this.#nameKey(name), rule: LOCKOUT, what: "person" },
      { key: `source ${networkOf(source)}`, rule: SOURCE_LOCKOUT, what: "source" },
      ...whole ? [{ key: INTERFACE, rule: LOCKOUT, what: "interface" } as const] : [],
    ];
  }

  /** Typed names are kept as keyed digests: people type passwords into the wrong field. */
  async #nameKey(name: string): Promise<string> {
    return `name ${(await this.#digest("lockout", name.toLowerCase())).slice(0, 32)}`;
  }

  async #makeRoom(key: string): Promise<void> {
    if (this.#book.size < PEOPLE_LIMITS.lockouts || this.#book.get(key)) return;
    const now = this.#clock.now(); // what is locked stays as long as something else can go
    const entries = this.#book.entries();
    const [oldest] = entries.find(([, state]) => lockedForMs(state, now, SOURCE_LOCKOUT) === 0) ?? entries[0]!;
    await this.#book.remove([oldest]);
  }
}

type Locked = NonNullable<FailureOutcome["locked"]>;
const INTERFACE = "interface";

/** One address, or for IPv6 the /64 that one device can choose addresses from at will. */
function networkOf(address: string): string {
  const source = address.replace(/^::ffff:(?=\d+\.)/i, ""); // IPv4 as a socket of both families shows it
  if (!source.includes(":")) return source;
  const [head = "", tail] = source.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  return [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...(tail ?? "").split(":")].slice(0, 4).join(
    ":",
  );
}
