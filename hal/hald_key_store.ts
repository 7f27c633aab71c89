import type { HaldClient } from "./client.ts";
import type { KeyStore, KeyStoreDescription, KeyStoreKind } from "./key_store.ts";

/** Milliseconds a token may take: making its RSA key at first use is slow. */
const FIRST_USE_MS = 150_000;

/** The key store that hald holds (TPM or PKCS#11), seen from control. */
export class HaldKeyStore implements KeyStore {
  readonly kind: KeyStoreKind;
  readonly #client: Pick<HaldClient, "call">;
  readonly #description: KeyStoreDescription;

  constructor(client: Pick<HaldClient, "call">, description: KeyStoreDescription) {
    this.kind = description.kind;
    this.#client = client;
    this.#description = description;
  }

  async loadRootKey(): Promise<Uint8Array<ArrayBuffer>> {
    const { key } = await this.#client.call("keystore.root", {}, { deadlineMs: FIRST_USE_MS });
    return Uint8Array.fromBase64(key);
  }

  describe(): KeyStoreDescription {
    return this.#description;
  }
}
