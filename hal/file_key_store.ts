import { HardwareError } from "../gateway/core/errors.ts";
import type { Random } from "../gateway/core/timers.ts";
import { makePrivateFolder, writeDurably } from "./durable_file.ts";
import { type KeyStore, type KeyStoreDescription, ROOT_KEY_BYTES } from "./key_store.ts";
import { HAL_LIMITS } from "./limits.ts";
import { readPrivateFile } from "./private_file.ts";

/** Name of the key file below `<dataDir>/keys`. */
export const ROOT_KEY_FILE = "root.key";

/** What the file key store needs: read and write permission on `folder` is enough. */
export interface FileKeyStoreOptions {
  /** `<dataDir>/keys`; made with mode 0700 at first use. */
  readonly folder: string;
  readonly random: Random;
}

/**
 * The root key in a file of its own. It protects copies of the store that travel without the `keys` folder (a backup
 * target, a stolen database file), not against somebody who reads the whole disk: that takes a TPM or a token.
 */
export class FileKeyStore implements KeyStore {
  readonly kind = "file";
  readonly #options: FileKeyStoreOptions;
  #making: Promise<void> | undefined;

  constructor(options: FileKeyStoreOptions) {
    this.#options = options;
  }

  async loadRootKey(): Promise<Uint8Array<ArrayBuffer>> {
    const found = await this.#read();
    if (found) return found;
    await (this.#making ??= this.#make().finally(() => this.#making = undefined));
    const made = await this.#read();
    if (made) return made;
    throw new HardwareError("HAL_KEY_UNAVAILABLE", `Key file "${this.#path}" vanished right after it was written`, {
      hint: "Find out which process cleans that folder",
    });
  }

  describe(): KeyStoreDescription {
    return {
      kind: this.kind,
      protectedBy: `file ${this.#path}, mode 0600`,
      note: "Whoever can read the whole disk can read the key. Use hal.keyStore tpm or pkcs11 to bind it to this box",
    };
  }

  get #path(): string {
    return `${this.#options.folder}/${ROOT_KEY_FILE}`;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await readPrivateFile(this.#options.folder, ROOT_KEY_FILE, HAL_LIMITS.keyFileBytes);
    if (bytes === undefined || bytes.length === ROOT_KEY_BYTES) return bytes;
    throw new HardwareError(
      "HAL_KEY_BROKEN",
      `Cannot use key file "${this.#path}": it has ${bytes.length} bytes, wanted ${ROOT_KEY_BYTES}`,
      { hint: "Restore it from the sealed backup; a new key could not open what is sealed" },
    );
  }

  async #make(): Promise<void> {
    const key = this.#options.random.bytes(ROOT_KEY_BYTES);
    try {
      await makePrivateFolder(this.#options.folder);
      await writeDurably(this.#options.folder, ROOT_KEY_FILE, key);
    } catch (error) {
      throw new HardwareError("HAL_KEY_UNAVAILABLE", `Cannot write key file "${this.#path}"`, {
        hint: "The data folder must be writable by the user that runs the gateway",
        cause: error,
      });
    } finally {
      key.fill(0);
    }
  }
}
