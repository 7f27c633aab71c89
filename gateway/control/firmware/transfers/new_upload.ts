import { Buffer } from "node:buffer";
import type { ControlContext } from "../../contract.ts";
import { digestOf } from "./grant_book.ts";
import type { ServingPlace } from "./serving_places.ts";
import type { StoredUpload } from "./upload_book.ts";

/** Where a station is to bring a file. */
export interface UploadPlace {
  readonly id: string;
  readonly url: string;
}

/** A place for one file of a station: what is stored of it, and the URL, whose token is kept nowhere. */
export function newUpload(
  { clock, random }: Pick<ControlContext, "clock" | "random">,
  of: Pick<StoredUpload, "ask" | "csms" | "stationId">,
  { protocol, host }: ServingPlace,
  forMs: number,
): { readonly upload: StoredUpload; readonly place: UploadPlace } {
  const now = clock.now(), token = Buffer.from(random.bytes(16)).toString("base64url");
  const id = Buffer.from(random.bytes(6)).toString("hex");
  const isWeb = protocol === "https" || protocol === "http";
  return {
    upload: {
      ...{ ...of, id, protocol, digest: digestOf(token), state: "asked", forwards: 0 },
      file: Buffer.from(random.bytes(16)).toString("hex"),
      key: Buffer.from(random.bytes(32)).toString("base64"),
      createdAt: now,
      expiresAt: now + forMs,
      dueAt: now + forMs,
    },
    place: { id, url: isWeb ? `${protocol}://${host}/u/${token}/` : `${protocol}://station:${token}@${host}/` },
  };
}
