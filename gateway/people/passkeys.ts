import { Buffer } from "node:buffer";
import type * as WebAuthn from "@simplewebauthn/server";
import { parseHostPort } from "../config/ip.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError, IdentityError } from "../core/errors.ts";
import type { Caller, Ceremony, LoginStep } from "../core/people_api.ts";
import { Ceremonies } from "./ceremonies.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { auditRefusal, countFailure, loginRefused } from "./login_refusals.ts";
import { atStep, beginSession, continueSession, type LoginPlace } from "./logins.ts";
import { enrolling } from "./own_account.ts";
import type { People } from "./people.ts";
import type { AccountRecord, PasskeyRecord } from "./records.ts";
import { sessionEnded } from "./sessions.ts";

/** Loaded when the first passkey is used: it costs memory that a site without passkeys does not need to spend. */
const library = () => import("@simplewebauthn/server");
type Library = typeof WebAuthn;

/** Milliseconds a browser may take: people look for their key. */
const CEREMONY_MS = 5 * 60_000;

/** What a challenge was given for; an answer to one ceremony is none to another. */
interface Challenge {
  readonly challenge: string;
  readonly use: "enrol" | "login" | "second-factor" | "step-up";
  /** Whose ceremony it is; absent for a login by passkey alone. */
  readonly person?: string;
}

/**
 * Passkeys (WebAuthn level 3): enrolment, login by passkey alone, second factor, fresh proof. Bound to the console's name
 * by the browser, so a copied page gets nothing.
 */
export class Passkeys {
  readonly #people: People;
  readonly #ceremonies: Ceremonies<Challenge>;

  constructor(people: People) {
    this.#people = people;
    this.#ceremonies = new Ceremonies({ clock: people.clock, random: people.context.random, lifeMs: CEREMONY_MS });
  }

