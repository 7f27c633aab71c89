import { Buffer } from "node:buffer";
import { ConfigError } from "../core/errors.ts";
import { FIRMWARE_LIMITS } from "../firmware/limits.ts";

/**
 * A vendor's signature, certificate or .minisig from a file, as text: PEM and base64 as they are, a binary one as base64.
 * @throws ConfigError CFG_UNREADABLE
 */
export async function vendorText(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const bytes = await Deno.readFile(file);
    if (bytes.length > FIRMWARE_LIMITS.certificateChars * 2) throw new RangeError(`it has ${bytes.length} bytes`);
    const isText = bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || byte >= 32 && byte < 127);
    return isText ? new TextDecoder().decode(bytes) : Buffer.from(bytes).toString("base64");
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read the file "${file}"`, { cause });
  }
}
