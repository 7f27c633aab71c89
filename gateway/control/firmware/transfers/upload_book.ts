import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import type { TransferProtocol } from "../../../core/firmware_transfer_api.ts";
import type { UploadAsk } from "./upload_message.ts";

/**
 * Where a file of a station stands. "asked": the station is being asked; "expected": it said that it brings one;
 * "received": sealed on this disk, not at the CSMS yet; "sent": there too. "failed" and "none" are ends.
 */
export type UploadState = "asked" | "expected" | "received" | "sent" | "failed" | "none";

/** One file of a station for its CSMS. */
export interface StoredUpload {
  readonly id: string;
  readonly stationId: string;
  readonly csms: string;
  readonly ask: UploadAsk;
  readonly protocol: TransferProtocol;
  /** Of the token that the station was given. */
  readonly digest: string;
  /** Name of the sealed file, and its key as base64. */
  readonly file: string;
  readonly key: string;
  readonly state: UploadState;
  readonly why?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When it is to be looked at again. */
  readonly dueAt: number;
  /** What the station calls it. */
  readonly fileName?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  /** Attempts to bring it to the CSMS. */
  readonly forwards: number;
  /** The station said Uploaded; its CSMS waits for the end. */
  readonly isTold?: true;
  /** The CSMS is to hear how it ended; absent: it has, or needs not. */
  readonly telling?: "good" | "bad";
}

/** Whether nothing more happens with it. */
export const isOver = ({ state }: StoredUpload): boolean => state === "sent" || state === "failed" || state === "none";

/** Files of stations on record, sealed: URLs may hold a login, and the keys of the files stand here. */
export class UploadBook {
  readonly #byId = new Map<string, StoredUpload>();

  private constructor(private readonly context: Pick<ControlContext, "sealer" | "store">) {}

  static async open(context: Pick<ControlContext, "sealer" | "store">): Promise<UploadBook> {
    const book = new UploadBook(context);
    for await (const { key, value } of context.store.list<Uint8Array>(KEYS.firmwareUpload, { limit: Infinity })) {
      const id = String(key[1]);
      const plain = await context.sealer.unseal(value, contextOf(id));
      book.#byId.set(id, JSON.parse(new TextDecoder().decode(plain)));
    }
    return book;
  }

  get(id: string): StoredUpload | undefined {
    return this.#byId.get(id);
  }

  byDigest(digest: string): StoredUpload | undefined {
    return this.all().find((upload) => upload.digest === digest);
  }

  /** Newest first. */
  all(): readonly StoredUpload[] {
    return [...this.#byId.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  async put(upload: StoredUpload): Promise<void> {
    const plain = new TextEncoder().encode(JSON.stringify(upload));
    const value = await this.context.sealer.seal(plain, contextOf(upload.id));
    await this.context.store.commit([{ set: [...KEYS.firmwareUpload, upload.id], value }]);
    this.#byId.set(upload.id, upload);
  }

  async remove(id: string): Promise<void> {
    await this.context.store.commit([{ delete: [...KEYS.firmwareUpload, id] }]);
    this.#byId.delete(id);
  }
}

const contextOf = (id: string): string => `firmware upload ${id}`;
