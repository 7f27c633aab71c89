import { GatewayError } from "../core/errors.ts";
import type { Role } from "../core/people_api.ts";
import { KEYS } from "../store/keys.ts";
import { revoke } from "../store/revocations.ts";
import type { Store } from "../store/store.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { RecordBook } from "./record_book.ts";
import { type AccountRecord, BREAK_GLASS } from "./records.ts";
import { BoundedTurns } from "./bounded_turns.ts";

/** Changes of one account that may wait for each other. */
const WAITING_CHANGES = 100;

/** Names of local people; those of identity providers carry theirs behind an @, so that neither can pose as the other. */
const LOCAL_NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;
/** Names that mean something else in audit and commands. */
const TAKEN: ReadonlySet<string> = new Set([BREAK_GLASS, "gateway", "nobody", "rescue", "root", "unknown"]);

/** The accounts of people. */
export class Accounts {
  readonly #book: RecordBook<AccountRecord>;
  /** Changes of one account follow each other: none is lost under another. */
  readonly #turns = new BoundedTurns(WAITING_CHANGES);

  private constructor(book: RecordBook<AccountRecord>) {
    this.#book = book;
  }

  static async open(store: Store): Promise<Accounts> {
    return new Accounts(await RecordBook.open(store, [...KEYS.people, "account"]));
  }

  all(): readonly AccountRecord[] {
    return [...this.#book.all()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  get(name: string): AccountRecord | undefined {
    return this.#book.get(name.toLowerCase());
  }

  /** @throws GatewayError PERSON_UNKNOWN */
  need(name: string): AccountRecord {
    const account = this.get(name);
    if (account) return account;
    throw new GatewayError("PERSON_UNKNOWN", `There is no person "${name}"`, { hint: "`user list` shows all" });
  }

  /** A person of an identity provider by what the provider calls them. */
  bySubject(subject: string): AccountRecord | undefined {
    return this.#book.all().find((account) => account.subject === subject);
  }

  /** Stores a new account. @throws GatewayError PERSON_EXISTS, PERSON_INVALID */
  async add(account: AccountRecord): Promise<void> {
    await this.#turns.take(account.name.toLowerCase(), async () => {
      if (this.get(account.name)) {
        throw new GatewayError("PERSON_EXISTS", `There is a person "${account.name}" already`, {
          hint: "Choose another name, or change that person",
        });
      }
      if (this.#book.size >= PEOPLE_LIMITS.accounts) {
        throw new GatewayError("PERSON_INVALID", `The gateway keeps at most ${PEOPLE_LIMITS.accounts} people`, {
          hint: "Remove people who are gone: `user remove NAME`",
        });
      }
      await this.#book.put(account.name.toLowerCase(), account);
    });
  }

  /** Stores changes of an account and answers the new one. @throws GatewayError PERSON_UNKNOWN when it is gone */
  async change(name: string, changes: Partial<AccountRecord>): Promise<AccountRecord> {
    return await this.#rewrite(name, (account) => ({ ...account, ...changes }));
  }

  /** Takes a key away from an account, which `change` cannot. */
  async without(name: string, key: "password" | "totp"): Promise<AccountRecord> {
    return await this.#rewrite(name, ({ [key]: _, ...account }) => account);
  }

  async #rewrite(name: string, rewrite: (account: AccountRecord) => AccountRecord): Promise<AccountRecord> {
    return await this.#turns.take(name.toLowerCase(), async () => {
      const next = rewrite(this.need(name));
      if (!await this.#book.update(name.toLowerCase(), next)) this.need(name);
      return next;
    });
  }

  /** Removes a person for good: a restore of an older backup does not bring them back. `at` is the wall time. */
  async remove(name: string, at: number): Promise<void> {
    const id = this.need(name).name.toLowerCase(), totp = [...KEYS.people, "totp", id];
    const more = [{ delete: totp }, revoke({ kind: "person", id, at })];
    await this.#book.remove([id], more);
  }

  /** Whether somebody can administrate: an active administrator. Without one the setup is open. */
  hasAdministrator(but?: string): boolean {
    return this.#book.all().some(({ name, roles, state }) =>
      name !== but && state === "active" && roles.includes("administrator")
    );
  }
}

/** @throws GatewayError PERSON_INVALID */
export function readLocalName(text: string): string {
  const name = text.trim().toLowerCase();
  if (LOCAL_NAME.test(name) && !TAKEN.has(name)) return name;
  throw new GatewayError("PERSON_INVALID", `"${text.slice(0, 64)}" cannot be the name of a person`, {
    hint: "1 to 32 lower-case letters, digits, dots, dashes or underscores, beginning with a letter or digit",
  });
}

/** @throws GatewayError PERSON_INVALID */
export function readRoles(roles: readonly string[]): readonly Role[] {
  const known = ["administrator", "operator", "technician", "auditor"] as const;
  const wrong = roles.find((role) => !known.includes(role as Role));
  if (wrong === undefined && roles.length > 0) return known.filter((role) => roles.includes(role));
  throw new GatewayError("PERSON_INVALID", wrong === undefined ? "A person needs a role" : `"${wrong}" is no role`, {
    hint: `Roles are ${known.join(", ")}`,
  });
}

/** Whether a person has a second factor. */
export function hasSecondFactor({ totp, passkeys }: Pick<AccountRecord, "passkeys" | "totp">): boolean {
  return totp !== undefined || passkeys.length > 0;
}
