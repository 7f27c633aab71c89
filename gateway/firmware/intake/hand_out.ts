import { Buffer } from "node:buffer";
import { ZipWriter } from "@zip.js/zip.js";
import { makePrivateFolder } from "../../../hal/durable_file.ts";
import { describeError, StorageError } from "../../core/errors.ts";
import type { FirmwareTransferWorkerApi } from "../../core/firmware_transfer_api.ts";
import type { RpcArgs } from "../../core/rpc.ts";
import { plainFileName } from "../serving/codec_target.ts";
import { filling, openSealed } from "../../core/sealed_file.ts";

/** A sealed file that a person is to be given. */
export type HandOutOrder = RpcArgs<FirmwareTransferWorkerApi, "firmware.hand-out">;

/** Folders of sealed files and of ZIPs that wait to be fetched. */
export interface HandOutFolders {
  readonly sealed: string;
  readonly handOuts: string;
}

/**
 * Makes an AES-256 ZIP (WinZip AE-2) of a sealed file, piece by piece: no plain byte stands on the disk, and programs that
 * people have open it. The ZIP stands under its name when it is whole.
 * @returns its bytes
 * @throws StorageError UPLOAD_BROKEN when the sealed file was changed, UPLOAD_FULL when the disk takes no more
 */
export async function handOut(order: HandOutOrder, { sealed, handOuts }: HandOutFolders): Promise<number> {
  for (const name of [order.file, order.handOut]) {
    if (!/^[0-9a-f]{1,64}$/.test(name)) throw new Error(`"${name}" is no name of a file`);
  }
  await makePrivateFolder(handOuts);
  const path = `${handOuts}/${order.handOut}`, part = `${path}.part`;
  try {
    const out = await Deno.open(part, { write: true, createNew: true, mode: 0o600 });
    // 3 is AES-256; it also makes the archive say so
    const zip = new ZipWriter(out.writable, { password: order.password, encryptionStrength: 3, useWebWorkers: false });
    try {
      await zip.add(
        plainFileName(order.fileName),
        ReadableStream.from(plainParts(`${sealed}/${order.file}`, order.key)),
      );
      await zip.close();
    } catch (error) {
      await out.writable.abort(error).catch(() => {}); // the first fault counts
      throw error;
    }
    await Deno.rename(part, path);
    return (await Deno.stat(path)).size;
  } catch (cause) {
    await Deno.remove(part).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it was never begun
    });
    if ((cause as { code?: string }).code === "UPLOAD_BROKEN") throw cause;
    throw new StorageError("UPLOAD_FULL", `The file cannot be handed out: ${describeError(cause)}`, {
      cause,
      hint: "Look at the data disk with `status`; nothing of the ZIP stays",
    });
  }
}

async function* plainParts(path: string, key: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  yield* openSealed(Buffer.from(key, "base64"), filling(file));
}
