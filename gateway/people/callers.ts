import type { Caller, Role } from "../core/people_api.ts";
import type { TokenScope } from "../core/people_admin_api.ts";
import { IdentityError } from "../core/errors.ts";
import { decideVerb } from "../../policies/person_verbs.ts";
import { needSession } from "./logins.ts";
import type { People } from "./people.ts";
import type { SessionRecord } from "./records.ts";

/** Who is asking, after the token was looked up. */
export interface KnownCaller {
  readonly person: string;
  readonly roles: readonly Role[];
  readonly source: string;
  /** Absent for an API token. */
  readonly session?: SessionRecord;
  /** Absent for a session. */
  readonly scopes?: readonly TokenScope[];
}

/** Looks up API tokens; undefined when the text is none of their form. */
export type TokenLookup = (by: Caller) => Promise<Pick<KnownCaller, "person" | "scopes"> | undefined>;

/** Finds out who asks and judges every verb by that person's roles: the console is not trusted to. */
export class Callers {
  readonly #people: People;
  readonly #tokens: TokenLookup;

  constructor(people: People, tokens: TokenLookup) {
    this.#people = people;
    this.#tokens = tokens;
  }

  /** @throws IdentityError SESSION_ENDED */
  async know(by: Caller): Promise<KnownCaller> {
    const token = await this.#tokens(by);
    if (token) return { ...token, roles: this.#people.rolesOf(token.person), source: by.source };
    const session = await needSession(this.#people, by);
    return { person: session.person, roles: this.#people.rolesOf(session.person), source: by.source, session };
  }

  /**
   * The caller, if the verb is open to them now. A refusal is audited with its rule.
   * @throws IdentityError SESSION_ENDED, LOGIN_UNFINISHED, PERSON_FORBIDDEN, STEP_UP_NEEDED
   */
  async allow(verb: string, by: Caller): Promise<KnownCaller> {
    const caller = await this.know(by), { session, person, roles, scopes } = caller;
    const decision = decideVerb(verb, {
      roles,
      isDone: session === undefined || session.stage === "done",
      isProven: session !== undefined && this.#people.isProven(session),
      ...scopes ? { scopes } : {},
    });
    if (decision.effect === "allow") return caller;
    const { rule, reason, hint } = decision;
    const event = { event: "people.verb.refused", who: person, outcome: "refused", rule, source: by.source } as const;
    await this.#people.audit({ ...event, detail: { verb } });
    throw new IdentityError(CODES[rule] ?? "PERSON_FORBIDDEN", reason, hint === undefined ? {} : { hint });
  }
}

const CODES: Readonly<Record<string, "LOGIN_UNFINISHED" | "STEP_UP_NEEDED">> = {
  "verb.login": "LOGIN_UNFINISHED",
  "verb.proof": "STEP_UP_NEEDED",
};
