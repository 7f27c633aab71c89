import { Buffer } from "node:buffer";
import { ConfigError } from "../core/errors.ts";
import type { SiteFiles } from "../core/conduit.ts";

/** Files read by main, as base64 by the path written in site.yaml. */
export type FileContents = Readonly<Record<string, string>>;

/** The files of the loaded configuration, for features of control. */
export function siteFiles(contents: () => FileContents): SiteFiles {
  const bytes = (path: string): Uint8Array<ArrayBuffer> => {
    const content = contents()[path];
    if (content === undefined) {
      throw new ConfigError("CFG_UNREADABLE", `File "${path}" is not part of the loaded configuration`, {
        hint: "Run `check`",
      });
    }
    return new Uint8Array(Buffer.from(content, "base64"));
  };
  return { bytes, text: (path) => new TextDecoder().decode(bytes(path)) };
}
