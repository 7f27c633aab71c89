import { Buffer } from "node:buffer";
import { plainAction } from "../../policies/plain_action.ts";
import { type OcppFrame, parseFrame } from "./codec.ts";

/**
 * The payload of a CALL or SEND as policies read it: of a signed one what it wraps, a JWS in JSON form whose `payload` is
 * base64url of the plain one (OCPP 2.0.1 Part 4 section 7). undefined when two receivers could read it differently: equal
 * keys twice, base64 with foreign characters, a content that is no single JSON object.
 */
export function plainPayload(frame: OcppFrame): Readonly<Record<string, unknown>> | undefined {
  if (frame.faults.includes("duplicate-keys")) return undefined;
  if (frame.action === plainAction(frame.action)) return asObject(frame.payload);
  const encoded = asObject(frame.payload)?.payload;
  if (typeof encoded !== "string" || !/^[A-Za-z0-9_-]*={0,2}$/.test(encoded)) return undefined;
  return readObject(Buffer.from(encoded, "base64url").toString("utf8"));
}

/**
 * What a Plug & Charge message of OCPP 1.6 carries in `data`, as JSON text or, against the note, as an object; `{}` when
 * it has none. undefined when two receivers could read it differently.
 */
export function innerPayload(payload: unknown): Readonly<Record<string, unknown>> | undefined {
  const data = asObject(payload)?.data ?? "";
  if (data === "") return {};
  return typeof data === "string" ? readObject(data) : asObject(data);
}

/** A text that is one JSON object to every reader. */
function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // Read as a message would be: the same bound on nesting, the same count of members.
    const inner = parseFrame(`[2,"0","inside",${text}]`);
    return inner.faults.length === 0 ? asObject(inner.payload) : undefined;
  } catch {
    return undefined; // no JSON: nothing can be read from it
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Readonly<Record<string, unknown>> : undefined;
}
