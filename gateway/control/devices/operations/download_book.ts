import { Buffer } from "node:buffer";
import { filling, openSealed } from "../../../core/sealed_file.ts";
import type { SealedDownload } from "../../../core/device_operations_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { RecordBook } from "../../../people/record_book.ts";
import { KEYS } from "../../../store/keys.ts";
import { contextOf, type SealedValue, sealFor } from "../../../store/sealer.ts";
import type { StoreKey } from "../../../store/store.ts";
import type { ControlContext } from "../../contract.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/** A file of a controller, sealed on this box. */
export interface DownloadRecord extends SealedDownload {
  readonly id: string;
  readonly station: string;
  readonly what: "logs" | "configuration";
  /** Who asked for it, and when (wall milliseconds). */
  readonly who: string;
  readonly at: number;
  /** The key of the file alone. */
  readonly key: SealedValue;
}

/** Where a file goes, before it is there. */
export interface DownloadPlace {
  readonly file: string;
  /** Base64. */
  readonly key: string;
}

type Context = Pick<ControlContext, "clock" | "random" | "sealer" | "store">;

/** Files of controllers that are kept; their plain bytes stand nowhere. */
export class DownloadBook {
  readonly #book: RecordBook<DownloadRecord>;

  private constructor(private readonly context: Context, readonly folder: string, book: RecordBook<DownloadRecord>) {
    this.#book = book;
  }

  /** Files without a record, as a crash leaves them, are removed: nobody has their key. */
  static async open(context: Context, folder: string): Promise<DownloadBook> {
    const book = new DownloadBook(context, folder, await RecordBook.open(context.store, KEYS.deviceDownload));
    const known = new Set(book.all().map(({ file }) => file));
    for await (const { name } of Deno.readDir(folder)) if (!known.has(name)) await Deno.remove(`${folder}/${name}`);
    return book;
  }

  /** Newest first. */
  all(): readonly DownloadRecord[] {
    return this.#book.all().toSorted((a, b) => b.at - a.at);
  }

  /** A name and a key that nothing else has. */
  place(): DownloadPlace {
    const { random } = this.context;
    return {
      file: Buffer.from(random.bytes(16)).toString("hex"),
      key: Buffer.from(random.bytes(32)).toString("base64"),
    };
  }

  /** Keeps a file that is whole; the oldest give way. */
  async keep(
    download: SealedDownload,
    place: DownloadPlace,
    by: { readonly station: string; readonly what: DownloadRecord["what"]; readonly who: string },
  ): Promise<DownloadRecord> {
    const id = place.file.slice(0, 12), plain = new Uint8Array(Buffer.from(place.key, "base64"));
    const key = await sealFor(this.context.sealer, keyOf(id), plain);
    const record: DownloadRecord = { ...download, ...by, id, at: this.context.clock.now(), key };
    try {
      await this.#book.put(id, record);
    } catch (error) {
      await this.#removeFile(place.file); // nobody has its key: on a full disk it would only take room
      throw error;
    }
    const all = this.all();
    const ofStation = all.filter((one) => one.station === by.station).slice(OPERATION_LIMITS.downloadsOfStation);
    await this.remove([...new Set([...ofStation, ...all.slice(OPERATION_LIMITS.downloads)])].map((one) => one.id));
    return record;
  }

  /** The plain bytes of a file, from one of them on. @throws GatewayError DEVICE_FILE_UNKNOWN, StorageError UPLOAD_BROKEN */
  async *read(id: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const { file, key } = this.need(id);
    const plain = await this.context.sealer.unseal(key.sealed, contextOf(keyOf(id)));
    using handle = await Deno.open(`${this.folder}/${file}`).catch((error) => {
      throw error instanceof Deno.errors.NotFound ? unknown(id) : error;
    });
    yield* openSealed(plain, filling(handle));
  }

  /** @throws GatewayError DEVICE_FILE_UNKNOWN */
  need(id: string): DownloadRecord {
    const record = this.#book.get(id);
    if (!record) throw unknown(id);
    return record;
  }

  /** Removes all files of a station: it is taken out of use, or is another device now. */
  async forget(station: string): Promise<void> {
    await this.remove(this.all().filter((one) => one.station === station).map(({ id }) => id));
  }

  /** Removes files and their keys: what a copy of the disk still has opens no more. */
  async remove(ids: readonly string[]): Promise<void> {
    const records = ids.map((id) => this.need(id));
    await this.#book.remove(ids);
    for (const { file } of records) await this.#removeFile(file);
  }

  async #removeFile(file: string): Promise<void> {
    await Deno.remove(`${this.folder}/${file}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

const keyOf = (id: string): StoreKey => [...KEYS.deviceDownload, id];

function unknown(id: string): GatewayError {
  return new GatewayError("DEVICE_FILE_UNKNOWN", `No file "${id.slice(0, 64)}" of a controller is kept`, {
    hint: "`device files` lists those that are",
  });
}
