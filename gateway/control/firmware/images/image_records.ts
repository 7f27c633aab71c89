import { makePrivateFolder, writeDurably } from "../../../../hal/durable_file.ts";
import type { ImagePapers, ImageRecord } from "../../../core/firmware_api.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";
import { Turns } from "../../../core/turns.ts";
import { KEYS } from "../../../store/keys.ts";
import type { Store } from "../../../store/store.ts";

/**
 * What is known about images: records in the store; verdict, SBOM and notes in a file beside it, since they are larger
 * than a value of the store may be. The papers are written first, so that no record is without them.
 */
export class ImageRecords {
  readonly #records = new Map<string, ImageRecord>();
  readonly #turns = new Turns();

  private constructor(private readonly store: Store, private readonly folder: string) {}

  /** @param folder of the papers */
  static async open(store: Store, folder: string): Promise<ImageRecords> {
    const records = new ImageRecords(store, folder);
    for await (const { value } of store.list<ImageRecord>(KEYS.firmwareImage, { limit: FIRMWARE_LIMITS.images + 1 })) {
      records.#records.set(value.sha256, value);
    }
    return records;
  }

  /** Newest first. */
  all(): readonly ImageRecord[] {
    return [...this.#records.values()].sort((a, b) => b.addedAt - a.addedAt || (a.sha256 < b.sha256 ? -1 : 1));
  }

  get(sha256: string): ImageRecord | undefined {
    return this.#records.get(sha256);
  }

  /** Stores a record, and its papers where given. Durable when it resolves. */
  put(record: ImageRecord, papers?: ImagePapers): Promise<ImageRecord> {
    return this.#turns.run([record.sha256], async () => {
      if (papers) {
        await makePrivateFolder(this.folder);
        await writeDurably(this.folder, `${record.sha256}.json`, new TextEncoder().encode(JSON.stringify(papers)));
      }
      return await this.#keep(record);
    });
  }

  /**
   * Changes a record as it stands when its turn has come: what one person withdraws, another may be vouching for at the
   * same moment. @returns the changed record; undefined where `how` found nothing to change, or it is gone
   */
  change(sha256: string, how: (now: ImageRecord) => ImageRecord | undefined): Promise<ImageRecord | undefined> {
    return this.#turns.run([sha256], async () => {
      const now = this.#records.get(sha256), next = now && how(now);
      return next && await this.#keep(next);
    });
  }

  async #keep(record: ImageRecord): Promise<ImageRecord> {
    await this.store.commit([{ set: [...KEYS.firmwareImage, record.sha256], value: record }]);
    this.#records.set(record.sha256, record);
    return record;
  }

  async papers(sha256: string): Promise<ImagePapers | undefined> {
    if (!this.#records.has(sha256)) return undefined;
    try {
      return JSON.parse(await Deno.readTextFile(`${this.folder}/${sha256}.json`)) as ImagePapers;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async remove(sha256: string): Promise<void> {
    await this.store.commit([{ delete: [...KEYS.firmwareImage, sha256] }]);
    this.#records.delete(sha256);
    await Deno.remove(`${this.folder}/${sha256}.json`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
