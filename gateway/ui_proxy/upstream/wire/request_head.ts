import { ProtocolError } from "../../../core/errors.ts";
import type { HeaderField } from "../../device_headers.ts";
import type { BodyLength } from "../../request_head.ts";

/** What of a request stands in its head. */
export interface HeadOf {
  readonly method: string;
  /** Path with query in canonical form. */
  readonly target: string;
  readonly headers: readonly HeaderField[];
  readonly bodyLength: BodyLength;
  /** Host and port of the device, for a request that names none. */
  readonly host: string;
}

const WRITES: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * The head of a request as bytes of Latin-1 (RFC 9112 section 3). Everything in it was judged before; this is the last place that
 * keeps a line break in a cookie or a token from becoming a request of its own.
 * @throws ProtocolError UI_DEVICE_STRANGE for what no head may hold, or a body whose length nobody knows
 */
export function writeRequestHead({ method, target, headers, bodyLength, host }: HeadOf): string {
  if (bodyLength === "chunked") throw strange("a body whose length nobody knows");
  const fields = new Map<string, string>();
  for (const [name, value] of headers) fields.set(name.toLowerCase(), value);
  if (!fields.has("host")) fields.set("host", host);
  if (!fields.has("connection")) fields.set("connection", "keep-alive");
  if (bodyLength > 0 || WRITES.has(method)) fields.set("content-length", String(bodyLength));
  if (!/^[A-Z]+ \/[\x21-\x7e]*$/.test(`${method} ${target}`)) throw strange("a target that is none");
  let text = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of fields) {
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw strange(`the field ${name}`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

function strange(what: string): ProtocolError {
  return new ProtocolError("UI_DEVICE_STRANGE", `A request to the device cannot be written: ${what}`, {
    hint: "What the device itself set as a cookie or token may be the cause; log in anew",
  });
}
