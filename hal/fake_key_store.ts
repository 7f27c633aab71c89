import { type KeyStore, type KeyStoreDescription, type KeyStoreKind, ROOT_KEY_BYTES } from "./key_store.ts";

/** A key store in memory for tests: the same key as long as it lives, or the given error. */
export class FakeKeyStore implements KeyStore {
  readonly kind: KeyStoreKind;
  /** Set it to make every load fail. */
  fault: Error | undefined;
  /** How often the key was loaded. */
  loads = 0;
  readonly #key: Uint8Array<ArrayBuffer>;

  constructor(fill = 7, kind: KeyStoreKind = "file") {
    this.kind = kind;
    this.#key = new Uint8Array(ROOT_KEY_BYTES).fill(fill);
  }

  loadRootKey(): Promise<Uint8Array<ArrayBuffer>> {
    this.loads++;
    return this.fault ? Promise.reject(this.fault) : Promise.resolve(this.#key.slice());
  }

  describe(): KeyStoreDescription {
    return { kind: this.kind, protectedBy: "memory of a test", note: "Only for tests" };
  }
}
