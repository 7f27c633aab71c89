import { HardwareError } from "../gateway/core/errors.ts";
import type { Random } from "../gateway/core/timers.ts";
import type { KeyStore, KeyStoreDescription } from "./key_store.ts";
import { base64Bytes, check, literal, object, text } from "./schema.ts";
import type { ToolRunner } from "./tool.ts";
import { WrappedRootKey } from "./wrapped_root_key.ts";

/** Name of the sealed key below the key folder. */
export const SEALED_KEY_FILE = "root.tpm";

const SealedKey = object({
  form: literal(1),
  /** PCR selection the key is bound to; "" for none. */
  pcrs: text({ max: 64, form: /^$|^sha256:\d+(,\d+)*$/ }),
  public: base64Bytes(1, 1024),
  private: base64Bytes(1, 1024),
});

/** What the TPM key store needs. */
export interface TpmKeyStoreOptions {
  /** Folder of the sealed blob, mode 0700. The blob is useless without this TPM. */
  readonly folder: string;
  /** TCTI as tpm2-tools spells it: "device:/dev/tpmrm0". */
  readonly tcti: string;
  /** PCR selection such as "sha256:7": the key opens only while these have the values they had at first use. */
  readonly pcrs?: string;
  readonly random: Random;
  readonly run: ToolRunner;
}

/**
 * The root key sealed by a TPM 2.0 under its owner hierarchy (TPM 2.0 Library, part 1, section "Sealed data"): the blob on
 * disk opens only in the chip that made it, and with PCRs only after the boot it was made under.
 */
export class TpmKeyStore implements KeyStore {
  readonly kind = "tpm";
  readonly #options: TpmKeyStoreOptions;
  /** One TPM command sequence at a time: without a resource manager the chip holds three objects. */
  readonly #rootKey: WrappedRootKey;

  constructor(options: TpmKeyStoreOptions) {
    this.#options = options;
    this.#rootKey = new WrappedRootKey({
      ...{ folder: options.folder, file: SEALED_KEY_FILE, random: options.random },
      wrap: (key) => this.#seal(key),
      unwrap: (sealed) => this.#open(sealed),
      broken: (why) => this.#broken(why),
    });
  }

  loadRootKey(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#rootKey.load();
  }

  describe(): KeyStoreDescription {
    const bound = this.#options.pcrs ? `, PCR ${this.#options.pcrs}` : "";
    return {
      kind: this.kind,
      protectedBy: `TPM 2.0 sealed object${bound}`,
      note: this.#options.pcrs
        ? "Opens only in this box after the boot it was made under; a changed boot chain needs a restore from backup"
        : "Opens only in this box; the boot chain is not measured. Set hal.keyStore.pcrs to bind it to the boot chain",
    };
  }

  #seal(key: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inScratch(async (folder, tpm) => {
      const pcrs = this.#options.pcrs ?? "";
      await this.#primary(tpm);
      const policy = pcrs === "" ? [] : ["-L", "policy", "-a", "fixedtpm|fixedparent"];
      if (pcrs !== "") await tpm("tpm2_createpolicy", ["--policy-pcr", "-l", pcrs, "-L", "policy", "-Q"]);
      const files = ["-u", "public", "-r", "private"];
      await tpm("tpm2_create", ["-C", "primary", "-g", "sha256", ...files, "-i", "-", ...policy, "-Q"], key);
      const [open, closed] = await Promise.all([
        Deno.readFile(`${folder}/public`),
        Deno.readFile(`${folder}/private`),
      ]);
      const blob = { form: 1, pcrs, public: open.toBase64(), private: closed.toBase64() };
      return new TextEncoder().encode(JSON.stringify(blob));
    });
  }

  async #open(blob: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const sealed = this.#parse(blob);
    return await this.#inScratch(async (folder, tpm) => {
      await Deno.writeFile(`${folder}/public`, Uint8Array.fromBase64(sealed.public), { mode: 0o600 });
      await Deno.writeFile(`${folder}/private`, Uint8Array.fromBase64(sealed.private), { mode: 0o600 });
      await this.#primary(tpm);
      await tpm("tpm2_load", ["-C", "primary", "-u", "public", "-r", "private", "-c", "sealed", "-Q"]);
      await tpm("tpm2_flushcontext", ["-t"]);
      const session = sealed.pcrs === "" ? [] : ["-p", `pcr:${sealed.pcrs}`];
      return await tpm("tpm2_unseal", ["-c", "sealed", ...session]);
    });
  }

  #parse(blob: Uint8Array) {
    try {
      return check(SealedKey, JSON.parse(new TextDecoder().decode(blob)));
    } catch (error) {
      throw this.#broken("it is not a sealed key of a known form", error);
    }
  }

  async #primary(tpm: Tpm): Promise<void> {
    await tpm("tpm2_createprimary", ["-C", "o", "-g", "sha256", "-G", "ecc", "-c", "primary", "-Q"]);
    await tpm("tpm2_flushcontext", ["-t"]);
  }

  /** Runs TPM commands in a private folder for their context files, which are removed afterwards. */
  async #inScratch<T>(work: (folder: string, tpm: Tpm) => Promise<T>): Promise<T> {
    const folder = await Deno.makeTempDir({ prefix: "bulkhead-tpm-" });
    const env = { TPM2TOOLS_TCTI: this.#options.tcti, TSS2_LOG: "all+none" };
    try {
      return await work(folder, async (program, args, stdin) => {
        return await this.#options.run({ program, args, env, cwd: folder, ...(stdin ? { stdin } : {}) });
      });
    } catch (error) {
      throw explain(error);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  #broken(why: string, cause?: unknown): HardwareError {
    return new HardwareError(
      "HAL_KEY_BROKEN",
      `Cannot use sealed key "${this.#options.folder}/${SEALED_KEY_FILE}": ${why}`,
      { hint: "Restore from the sealed backup: `restore` seals the key again for this box", cause },
    );
  }
}

type Tpm = (program: string, args: string[], stdin?: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

/** What tpm2-tools says when a blob does not belong to this chip or the measured boot differs. */
function explain(error: unknown): unknown {
  if (!(error instanceof HardwareError) || error.code !== "HAL_TOOL_FAILED") return error;
  if (/tpm2_unseal/.test(error.message)) {
    return new HardwareError("HAL_KEY_BROKEN", "The TPM refuses to open the root key: the measured boot differs", {
      hint: "Boot what the box was commissioned with, or restore from the sealed backup",
      cause: error,
    });
  }
  if (/tpm2_load/.test(error.message)) {
    return new HardwareError("HAL_KEY_BROKEN", "The TPM refuses the sealed key: it was made by another chip", {
      hint: "Restore from the sealed backup: `restore` seals the key again for this box",
      cause: error,
    });
  }
  return new HardwareError("HAL_KEY_UNAVAILABLE", "The TPM does not answer", {
    hint: "Check that hald may use the device named in hal.keyStore.tcti",
    cause: error,
  });
}
