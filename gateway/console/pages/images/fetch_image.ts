import type { Hono } from "hono";
import { exportImage } from "../../api/images.ts";
import { refuse } from "../../http/refusal.ts";
import { personOf } from "../../http/visitor.ts";
import type { ConsoleParts } from "../../parts.ts";

/** Gives the file of a verified image to whoever may bring one to a controller by hand; control reads it anew before. */
export function mountImageFiles(app: Hono, parts: ConsoleParts): void {
  app.get("/firmware/images/:image/file", async (context) => {
    const person = await personOf(parts, context, true);
    if (!person.may(exportImage.needs)) {
      return await refuse(context, {
        status: 403,
        rule: "roles.firmware-export",
        what: "Your role does not allow this",
      });
    }
    const { sha256, fileName } = await exportImage.call(person, { image: context.req.param("image").slice(0, 64) });
    const file = parts.images === undefined
      ? undefined
      : await Deno.open(`${parts.images}/${sha256}`).catch(() => undefined);
    if (!file) {
      return await refuse(context, {
        status: 404,
        rule: "FIRMWARE_UNKNOWN",
        what: "The file of this image is not in the vault",
        next: "Take it in again",
      });
    }
    const name = fileName.replace(/[^\w.-]/g, "_");
    return context.body(file.readable, 200, {
      "content-type": "application/octet-stream",
      "content-length": String((await file.stat()).size),
      "content-disposition": `attachment; filename="${name}"`,
    });
  });
}
