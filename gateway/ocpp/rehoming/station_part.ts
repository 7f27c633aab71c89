import type { Answer } from "../effects.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { findValues, tokenText } from "../outage/token_span.ts";
import type { OwnOutcome } from "../own_calls.ts";
import type { Relay } from "../relay.ts";

/** The payload of a CALL as it was written: what is passed on is passed on byte for byte. */
export function payloadText(bytes: Uint8Array): string {
  const [span] = findValues(bytes, [3]);
  return span ? tokenText(bytes, span) : "{}";
}

/**
 * A payload with only some items of a list, each as it was written, and the custom data of the whole.
 * `keep` says by position which ones.
 */
export function payloadWith(bytes: Uint8Array, list: string, keep: readonly number[]): string {
  const items = keep.flatMap((index) => {
    const [span] = findValues(bytes, [3, list, index]);
    return span ? [tokenText(bytes, span)] : [];
  });
  const [custom] = findValues(bytes, [3, "customData"]);
  const more = custom ? `,"customData":${tokenText(bytes, custom)}` : "";
  return `{${JSON.stringify(list)}:[${items.join(",")}]${more}}`;
}

/** Asks the station itself, by a call of the gateway: the CSMS's own message id stays with the gateway (LC6). */
export function askStation(relay: Relay, action: string, text: string): Promise<OwnOutcome> {
  return relay.call({ action, payloadText: text, timeoutMs: OCPP_LIMITS.rehomeCallMs });
}

/** The station's answer as the answer to the CSMS. */
export function answerOf(outcome: OwnOutcome): Answer {
  switch (outcome.is) {
    case "result":
      return { payload: outcome.payload };
    case "error":
      return { code: outcome.code || "GenericError", description: outcome.description };
    case "none":
      return { code: "GenericError", description: "The station did not answer" };
  }
}

/** A field of whatever came in. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A list in whatever came in; empty when there is none. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}

/** A value as text: numbers and truth values as JSON writes them, all else that is no text is nothing. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** "Rejected" in the words of a version: 2.x says why. */
export function rejected(version: string, reasonCode: string, reason = "") {
  if (version === "ocpp1.6") return { status: "Rejected" };
  return { status: "Rejected", statusInfo: { reasonCode, ...reason ? { additionalInfo: reason.slice(0, 500) } : {} } };
}
