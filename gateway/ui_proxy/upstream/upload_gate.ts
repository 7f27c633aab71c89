import type { Readable } from "node:stream";
import type { DeviceLinkControlApi } from "../../core/device_link_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Rpc } from "../../core/rpc.ts";
import { type Door, door } from "./door.ts";
import type { LinkRequest } from "./link.ts";
import { scanUpload, type UploadedFile } from "./multipart_scan.ts";
import type { Spool, Spooled } from "./spool.ts";

/** What judges uploads. */
export interface UploadParts {
  readonly control: Pick<Rpc<DeviceLinkControlApi>, "call">;
  readonly spool?: Spool;
}

/** The upload, kept and verified; or the door that says why no byte of it goes to the device. */
export async function judgeUpload(
  request: Pick<LinkRequest, "headers">,
  body: Readable,
  session: string,
  { control, spool }: UploadParts,
): Promise<Spooled | Door> {
  if (!spool) return door("ui.door.upload-wait", { why: "this gateway keeps no uploads" });
  let kept: Spooled | undefined;
  try {
    const scan = scanUpload(request.headers.find(([name]) => name === "content-type")?.[1]);
    kept = await spool.take(body as AsyncIterable<Uint8Array>, (piece) => scan.push(piece));
    const shut = await firstUnverified(scan.end(), session, control);
    if (!shut) return kept;
    kept.close();
    return shut;
  } catch (error) {
    kept?.close();
    body.destroy();
    return doorOf(error);
  }
}

async function firstUnverified(
  files: readonly UploadedFile[],
  session: string,
  control: UploadParts["control"],
): Promise<Door | undefined> {
  for (const { sha256, bytes } of files) {
    const { verified, why = "the vault does not know it" } = await control.call("device.image.verdict", {
      session,
      sha256,
      bytes,
    });
    if (!verified) return door("ui.door.image", { sha256, why });
  }
  return undefined;
}

function doorOf(error: unknown): Door {
  const code = error instanceof GatewayError ? error.code : "";
  if (code === "UI_UPLOAD_TOO_LONG") return door("ui.door.upload-size");
  if (code === "UI_SPOOL_FULL" || code === "UI_SPOOL_FAILED") {
    return door("ui.door.upload-wait", { why: describeError(error) });
  }
  if (code === "ACCESS_REFUSED") return door("ui.door.ended");
  if (code.startsWith("RPC_")) return door("ui.door.control");
  return door("ui.door.upload", { why: describeError(error) });
}
