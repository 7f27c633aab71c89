import { Buffer } from "node:buffer";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { AcmeJws } from "../core/control_api.ts";
import { GatewayError, IntegrityError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, putSealed, type SealBox } from "../store/sealer.ts";
import type { Store, StoreKey } from "../store/store.ts";
import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";

const ACCOUNT: StoreKey = [...KEYS.acme, "account"];

/** What may be signed during one run; everything else is refused. */
export interface SigningScope {
  readonly directoryUrl: string;
  readonly names: readonly string[];
  /** The request in DER, base64url. */
  readonly csr: string;
  readonly contact: string | undefined;
}

/** One request to be signed. */
export interface SigningOrder {
  readonly url: string;
  readonly nonce: string;
  readonly payload: string;
  readonly account?: string;
}

/** The account of this site at an ACME server: its key never leaves control. */
export class AcmeAccount {
  /** RFC 7638, for the DNS record. */
  readonly thumbprint: string;
  readonly #key: KeyObject;
  readonly #jwk: Readonly<Record<string, string>>;

  /** @throws IntegrityError PKI_CERTIFICATE_UNUSABLE for another key than P-256 or RSA of 2048 bits or more */
  constructor(key: KeyObject) {
    const { kty, crv, x, y, n, e } = createPublicKey(key).export({ format: "jwk" });
    if (kty === "EC" && crv === "P-256") this.#jwk = { crv, kty, x: x!, y: y! };
    else if (kty === "RSA" && Buffer.from(n!, "base64url").length >= 256) this.#jwk = { e: e!, kty, n: n! };
    else throw unusable("it is neither P-256 nor RSA of 2048 bits or more");
    this.#key = key;
    this.thumbprint = createHash("sha256").update(JSON.stringify(this.#jwk)).digest("base64url");
  }

  /**
   * Signs one request in the form of RFC 8555 section 6.2, if it belongs to the run: same server, our names, our request.
   * A Worker that was taken over can so neither deactivate the account nor order for others.
   * @throws GatewayError CTL_REFUSED
   */
  sign({ url, nonce, payload, account }: SigningOrder, scope: SigningScope): AcmeJws {
    const why = faultOfOrder({ url, nonce, payload, ...(account === undefined ? {} : { account }) }, scope);
    if (why) throw new GatewayError("CTL_REFUSED", `The ACME request is not signed: ${why}`);
    const alg = this.#jwk.kty === "EC" ? "ES256" : "RS256";
    const who = account === undefined ? { jwk: this.#jwk } : { kid: account };
    const head = base64url(JSON.stringify({ alg, nonce, url, ...who }));
    const body = base64url(payload);
    const key = alg === "ES256" ? { key: this.#key, dsaEncoding: "ieee-p1363" as const } : this.#key;
    const signature = sign("sha256", Buffer.from(`${head}.${body}`), key).toString("base64url");
    return { protected: head, payload: body, signature };
  }
}

/** The account of a key file, or of the key that the gateway made and keeps sealed. */
export async function openAccount(store: Store, sealer: SealBox, keyPem: string | undefined): Promise<AcmeAccount> {
  if (keyPem !== undefined) return new AcmeAccount(readKey(keyPem));
  const kept = await getSealed(store, sealer, ACCOUNT);
  if (kept) return new AcmeAccount(createPrivateKey({ key: Buffer.from(kept), format: "der", type: "pkcs8" }));
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await putSealed(store, sealer, ACCOUNT, privateKey.export({ format: "der", type: "pkcs8" }));
  return new AcmeAccount(privateKey);
}

function faultOfOrder({ url, nonce, payload, account }: SigningOrder, scope: SigningScope): string | undefined {
  const { origin } = new URL(scope.directoryUrl);
  const isOwn = (text: string) => text.length <= LIMITS.urlChars && URL.parse(text)?.origin === origin;
  if (!isOwn(url) || (account !== undefined && !isOwn(account))) return `it is not for ${origin}`;
  if (!/^[A-Za-z0-9_-]+$/.test(nonce) || nonce.length > LIMITS.nonceChars) return "its nonce has the wrong form";
  if (payload.length > LIMITS.payloadChars) return `it has more than ${LIMITS.payloadChars} characters`;
  const { names, csr, contact } = scope;
  const mail = contact === undefined ? {} : { contact: [`mailto:${contact}`] };
  const register = JSON.stringify({ termsOfServiceAgreed: true, ...mail });
  if (account === undefined) return payload === register ? undefined : "it names no account and registers none";
  const identifiers = names.map((value) => ({ type: "dns", value }));
  const allowed = ["", "{}", JSON.stringify({ identifiers }), JSON.stringify({ csr })];
  return allowed.includes(payload) ? undefined : "its content is none that a run needs";
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw unusable("it cannot be read"); // without the cause: it may quote the key
  }
}

function unusable(why: string): IntegrityError {
  return new IntegrityError("PKI_CERTIFICATE_UNUSABLE", `Cannot use the ACME account key: ${why}`, {
    hint: "Give pki.acme.accountKeyFile a key in PEM, or leave it out: the gateway makes one",
  });
}

const base64url = (text: string): string => Buffer.from(text).toString("base64url");
