import type { Hono } from "hono";
import { handOutStationLog } from "../../api/station_logs.ts";
import { refuse } from "../../http/refusal.ts";
import { personOf } from "../../http/visitor.ts";
import type { ConsoleParts } from "../../parts.ts";

/** Gives a ZIP that was handed out to whoever may hand one out and knows its name; nothing of it is read otherwise. */
export function mountHandOuts(app: Hono, parts: ConsoleParts): void {
  app.get("/logs/hand-outs/:handout", async (context) => {
    const person = await personOf(parts, context, true), id = context.req.param("handout");
    if (!person.may(handOutStationLog.needs)) {
      return await refuse(context, {
        status: 403,
        rule: "roles.firmware-hand-out",
        what: "Your role does not allow this",
      });
    }
    const file = parts.handOuts !== undefined && /^[0-9a-f]{32}$/.test(id)
      ? await Deno.open(`${parts.handOuts}/${id}`).catch(() => undefined)
      : undefined;
    if (!file) {
      return await refuse(context, {
        status: 404,
        rule: "UPLOAD_UNKNOWN",
        what: "Nothing is handed out by this name",
        next: "It goes after an hour and with a restart: hand the file out again",
      });
    }
    return context.body(file.readable, 200, {
      "content-type": "application/zip",
      "content-length": String((await file.stat()).size),
      "content-disposition": `attachment; filename="station-log-${id.slice(0, 8)}.zip"`,
    });
  });
}
