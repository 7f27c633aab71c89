import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import type { TransferProtocol } from "../../../core/firmware_transfer_api.ts";
import { SealedBook } from "./sealed_book.ts";
import type { UploadAsk } from "./upload_message.ts";

/**
 * Where a file of a station stands. "asked": the station is being asked; "expected": it said that it brings one;
 * "received": sealed on this disk, not at the CSMS yet; "sent": there too; "kept": sealed on this disk, where the gateway
 * wanted it for itself. "failed" and "none" are ends.
 */
export type UploadState = "asked" | "expected" | "received" | "sent" | "kept" | "failed" | "none";

/** One file of a station for its CSMS, or for the gateway. */
export interface StoredUpload {
  readonly id: string;
  readonly stationId: string;
  /** Absent: the gateway itself asked for it. */
  readonly csms?: string;
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
export const isOver = ({ state }: StoredUpload): boolean => !["asked", "expected", "received"].includes(state);

/** Whether the gateway itself asked for it: nothing of it is the CSMS's to know. */
export const isOwn = ({ csms }: Pick<StoredUpload, "csms">): boolean => csms === undefined;

/** Files of stations on record, sealed: URLs may hold a login, and the keys of the files stand here. */
export class UploadBook {
  private constructor(private readonly book: SealedBook<StoredUpload>) {}

  static async open(context: Pick<ControlContext, "sealer" | "store">): Promise<UploadBook> {
    return new UploadBook(await SealedBook.open(context, KEYS.firmwareUpload));
  }

  get(id: string): StoredUpload | undefined {
    return this.book.get(id);
  }

  byDigest(digest: string): StoredUpload | undefined {
    return this.book.all().find((upload) => upload.digest === digest);
  }

  /** In no order: for what is looked at often. */
  each(): readonly StoredUpload[] {
    return this.book.all();
  }

  /** Newest first. */
  all(): readonly StoredUpload[] {
    return this.book.all().toSorted((a, b) => b.createdAt - a.createdAt);
  }

  async put(upload: StoredUpload): Promise<void> {
    await this.book.put(upload.id, upload);
  }

  async remove(id: string): Promise<void> {
    await this.book.remove(id);
  }
}
