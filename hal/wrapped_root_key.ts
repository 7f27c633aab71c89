import type { HardwareError } from "../gateway/core/errors.ts";
import type { Random } from "../gateway/core/timers.ts";
import { makePrivateFolder, writeDurably } from "./durable_file.ts";
import { ROOT_KEY_BYTES } from "./key_store.ts";
import { HAL_LIMITS } from "./limits.ts";
import { readPrivateFile } from "./private_file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How one chip or token turns the root key into bytes that only it can open. */
export interface KeyWrapping {
  /** Folder of the wrapped key, mode 0700, and its file's name. */
  readonly folder: string;
  readonly file: string;
  readonly random: Random;
  wrap(key: Bytes): Promise<Bytes>;
  unwrap(wrapped: Bytes): Promise<Bytes>;
  /** The error for a wrapped key that cannot be used. */
  broken(why: string): HardwareError;
}

/** The root key in a file that opens only in a chip or token; made at the first load. One load at a time. */
export class WrappedRootKey {
  readonly #wrapping: KeyWrapping;
  /** Chips and tokens do one sequence of commands at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(wrapping: KeyWrapping) {
    this.#wrapping = wrapping;
  }

  /** @throws HardwareError HAL_KEY_BROKEN, or what wrap and unwrap throw; nothing is written then */
  load(): Promise<Bytes> {
    const turn = this.#turn.catch(() => undefined).then(() => this.#load());
    this.#turn = turn;
    return turn;
  }

  async #load(): Promise<Bytes> {
    const { folder, file, random, broken } = this.#wrapping;
    const found = await readPrivateFile(folder, file, HAL_LIMITS.keyFileBytes);
    if (found) return await this.#open(found);
    const key = random.bytes(ROOT_KEY_BYTES);
    const wrapped = await this.#wrapping.wrap(key);
    const opened = await this.#open(wrapped); // A key is only trusted to something that was seen to give it back.
    if (!opened.every((byte, at) => byte === key[at])) throw broken("other bytes came back than went in");
    key.fill(0);
    await makePrivateFolder(folder);
    await writeDurably(folder, file, wrapped);
    return opened;
  }

  async #open(wrapped: Bytes): Promise<Bytes> {
    const key = await this.#wrapping.unwrap(wrapped);
    if (key.length === ROOT_KEY_BYTES) return key;
    throw this.#wrapping.broken(`it holds ${key.length} bytes, wanted ${ROOT_KEY_BYTES}`);
  }
}
