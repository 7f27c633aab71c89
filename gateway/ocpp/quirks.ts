import { quirkFor } from "../../profiles/quirks.ts";
import type { NoteKind } from "./effects.ts";
import { keywordOf } from "./validation.ts";

/** Whether compression may be agreed with the CSMS of a station with these quirks (Q19). */
export function deflatesUpstream(quirks: readonly string[]): boolean {
  return !quirks.includes("no-deflate-csms");
}

/** Text that names the quirk which helps against a symptom, to be put behind a reason; "" when none does. */
export function quirkHint(symptom: string): string {
  const name = quirkFor(symptom);
  return name === undefined ? "" : `; quirk ${name} may help`;
}

/** The symptom that a broken station leg is, by the code of ws or zlib and the close code; "" for others. */
export function legSymptom(errorCode: string | undefined, closeCode: number): string {
  if (closeCode === 1009) return "close 1009";
  const isPacked = errorCode === "WS_ERR_UNEXPECTED_RSV_1" || /^Z_[A-Z_]+$/.test(errorCode ?? "");
  return isPacked ? "close compression" : "";
}

/** The symptom that a noted message is; "" for those that no quirk helps against. */
export function noteSymptom(kind: NoteKind, action: string, why: string): string {
  if (kind === "call-timeout") return `unanswered ${action}`;
  const isFault = kind === "invalid" || kind === "refused" || kind === "reply-invalid";
  return isFault ? `fault ${keywordOf(why) ?? ""}` : "";
}
