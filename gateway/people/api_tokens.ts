import { GatewayError } from "../core/errors.ts";
import type { Caller } from "../core/people_api.ts";
import { TOKEN_SCOPES, type TokenInfo, type TokenScope } from "../core/people_admin_api.ts";
import { KEYS } from "../store/keys.ts";
import { revoke } from "../store/revocations.ts";
import type { KnownCaller } from "./callers.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import type { People } from "./people.ts";
import { RecordBook } from "./record_book.ts";
import type { TokenRecord } from "./records.ts";
import { newToken } from "./secret_text.ts";

const DAY = 86_400_000;
/** Lets secret scanners and people see what it is; the id finds the record without a search. */
const FORM = /^bht_([\w-]{12})_([\w-]{43})$/;

/** API tokens: scoped, expiring, kept as keyed digests, shown once. They do what their owner may, and less. */
export class ApiTokens {
  readonly #book: RecordBook<TokenRecord>;
  readonly #people: People;

  private constructor(people: People, book: RecordBook<TokenRecord>) {
    this.#people = people;
    this.#book = book;
  }

  static async open(people: People): Promise<ApiTokens> {
    return new ApiTokens(people, await RecordBook.open(people.context.store, [...KEYS.people, "token"]));
  }

  /** The caller behind an API token; undefined when the text is none, is unknown, over, or its owner is gone. */
  async find({ token }: Caller): Promise<Pick<KnownCaller, "person" | "scopes"> | undefined> {
    const [, id, secret] = token.length > 100 ? [] : FORM.exec(token) ?? [];
    const record = id === undefined ? undefined : this.#book.get(id);
    if (!record || secret === undefined) return undefined;
    if (record.digest !== await this.#people.digest("token", secret)) return undefined;
    const now = this.#people.context.clock.now();
    if (now >= record.expiresAt) return undefined;
    if (this.#people.accounts.get(record.person)?.state !== "active") return undefined;
    this.#book.touch(record.id, { ...record, lastUsed: now }); // for people to see; a crash may forget it
    return { person: record.person, scopes: record.scopes };
  }

  list(person?: string): readonly TokenInfo[] {
    return this.#book.all().filter((token) => person === undefined || token.person === person).map(describe);
  }

  /** @throws GatewayError TOKEN_INVALID */
  async add(
    person: string,
    { label, scopes, days }: { readonly label: string; readonly scopes: readonly TokenScope[]; readonly days: number },
  ): Promise<{ readonly token: TokenInfo; readonly secret: string }> {
    const name = label.trim(), { context } = this.#people;
    const fault = faultOf({ label: name, scopes, days }) ??
      (this.list(person).length >= PEOPLE_LIMITS.tokensOfPerson
        ? `${person} has ${PEOPLE_LIMITS.tokensOfPerson} already`
        : undefined);
    if (fault || !this.#people.accounts.get(person)) {
      throw new GatewayError("TOKEN_INVALID", `This API token cannot be made: ${fault ?? "its owner has no account"}`, {
        hint: `A label, scopes of ${TOKEN_SCOPES.join(", ")}, and 1 to ${PEOPLE_LIMITS.tokenDays} days`,
      });
    }
    const id = newToken(context.random).slice(0, 12), secret = newToken(context.random), since = context.clock.now();
    const digest = await this.#people.digest("token", secret);
    const record = {
      id,
      person,
      label: name,
      digest,
      scopes: [...new Set(scopes)].sort(),
      since,
      expiresAt: since + days * DAY,
    };
    await this.#people.audit({
      event: "people.token.added",
      who: person,
      target: id,
      detail: { label: name, scopes: record.scopes.join(" "), days },
    });
    await this.#book.put(id, record);
    return { token: describe(record), secret: `bht_${id}_${secret}` };
  }

  /** @throws GatewayError PERSON_UNKNOWN unless it is the person's own, or an administrator asks */
  async revoke(by: string, id: string, isAdministrator: boolean): Promise<void> {
    const record = this.#book.get(id);
    if (!record || record.person !== by && !isAdministrator) {
      throw new GatewayError("PERSON_UNKNOWN", "There is no such API token", { hint: "List them first" });
    }
    await this.#people.audit({ event: "people.token.revoked", who: by, target: id, detail: { person: record.person } });
    await this.#book.remove([id], [revoke({ kind: "token", id, at: this.#people.context.clock.now() })]);
  }

  /** Removes what is over, and the tokens of people who are gone. */
  async sweep(): Promise<void> {
    const now = this.#people.context.clock.now();
    for (const { id, person, expiresAt } of this.#book.all()) {
      const rule = now >= expiresAt
        ? "token.expired"
        : this.#people.accounts.get(person)
        ? undefined
        : "token.owner-gone";
      if (rule === undefined) continue;
      await this.#people.audit({ event: "people.token.revoked", who: "gateway", target: id, rule, detail: { person } });
      await this.#book.remove([id]);
    }
  }
}

function faultOf(
  { label, scopes, days }: { readonly label: string; readonly scopes: readonly string[]; readonly days: number },
): string | undefined {
  if (label.length < 1 || label.length > 60) return "its label has not 1 to 60 characters";
  if (scopes.length === 0) return "it has no scope";
  const wrong = scopes.find((scope) => !TOKEN_SCOPES.includes(scope as TokenScope));
  if (wrong !== undefined) return `"${wrong.slice(0, 20)}" is no scope`;
  const isGood = Number.isInteger(days) && days >= 1 && days <= PEOPLE_LIMITS.tokenDays;
  return isGood ? undefined : `${days} is no number of days from 1 to ${PEOPLE_LIMITS.tokenDays}`;
}

function describe({ digest: _, ...token }: TokenRecord): TokenInfo {
  return token;
}
