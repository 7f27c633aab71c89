import { systemClock } from "../../core/clock.ts";

/** Name to password of a simulated controller. */
export type SimPasswords = Readonly<Record<string, string>>;

/** How a login at a simulated controller ended. */
export type SimLogin = "in" | "wrong" | "locked";

const TRIES = 6;
const LOCK_MS = 30 * 60_000;

/**
 * The accounts of a simulated controller with the lockout of the vendor guide: the sixth wrong name or password in a row
 * locks the interface for 30 minutes, tries meanwhile do not prolong it (EV-11).
 */
export class SimAccounts {
  readonly #passwords: Map<string, string>;
  #wrong = 0;
  #lockedUntil = -Infinity;

  constructor(passwords: SimPasswords, private readonly now: () => number = () => systemClock.monotonic()) {
    this.#passwords = new Map(Object.entries(passwords));
  }

  /** Wrong tries since the last right one; what a gateway must keep below the lockout. */
  get wrongTries(): number {
    return this.#wrong;
  }

  /** Tries a password; `matches` compares in the device's own way. */
  try(name: string, matches: (password: string) => boolean): SimLogin {
    if (this.now() < this.#lockedUntil) return "locked";
    const password = this.#passwords.get(name);
    if (password !== undefined && matches(password)) {
      this.#wrong = 0;
      return "in";
    }
    if (++this.#wrong >= TRIES) {
      this.#lockedUntil = this.now() + LOCK_MS;
      this.#wrong = 0;
    }
    return "wrong";
  }

  /** Somebody changed it at the device. */
  change(name: string, password: string): void {
    this.#passwords.set(name, password);
  }
}

/** Tokens, cookies and session ids that a simulated controller gave out. */
export class SimTokens {
  readonly #owners = new Map<string, string>();

  constructor(private readonly form: (random: string) => string = (random) => random) {}

  give(owner: string): string {
    const token = this.form(crypto.randomUUID());
    this.#owners.set(token, owner);
    return token;
  }

  owner(token: string | undefined): string | undefined {
    return token === undefined ? undefined : this.#owners.get(token);
  }

  end(token: string | undefined): void {
    if (token !== undefined) this.#owners.delete(token);
  }

  /** The device restarted, or the time of all is up. */
  endAll(): void {
    this.#owners.clear();
  }
}
