import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { ServerIdentity } from "../core/control_api.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, putSealed, type SealBox, sealFor } from "../store/sealer.ts";
import type { Store, StoreKey } from "../store/store.ts";
import type { AcmeState } from "./acme_schedule.ts";
import { writeSigningRequest } from "./csr_writer.ts";

const CERTIFICATE: StoreKey = [...KEYS.acme, "certificate"];
const PENDING: StoreKey = [...KEYS.acme, "pending"];
const STATE: StoreKey = [...KEYS.acme, "state"];

/** The key of a certificate that is being ordered, with its request (DER, base64url). */
export interface PendingKey {
  readonly names: readonly string[];
  readonly keyPem: string;
  readonly csr: string;
}

/** What control keeps of ACME in the store: keys and certificate sealed. */
export class AcmeRecords {
  readonly #store: Store;
  readonly #sealer: SealBox;

  constructor(store: Store, sealer: SealBox) {
    this.#store = store;
    this.#sealer = sealer;
  }

  async state(): Promise<AcmeState | undefined> {
    return (await this.#store.get<AcmeState>(STATE))?.value;
  }

  async keepState(state: AcmeState): Promise<void> {
    await this.#store.commit([{ set: STATE, value: state }]);
  }

  /** The certificate in use, for exactly these names. */
  async certificate(names: readonly string[]): Promise<ServerIdentity | undefined> {
    const kept = await this.#sealed<ServerIdentity>(CERTIFICATE);
    return kept && sameNames(kept.names, names) ? kept : undefined;
  }

  /** A new certificate takes the place of the old one; its key is no longer pending. All or nothing. */
  async keepCertificate(identity: ServerIdentity, state: AcmeState): Promise<void> {
    const value = await sealFor(this.#sealer, CERTIFICATE, encode(identity));
    await this.#store.commit([{ set: CERTIFICATE, value }, { delete: PENDING }, { set: STATE, value: state }]);
  }

  /** The key that an unfinished order for these names is for. */
  async pendingKey(names: readonly string[]): Promise<PendingKey | undefined> {
    const kept = await this.#sealed<PendingKey>(PENDING);
    return kept && sameNames(kept.names, names) ? kept : undefined;
  }

  /** A fresh key and its request: every order of its own gets a key of its own. */
  async newPendingKey(names: readonly string[]): Promise<PendingKey> {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const keyPem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
    const csr = Buffer.from(writeSigningRequest(names, spki, createPrivateKey(keyPem))).toString("base64url");
    const made = { names, keyPem, csr };
    await putSealed(this.#store, this.#sealer, PENDING, encode(made));
    return made;
  }

  async #sealed<T>(key: StoreKey): Promise<T | undefined> {
    const bytes = await getSealed(this.#store, this.#sealer, key);
    return bytes && JSON.parse(new TextDecoder().decode(bytes)) as T;
  }
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const sameNames = (a: readonly string[], b: readonly string[]): boolean => a.join(" ") === b.join(" ");
