import { Buffer } from "node:buffer";
import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { HardwareError } from "../gateway/core/errors.ts";
import type { Random } from "../gateway/core/timers.ts";
import type { KeyStore, KeyStoreDescription } from "./key_store.ts";
import { readPrivateFile } from "./private_file.ts";
import type { ToolRunner } from "./tool.ts";
import { WrappedRootKey } from "./wrapped_root_key.ts";

/** Name of the wrapped key below the key folder. */
export const WRAPPED_KEY_FILE = "root.p11";

const KEY_LABEL = "bulkhead-root";
/** RSA-3072 is 128 bits of strength (NIST SP 800-57 part 1, table 2) and known to every token in use. */
const KEY_TYPE = "rsa:3072";
const PIN_VARIABLE = "BULKHEAD_PKCS11_PIN";

/** What the PKCS#11 key store needs. */
export interface Pkcs11KeyStoreOptions {
  /** Folder of the wrapped key, mode 0700. */
  readonly folder: string;
  /** The vendor's PKCS#11 library. */
  readonly module: string;
  /** Label of the token; a slot number may change at the next boot. */
  readonly tokenLabel: string;
  /** Folder and name of the file that holds the user PIN, mode 0600. */
  readonly pinFile: { readonly folder: string; readonly name: string };
  /** Variables that the library needs, such as SOFTHSM2_CONF. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly random: Random;
  readonly run: ToolRunner;
}

/**
 * The root key wrapped with RSA-OAEP (RFC 8017 section 7.1) for a key pair that was made inside a PKCS#11 token and
 * cannot leave it: the file opens only with the token and its PIN. docs/decisions/ says why not a data object.
 */
export class Pkcs11KeyStore implements KeyStore {
  readonly kind = "pkcs11";
  readonly #options: Pkcs11KeyStoreOptions;
  readonly #rootKey: WrappedRootKey;
  /** Set after a wrong PIN: a second try could lock the token for good. */
  #pinRefused: HardwareError | undefined;

  constructor(options: Pkcs11KeyStoreOptions) {
    this.#options = options;
    this.#rootKey = new WrappedRootKey({
      ...{ folder: options.folder, file: WRAPPED_KEY_FILE, random: options.random, broken },
      wrap: (key) => this.#wrap(key),
      unwrap: (wrapped) => this.#unwrap(wrapped),
    });
  }

  loadRootKey(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#rootKey.load();
  }

  describe(): KeyStoreDescription {
    return {
      kind: this.kind,
      protectedBy: `RSA-3072 key that cannot leave PKCS#11 token "${this.#options.tokenLabel}"`,
      note: "Opens only with the token and its PIN; whoever has the box, the token and the PIN file has the key",
    };
  }

  async #wrap(key: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return wrap(await this.#publicKey() ?? await this.#makeKeyPair(), key);
  }

  async #unwrap(wrapped: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    // SHA-1 stands for the OAEP hash that every token knows; OAEP does not rest on its collision resistance.
    const how = ["--decrypt", "--mechanism", "RSA-PKCS-OAEP", "--hash-algorithm", "SHA-1", "--mgf", "MGF1-SHA1"];
    const args = [...how, "--label", KEY_LABEL, "--input-file", "/dev/stdin"];
    return await this.#token(args, { stdin: wrapped });
  }

  async #publicKey(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await this.#token(["--read-object", "--type", "pubkey", "--label", KEY_LABEL]);
    } catch (error) {
      if (error instanceof HardwareError && causeText(error).includes("object not found")) return undefined;
      throw error;
    }
  }

  async #makeKeyPair(): Promise<Uint8Array<ArrayBuffer>> {
    const what = ["--keypairgen", "--key-type", KEY_TYPE, "--label", KEY_LABEL, "--id", "01"];
    await this.#token([...what, "--usage-decrypt", "--sensitive"], { timeoutMs: 120_000 });
    const made = await this.#publicKey();
    if (made) return made;
    throw broken("the token does not show the key pair it has just made");
  }

  async #token(
    args: readonly string[],
    how: { readonly stdin?: Uint8Array<ArrayBuffer>; readonly timeoutMs?: number } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#pinRefused) throw this.#pinRefused;
    const common = ["--module", this.#options.module, "--token-label", this.#options.tokenLabel];
    const login = ["--login", "--pin", `env:${PIN_VARIABLE}`];
    try {
      return await this.#options.run({
        program: "pkcs11-tool",
        args: [...common, ...login, ...args],
        env: { ...this.#options.environment, [PIN_VARIABLE]: await this.#pin() },
        ...(how.stdin ? { stdin: how.stdin } : {}),
        ...(how.timeoutMs ? { timeoutMs: how.timeoutMs } : {}),
      });
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async #pin(): Promise<string> {
    const { folder, name } = this.#options.pinFile;
    const bytes = await readPrivateFile(folder, name, 256);
    const pin = bytes ? new TextDecoder().decode(bytes).trim() : "";
    if (pin !== "") return pin;
    throw new HardwareError("HAL_KEY_UNAVAILABLE", `PIN file "${folder}/${name}" is missing or empty`, {
      hint: "Write the user PIN of the token into it, mode 0600",
    });
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof HardwareError) || error.code !== "HAL_TOOL_FAILED") return error;
    if (/CKR_PIN_(INCORRECT|LOCKED|INVALID|LEN_RANGE)/.test(error.message)) {
      return this.#pinRefused = new HardwareError(
        "HAL_KEY_UNAVAILABLE",
        `Token "${this.#options.tokenLabel}" refuses the PIN; it is not tried again before hald restarts`,
        { hint: "Correct the PIN file, then restart bulkhead-hald; more wrong PINs may lock the token", cause: error },
      );
    }
    if (/C_Decrypt\w* failed/.test(error.message)) {
      return broken("the token cannot open it", error);
    }
    return new HardwareError(
      "HAL_KEY_UNAVAILABLE",
      `Token "${this.#options.tokenLabel}" does not answer or does not hold key "${KEY_LABEL}"`,
      { hint: "Check that the token is plugged in and that hal.keyStore.module names its library", cause: error },
    );
  }
}

function wrap(spki: Uint8Array<ArrayBuffer>, key: Uint8Array): Uint8Array<ArrayBuffer> {
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  return new Uint8Array(
    publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" }, key),
  );
}

function broken(why: string, cause?: unknown): HardwareError {
  return new HardwareError("HAL_KEY_BROKEN", `Cannot use wrapped key file "${WRAPPED_KEY_FILE}": ${why}`, {
    hint: "Restore from the sealed backup: `restore` wraps the key again for this token",
    cause,
  });
}

function causeText(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : "";
}
