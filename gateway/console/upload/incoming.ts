import type { Context } from "hono";
import { GatewayError } from "../../core/errors.ts";
import type { ConsoleParts } from "../parts.ts";
import type { DropFolder } from "./drop_folder.ts";
import type { IncomingFile } from "./receive_file.ts";

/** The drop folder. @throws GatewayError FIRMWARE_REFUSED when the site takes no firmware */
export function dropOf({ drop }: ConsoleParts): DropFolder {
  if (drop) return drop;
  throw new GatewayError(
    "FIRMWARE_REFUSED",
    "The site has no firmware: section in site.yaml, so that it takes no files",
    {
      hint: "docs/firmware.md shows one",
    },
  );
}

/** The body of a request as a file on its way in; from now on it may take longer than that of other requests. */
export function incomingFile(context: Context, parts: ConsoleParts): IncomingFile {
  const { clock, timers } = parts;
  return {
    contentType: context.req.header("content-type") ?? "",
    body: parts.longBody(context),
    watch: { clock, timers },
  };
}
