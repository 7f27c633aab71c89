import { createHash } from "node:crypto";
import { concatBytes } from "../core/concat_bytes.ts";
import { IntegrityError } from "../core/errors.ts";
import type { Picture } from "../inventory/plan/picture.ts";
import type { Mutation, Store, StoreKey } from "../store/store.ts";
import { PHOTO_LIMITS } from "./limits.ts";

/** What is kept of a picture beside its bytes. */
export interface PictureRecord {
  readonly type: Picture["type"];
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Hexadecimal; also names the stored parts. */
  readonly sha256: string;
}

/**
 * Pictures in the store, in parts named by their hash: those that are the same are kept once. A picture counts from when a
 * record of its owner names it; what no record names, left by a crash, `sweep` removes. The owner lets its changes run one
 * after the other.
 */
export class PhotoStore {
  /** @param isNamed whether a record of the owner still names a picture */
  constructor(
    private readonly store: Store,
    private readonly prefix: StoreKey,
    private readonly isNamed: (sha256: string) => boolean,
  ) {}

  /** Stores all parts. The owner then stores the record that names it. */
  async keep({ type, width, height, bytes }: Picture): Promise<PictureRecord> {
    const sha256 = digest(bytes), { storedBytes, storedTogether } = PHOTO_LIMITS;
    const parts: Mutation[] = [];
    for (let at = 0; at < bytes.length; at += storedBytes) {
      parts.push({ set: [...this.prefix, sha256, at / storedBytes], value: bytes.slice(at, at + storedBytes) });
    }
    for (let at = 0; at < parts.length; at += storedTogether) {
      await this.store.commit(parts.slice(at, at + storedTogether));
    }
    return { type, width, height, bytes: bytes.length, sha256 };
  }

  /** The bytes as they were stored. @throws IntegrityError PLAN_PICTURE_INVALID */
  async read(
    { sha256, bytes }: Pick<PictureRecord, "bytes" | "sha256">,
    what: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    for (let part = 0; part < Math.ceil(bytes / PHOTO_LIMITS.storedBytes); part++) {
      const entry = await this.store.get<Uint8Array>([...this.prefix, sha256, part]);
      if (entry) parts.push(entry.value);
    }
    const whole = concatBytes(parts);
    if (digest(whole) === sha256) return whole;
    throw new IntegrityError("PLAN_PICTURE_INVALID", `The picture of ${what} is not what was stored`, {
      hint: "Give it its picture once more",
    });
  }

  /** Removes a picture's parts, unless a record still names it. */
  async forget(sha256: string): Promise<void> {
    if (this.isNamed(sha256)) return;
    const gone: Mutation[] = [];
    for await (const { key } of this.store.list([...this.prefix, sha256], { limit: Infinity })) {
      gone.push({ delete: key });
    }
    const { storedTogether } = PHOTO_LIMITS;
    for (let at = 0; at < gone.length; at += storedTogether) {
      await this.store.commit(gone.slice(at, at + storedTogether));
    }
  }

  /** Removes what a crash left. */
  async sweep(): Promise<void> {
    const stored = new Set<string>();
    for await (const { key } of this.store.list(this.prefix, { limit: Infinity })) {
      stored.add(String(key[this.prefix.length]));
    }
    for (const sha256 of stored) await this.forget(sha256);
  }
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
