/** Where the root key of the site lives. */
export const KEY_STORE_KINDS = ["file", "tpm", "pkcs11"] as const;
/** One kind of key store. */
export type KeyStoreKind = typeof KEY_STORE_KINDS[number];

/** Bytes of the root key (AES-256). */
export const ROOT_KEY_BYTES = 32;

/** What protects the root key, in words for `check`, `status` and the auditor. Never the key. */
export interface KeyStoreDescription {
  readonly kind: KeyStoreKind;
  /** The mechanism: "file mode 0600", "TPM 2.0 sealed object, PCR sha256:0,7". */
  readonly protectedBy: string;
  /** What this does and does not stop. */
  readonly note: string;
}

/**
 * Holds the one key that everything sealed depends on (DESIGN section 7, invariant 6). The key is made at first use and
 * never changes afterwards; a store that cannot return the key it made throws and never makes a second one.
 */
export interface KeyStore {
  readonly kind: KeyStoreKind;
  /**
   * The root key, 32 bytes, created at first use. The caller owns the array and overwrites it when done.
   * @throws HardwareError HAL_KEY_UNSAFE, HAL_KEY_BROKEN, HAL_KEY_UNAVAILABLE or HAL_TOOL_FAILED
   */
  loadRootKey(): Promise<Uint8Array<ArrayBuffer>>;
  describe(): KeyStoreDescription;
}