  /** @throws GatewayError PERSON_INVALID where the console's name carries no passkeys, or the person has too many */
  async beginEnrolment(by: Caller): Promise<Ceremony> {
    const session = await enrolling(this.#people, by), account = this.#people.accounts.need(session.person);
    const { generateRegistrationOptions } = await this.#library();
    if (account.passkeys.length >= PEOPLE_LIMITS.passkeys) {
      throw new GatewayError("PERSON_INVALID", `You have ${account.passkeys.length} passkeys already`, {
        hint: "Remove one that you do not use",
      });
    }
    const options = await generateRegistrationOptions({
      rpName: `Bulkhead ${this.#people.context.site.site.id}`,
      rpID: this.#rpId,
      userName: account.name,
      userDisplayName: account.displayName,
      userID: new Uint8Array(Buffer.from(await this.#people.digest("passkey user", account.name), "hex")),
      attestationType: "none",
      excludeCredentials: account.passkeys.map(descriptor),
      authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
    });
    return this.#begin(by.source, options, { use: "enrol", person: account.name });
  }

  /** @throws IdentityError LOGIN_REFUSED when the answer does not verify */
  async finishEnrolment(
    by: Caller,
    { ceremony, response, label }: { readonly ceremony: string; readonly response: Json; readonly label: string },
  ): Promise<LoginStep> {
    const people = this.#people, session = await enrolling(people, by);
    return await people.turns.take(session.person.toLowerCase(), async () => {
      const account = people.accounts.get(session.person), pending = this.#ceremonies.take(ceremony);
      if (!account) throw sessionEnded();
      if (pending?.use !== "enrol" || pending.person !== account.name) throw ceremonyOver();
      const key = await this.#verifyNew(response, pending.challenge, label);
      const isKnown = key && people.accounts.all().some(({ passkeys }) => passkeys.some(({ id }) => id === key.id));
      if (!key || isKnown) {
        await auditRefusal(people, { name: account.name, source: by.source }, "login.passkey-enrolment");
        throw loginRefused();
      }
      const detail = { kind: "passkey", label: key.label };
      await people.audit({
        event: "people.factor.enrolled",
        who: account.name,
        target: account.name,
        source: by.source,
        detail,
      });
      await people.accounts.change(account.name, { passkeys: [...account.passkeys, key] });
      return await continueSession(people, await enrolling(people, by), { secondFactorAt: people.clock.now() });
    });
  }

  /** A login by passkey alone, or with `by` the second factor or a fresh proof of that session's person. */
  async beginLogin(source: string, by?: Caller): Promise<Ceremony> {
    const { generateAuthenticationOptions } = await this.#library();
    const session = by && await this.#people.sessions.find(by.token);
    if (by && !session) throw sessionEnded();
    const account = session && this.#people.accounts.need(session.person);
    const options = await generateAuthenticationOptions({
      rpID: this.#rpId,
      userVerification: account ? "preferred" : "required",
      ...account ? { allowCredentials: account.passkeys.map(descriptor) } : {},
    });
    if (!account) return this.#begin(source, options, { use: "login" });
    return this.#begin(source, options, {
      use: session.stage === "done" ? "step-up" : "second-factor",
      person: account.name,
    });
  }

  /** @throws IdentityError LOGIN_REFUSED */
  async finishSecondFactor(by: Caller, ceremony: string, response: Json): Promise<LoginStep> {
    const people = this.#people;
    return await atStep(people, by, "second-factor", async (session, account, attempt) => {
      if (!await this.#proves(account, ceremony, response, "second-factor")) {
        throw await countFailure(people, attempt, "login.passkey");
      }
      return await continueSession(people, session, { secondFactorAt: people.clock.now() });
    });
  }

  /**
   * Login by passkey alone: two factors in one, so the person must have unlocked it. Nobody can guess a passkey: a name
   * that wrong passwords have locked still opens with it. @throws IdentityError LOGIN_REFUSED
   */
  async finishLogin(place: LoginPlace, ceremony: string, response: Json): Promise<LoginStep> {
    const people = this.#people, id = textAt(response, "id");
    const account = people.accounts.all().find(({ passkeys }) => passkeys.some((key) => key.id === id));
    const name = account?.name ?? "";
    return await people.turns.take(name || "passkey", async () => {
      const isActive = account !== undefined && people.accounts.get(name)?.state === "active";
      if (!isActive || !await this.#proves(account, ceremony, response, "login")) {
        this.#ceremonies.take(ceremony);
        await auditRefusal(people, { name, source: place.source }, "login.passkey");
        throw loginRefused();
      }
      return await beginSession(people, people.accounts.need(name), { secondFactorAt: people.clock.now() }, place);
    });
  }

  /** Whether an answer proves the person once more, for a dangerous act. */
  async provesAgain(
    account: AccountRecord,
    proof: { readonly ceremony: string; readonly response: Json },
  ): Promise<boolean> {
    return await this.#proves(account, proof.ceremony, proof.response, "step-up");
  }

  /** Whether the answer is one of the account's passkeys to this ceremony; the counter is stored before it counts. */
  async #proves(account: AccountRecord, ceremony: string, response: Json, use: Challenge["use"]): Promise<boolean> {
    const pending = this.#ceremonies.take(ceremony), id = textAt(response, "id");
    const current = this.#people.accounts.need(account.name), key = current.passkeys.find((each) => each.id === id);
    if (!pending || !key || pending.use !== use || pending.person !== undefined && pending.person !== account.name) {
      return false;
    }
    const { verifyAuthenticationResponse } = await this.#library();
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as unknown as Parameters<Library["verifyAuthenticationResponse"]>[0]["response"],
        expectedChallenge: pending.challenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: use === "login",
        credential: {
          id: key.id,
          publicKey: new Uint8Array(Buffer.from(key.publicKey, "base64url")),
          counter: key.counter,
        },
      });
      if (!verified) return false;
      const passkeys = current.passkeys.map((each) =>
        each.id === key.id ? { ...each, counter: authenticationInfo.newCounter } : each
      );
      if (authenticationInfo.newCounter !== key.counter) await this.#people.accounts.change(account.name, { passkeys });
      return true;
    } catch (error) {
      // the library throws for every answer that does not verify: wrong origin, challenge, key, counter
      if (error instanceof GatewayError) throw error;
      this.#people.context.log.info("people.passkey.refused", { msg: error instanceof Error ? error.message : "" });
      return false;
    }
  }

  async #verifyNew(response: Json, expectedChallenge: string, label: string): Promise<PasskeyRecord | undefined> {
    const { verifyRegistrationResponse } = await this.#library();
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: response as unknown as Parameters<Library["verifyRegistrationResponse"]>[0]["response"],
        expectedChallenge,
        expectedOrigin: this.#origin,
        expectedRPID: this.#rpId,
        requireUserVerification: false,
      });
      if (!verified) return undefined;
      const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
      return {
        id,
        publicKey: Buffer.from(publicKey).toString("base64url"),
        counter,
        transports,
        label: label.trim().slice(0, 60) || "passkey",
        since: this.#people.context.clock.now(),
      };
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      this.#people.context.log.info("people.passkey.refused", { msg: error instanceof Error ? error.message : "" });
      return undefined;
    }
  }

  #begin(source: string, options: { readonly challenge: string }, about: Omit<Challenge, "challenge">): Ceremony {
    const ceremony = this.#ceremonies.begin(source, { ...about, challenge: options.challenge });
    return { ceremony, options: options as unknown as Json };
  }

  async #library(): Promise<Library> {
    if (this.#people.mayPasskey) return await library();
    throw new GatewayError("PERSON_INVALID", "The console's name is an address: browsers allow no passkeys there", {
      hint: "Give console.hostname a DNS name, or use an authenticator app",
    });
  }

  get #rpId(): string {
    return this.#people.context.site.console!.hostname;
  }

  /** The console's origin as browsers write it. */
  get #origin(): string {
    const { hostname, listen } = this.#people.context.site.console!;
    const { port } = parseHostPort(listen)!;
    return `https://${hostname.toLowerCase()}${port === 443 ? "" : `:${port}`}`;
  }
}

function descriptor({ id, transports }: PasskeyRecord): { id: string; transports: never[] } {
  return { id, transports: [...transports] as never[] };
}

function textAt(value: Json, key: string): string | undefined {
  const text = typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json | undefined>>)[key]
    : undefined;
  return typeof text === "string" ? text : undefined;
}

function ceremonyOver(): IdentityError {
  return new IdentityError("LOGIN_REFUSED", "This ceremony is not known, over or used", { hint: "Begin again" });
}
