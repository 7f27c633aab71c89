import type { Sealer } from "../../control/contract.ts";
import { KEYS } from "../../store/keys.ts";
import { getSealed, sealFor } from "../../store/sealer.ts";
import type { Store, StoreKey } from "../../store/store.ts";

/** The gateway's certificate on a CSMS leg, with its key. Both PEM, the chain leaf first. */
export interface UpstreamCertificate {
  readonly chainPem: string;
  readonly keyPem: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** What the gateway shows on the CSMS leg of one station. */
export interface UpstreamCredential {
  /** 1 and 2: Basic, 3: the certificate. */
  readonly profile: 1 | 2 | 3;
  /** Basic password, base64; absent: the configured one. */
  readonly password?: string;
  /** The same password in its other reading, until one of them is proven (facts: ocpp Q7). */
  readonly passwordAsText?: string;
  readonly certificate?: UpstreamCertificate;
  /** When the CSMS set it, milliseconds since the epoch. */
  readonly at: number;
}

/** A slot of SetNetworkProfile. */
export interface UpstreamSlot {
  readonly url: string;
  readonly profile: number;
  /** Base64. */
  readonly password?: string;
}

/** All that one CSMS set for its leg of one station. Secrets: stored sealed, never logged, audited or exported. */
export interface UpstreamRecord {
  /** The credential that the CSMS took last; absent: the configured one. */
  readonly kept?: UpstreamCredential;
  /** Tried first; becomes `kept` when the CSMS takes it, and goes when it takes another instead. */
  readonly fresh?: UpstreamCredential;
  /** Signed and waiting for security profile 3. */
  readonly certificate?: UpstreamCertificate;
  /** A key whose certificate was asked for. */
  readonly request?: { readonly keyPem: string; readonly spki: string; readonly at: number };
  readonly organization?: string;
  readonly slots?: Readonly<Record<string, UpstreamSlot>>;
  readonly priority?: string;
  /** Roots of the CSMS beside those of site.yaml, PEM. */
  readonly roots?: readonly string[];
  /** The station's own credential is no longer the one the CSMS knows: it is not shown there. */
  readonly isDetached?: true;
}

/** Records of all stations, by station and CSMS: another CSMS starts with nothing. Only control reads them. */
export class UpstreamRecords {
  readonly #store: Store;
  readonly #sealer: Sealer;
  /** Stations with a record, so that all others cost no look into the store. */
  readonly #known = new Map<string, Set<string>>();

  private constructor(store: Store, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  static async open(store: Store, sealer: Sealer): Promise<UpstreamRecords> {
    const records = new UpstreamRecords(store, sealer);
    for await (const { key } of store.list(KEYS.upstream, { limit: Infinity })) {
      records.#remember(String(key[1]), String(key[2]));
    }
    return records;
  }

  has(stationId: string, csms: string): boolean {
    return this.#known.get(stationId)?.has(csms) ?? false;
  }

  /** @throws IntegrityError SEAL_BROKEN when the stored record was changed or moved */
  async get(stationId: string, csms: string): Promise<UpstreamRecord | undefined> {
    if (!this.has(stationId, csms)) return undefined;
    const plain = await getSealed(this.#store, this.#sealer, keyOf(stationId, csms));
    return plain && JSON.parse(new TextDecoder().decode(plain));
  }

  /** Stored when it resolves. @throws StorageError STORE_TOO_LARGE, STORE_FULL */
  async put(stationId: string, csms: string, record: UpstreamRecord): Promise<void> {
    const key = keyOf(stationId, csms);
    const plain = new TextEncoder().encode(JSON.stringify(record));
    await this.#store.commit([{ set: key, value: await sealFor(this.#sealer, key, plain) }]);
    plain.fill(0);
    this.#remember(stationId, csms);
  }

  /** Forgets all that this CSMS set; its leg is the configured one again. */
  async remove(stationId: string, csms: string): Promise<void> {
    await this.#store.commit([{ delete: keyOf(stationId, csms) }]);
    this.#known.get(stationId)?.delete(csms);
  }

  #remember(stationId: string, csms: string): void {
    const known = this.#known.get(stationId);
    if (known) known.add(csms);
    else this.#known.set(stationId, new Set([csms]));
  }
}

const keyOf = (stationId: string, csms: string): StoreKey => [...KEYS.upstream, stationId, csms];
