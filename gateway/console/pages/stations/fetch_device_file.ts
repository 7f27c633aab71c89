import { Buffer } from "node:buffer";
import type { Hono } from "hono";
import { readDeviceFile } from "../../api/device_work.ts";
import { refuse } from "../../http/refusal.ts";
import { personOf } from "../../http/visitor.ts";
import type { ConsoleParts } from "../../parts.ts";

/** Gives a controller's file out of its sealed copy, piece by piece as the browser takes it; control records the first. */
export function mountDeviceFiles(app: Hono, parts: ConsoleParts): void {
  app.get("/stations/:station/device/files/:file", async (context) => {
    const person = await personOf(parts, context, true), id = context.req.param("file").slice(0, 64);
    if (!person.may(readDeviceFile.needs)) {
      return await refuse(context, { status: 403, rule: "roles.device-file", what: "Your role does not allow this" });
    }
    const first = await readDeviceFile.call(person, { id, from: 0 });
    let next: Uint8Array<ArrayBuffer> | undefined = bytesOf(first.piece), at = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const piece = next ?? bytesOf((await readDeviceFile.call(person, { id, from: at })).piece);
        next = undefined;
        at += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        if (at >= first.bytes || piece.length === 0) controller.close();
      },
    });
    return context.body(body, 200, {
      "content-type": "application/octet-stream",
      "content-length": String(first.bytes),
      "content-disposition": `attachment; filename="${first.fileName.replace(/[^\w.-]/g, "_")}"`,
    });
  });
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64, "base64"));
