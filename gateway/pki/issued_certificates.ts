import { createHash } from "node:crypto";
import { KEYS } from "../store/keys.ts";
import { listRevocations, revoke } from "../store/revocations.ts";
import type { Store } from "../store/store.ts";
import { readCertificate } from "./certificate.ts";
import type { RevokedEntry } from "./certificate_writer.ts";
import { PKI_LIMITS } from "./limits.ts";
import { readPem } from "./pem.ts";

/** A certificate that the site CA issued to a station. Times are milliseconds since the epoch. */
export interface IssuedCertificate {
  readonly serial: string;
  readonly stationId: string;
  readonly fingerprint: string;
  /** SHA-256 of the public key: the same key for two stations would make them one (facts O-14). */
  readonly keyHash: string;
  readonly issuedAt: number;
  readonly notAfter: number;
  /** Who had it issued. */
  readonly who: string;
}

/** SHA-256 of a SubjectPublicKeyInfo, lower-case hex. */
export function hashKey(spki: Uint8Array): string {
  return createHash("sha256").update(spki).digest("hex");
}

/** What is kept of a new certificate. */
export function recordOf(certPem: string, stationId: string, who: string, now: number): IssuedCertificate {
  const { serial, fingerprint, publicKey, notAfter } = readCertificate(readPem(certPem, "CERTIFICATE")[0]!);
  return { serial, stationId, fingerprint, keyHash: hashKey(publicKey.spki), issuedAt: now, notAfter, who };
}

/** Certificates issued and revoked, in the store. */
export class IssuedCertificates {
  readonly #store: Store;
  #numbering: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws StorageError STORE_CONFLICT when the serial number exists */
  async add(record: IssuedCertificate): Promise<void> {
    const key = [...KEYS.certificate, record.serial];
    await this.#store.commit([{ set: key, value: record }], [{ key, version: null }]);
  }

  async get(serial: string): Promise<IssuedCertificate | undefined> {
    return (await this.#store.get<IssuedCertificate>([...KEYS.certificate, serial]))?.value;
  }

  /** All of them, or those of one station. */
  async list(stationId?: string): Promise<IssuedCertificate[]> {
    const found: IssuedCertificate[] = [];
    for await (const { value } of this.#store.list<IssuedCertificate>(KEYS.certificate, { limit: PKI_LIMITS.issued })) {
      if (stationId === undefined || value.stationId === stationId) found.push(value);
    }
    return found;
  }

  /** Records revocations, all or none. A serial number need not be one of this CA: `clientCaFile` has its own. */
  async revoke(serials: readonly string[], at: number): Promise<void> {
    await this.#store.commit(serials.map((id) => revoke({ kind: "certificate", id, at })));
  }

  /** Every revocation, in order of serial numbers. */
  async revoked(): Promise<RevokedEntry[]> {
    const found: RevokedEntry[] = [];
    for await (const { id, at } of listRevocations(this.#store, "certificate")) found.push({ serial: id, at });
    return found;
  }

  /** The next revocation list: one after the other, for the higher number replaces the lower (RFC 5280 section 5.2.3). */
  nextList(): Promise<{ number: number; revoked: RevokedEntry[] }> {
    const next = this.#numbering.then(async () => ({
      number: await this.#nextListNumber(),
      revoked: await this.revoked(),
    }));
    this.#numbering = next.catch(() => undefined);
    return next;
  }

  async #nextListNumber(): Promise<number> {
    const key = [...KEYS.siteCa, "crlNumber"];
    const entry = await this.#store.get<number>(key);
    const next = (entry?.value ?? 0) + 1;
    await this.#store.commit([{ set: key, value: next }], [{ key, version: entry?.version ?? null }]);
    return next;
  }
}
