import { createHash } from "node:crypto";
import { findValues, replaceSpans, tokenText } from "./token_span.ts";
import { STAND_IN_LIMITS } from "./limits.ts";

/**
 * The id under which a kept message is sent when its own is taken or was answered with an error: the same after a
 * restart of the gateway, so that a CSMS can tell a repetition. A UUID made of SHA-256.
 */
export function derivedId(stationId: string, sequence: number, attempt: number): string {
  const hash = createHash("sha256").update(`${stationId} ${sequence} ${attempt}`).digest("hex");
  const variant = "89ab"[parseInt(hash[16]!, 16) & 3];
  const groups = [hash.slice(0, 8), hash.slice(8, 12), `4${hash.slice(13, 16)}`, `${variant}${hash.slice(17, 20)}`];
  return [...groups, hash.slice(20, 32)].join("-");
}

/** The message with another id: only the id's token changes. `token` is JSON, as `"a-1"` or `17`. */
export function withId(bytes: Uint8Array, token: string): Uint8Array {
  return replaceSpans(bytes, findValues(bytes, [1]), token);
}

/** The id of a message as it was written. */
export function idToken(bytes: Uint8Array): string {
  const [span] = findValues(bytes, [1]);
  return span ? tokenText(bytes, span) : `"-1"`;
}

/** Ids used on one CSMS connection for kept messages: none may be used on it a second time (LC12). */
export class UsedIds {
  readonly #ids = new Set<string>();

  /** @returns false when the id was used already */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    if (this.#ids.size >= STAND_IN_LIMITS.usedIds) this.#ids.delete(this.#ids.values().next().value!);
    this.#ids.add(id);
    return true;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  clear(): void {
    this.#ids.clear();
  }
}
