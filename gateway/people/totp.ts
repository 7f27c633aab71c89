import { Secret, TOTP } from "otpauth";
import type { ControlContext } from "../control/contract.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, putSealed, sealFor } from "../store/sealer.ts";
import type { Mutation, StoreKey } from "../store/store.ts";

/** RFC 6238 as every authenticator app knows it: SHA-1, six digits, thirty seconds. */
const FORM = { algorithm: "SHA1", digits: 6, period: 30 } as const;
/** Steps to either side that count: clocks of phones are off by up to half a minute. */
const WINDOW = 1;
const SECRET_BYTES = 20;
/** Milliseconds that a secret waits for its first right code. */
const PENDING_MS = 15 * 60_000;

/** Time-based codes. Secrets are sealed; a code is used once, because its step is stored before it is answered. */
export class Totp {
  readonly #context: Pick<ControlContext, "random" | "sealer" | "site" | "store">;

  constructor(context: Pick<ControlContext, "random" | "sealer" | "site" | "store">) {
    this.#context = context;
  }

  /**
   * A secret that is not in force yet; the same for this session for a while, so that a mistyped code does not make people
   * scan anew. Never that of another session: whoever began it there has seen it.
   */
  async begin(
    person: string,
    session: string,
    wallMs: number,
  ): Promise<{ readonly secret: string; readonly uri: string }> {
    const key = pendingOf(person, session), { store, sealer, random } = this.#context;
    const known = await getSealed(store, sealer, key);
    const secret = known ?? random.bytes(SECRET_BYTES);
    if (!known) await putSealed(store, sealer, key, secret, { expiresAt: wallMs + PENDING_MS });
    const totp = this.#totp(person, secret);
    return { secret: totp.secret.base32, uri: totp.toString() };
  }

  /**
   * The step of the pending secret that the code is for, with the changes that put it in force; undefined when the code
   * is wrong or nothing is pending.
   */
  async finish(
    person: string,
    session: string,
    code: string,
    wallMs: number,
  ): Promise<{ readonly step: number; readonly changes: readonly Mutation[] } | undefined> {
    const pending = pendingOf(person, session), { store, sealer } = this.#context;
    const secret = await getSealed(store, sealer, pending);
    const step = secret && this.#stepOf(person, secret, code, wallMs);
    if (!secret || step === undefined) return undefined;
    const key = keyOf(person);
    return { step, changes: [{ set: key, value: await sealFor(sealer, key, secret) }, { delete: pending }] };
  }

  /** The step that a code is for, if it is newer than the last one that was used; undefined otherwise. */
  async prove(person: string, code: string, lastStep: number, wallMs: number): Promise<number | undefined> {
    const secret = await getSealed(this.#context.store, this.#context.sealer, keyOf(person));
    const step = secret && this.#stepOf(person, secret, code, wallMs);
    return step !== undefined && step > lastStep ? step : undefined;
  }

  /** The changes that delete the secret of a person. */
  deletions(person: string): Mutation[] {
    return [{ delete: keyOf(person) }];
  }

  #stepOf(person: string, secret: Uint8Array<ArrayBuffer>, code: string, wallMs: number): number | undefined {
    const token = code.replace(/[\s-]/g, "");
    if (!/^\d{6}$/.test(token)) return undefined;
    const delta = this.#totp(person, secret).validate({ token, timestamp: wallMs, window: WINDOW });
    return delta === null ? undefined : Math.floor(wallMs / 1_000 / FORM.period) + delta;
  }

  #totp(person: string, secret: Uint8Array<ArrayBuffer>): TOTP {
    const issuer = `Bulkhead ${this.#context.site.site.id}`;
    return new TOTP({ ...FORM, issuer, label: person, secret: new Secret({ buffer: secret.buffer }) });
  }
}

function keyOf(person: string): StoreKey {
  return [...KEYS.people, "totp", person.toLowerCase()];
}

/** Below another word than the secrets in force: it goes by itself. */
function pendingOf(person: string, session: string): StoreKey {
  return [...KEYS.people, "enrolling", person.toLowerCase(), session];
}
