import { createHash } from "node:crypto";
import { isTransactionMessage } from "../../policies/ocpp.ts";
import { isTooDeep, MESSAGE_TYPE, type OcppFrame, parseFrame } from "./codec.ts";
import type { Side } from "./effects.ts";
import { OCPP_LIMITS } from "./limits.ts";

/**
 * Reads one message of this side. What the codec does not read is read in part when it must pass all the same
 * (invariant 15): a transaction message of a station, or an answer, which may be the one to a transaction message. Beyond a
 * limit then are its nesting (nothing looks at such a payload), or its id: too long, or no text.
 * @throws ProtocolError OCPP_MALFORMED for all else
 */
export function readFrame(from: Side, text: string, bytes?: Uint8Array): OcppFrame {
  try {
    return parseFrame(text, bytes);
  } catch (error) {
    const frame = readBeyond(from, text, bytes);
    if (!frame) throw error;
    return frame;
  }
}

function readBeyond(
  from: Side,
  text: string,
  bytes: Uint8Array = new TextEncoder().encode(text),
): OcppFrame | undefined {
  const parts = parseArray(text);
  const type = parts?.[0], id = parts && idOf(parts[1]);
  if (!parts || id === undefined) return undefined;
  const common = { id, faults: ["beyond-limits"] } as const, isDeep = isTooDeep(bytes);
  switch (type) {
    case MESSAGE_TYPE.call:
    case MESSAGE_TYPE.send: {
      const action = parts[2];
      if (typeof action !== "string" || !isTransactionMessage(from, action)) return undefined;
      return { ...common, type, action, payload: isDeep ? undefined : parts[3] };
    }
    case MESSAGE_TYPE.callResult:
      return { ...common, type, action: "", payload: isDeep ? undefined : parts[2] };
    case MESSAGE_TYPE.callError:
    case MESSAGE_TYPE.callResultError:
      return {
        ...common,
        ...{ type, action: "", payload: isDeep ? undefined : parts[4] },
        ...{ errorCode: textOf(parts[2]), errorDescription: textOf(parts[3]) },
      };
    default:
      return undefined;
  }
}

/** The engine's parser knows no depth at which it breaks; what reads its result does. */
function parseArray(text: string): readonly unknown[] | undefined {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // no JSON: nothing can be read from it
  }
}

/** By what a message and its answer find each other: both sides write the same id. Bounded, however long that is. */
function idOf(value: unknown): string | undefined {
  if (typeof value === "string") {
    return value.length <= OCPP_LIMITS.messageIdCharsMax
      ? value
      : `sha256 ${createHash("sha256").update(value).digest("hex")}`;
  }
  return value === null || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

const textOf = (value: unknown): string => typeof value === "string" ? value : "";
