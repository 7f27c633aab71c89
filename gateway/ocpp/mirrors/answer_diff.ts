import { MESSAGE_TYPE, type OcppFrame } from "../codec.ts";
import { MIRROR_LIMITS } from "./limits.ts";

/** One field in which two CSMS answered the same message differently. */
export interface AnswerDifference {
  readonly action: string;
  /** "answer" itself (result or which error), or a field as "idTagInfo.status". */
  readonly field: string;
  readonly primary: string;
  readonly shadow: string;
}

/**
 * Fields that decide what a station does. Ids and times differ between any two CSMS and are left out: 1.6 and 2.x by
 * name, so that one list serves all versions.
 */
const FIELDS: readonly (readonly string[])[] = [
  ["status"],
  ["interval"],
  ["idTagInfo", "status"],
  ["idTokenInfo", "status"],
  ["certificateStatus"],
  ["statusInfo", "reasonCode"],
];

/** In which decisive fields two answers differ; empty when they say the same. Pure. */
export function diffAnswers(action: string, primary: OcppFrame, shadow: OcppFrame): readonly AnswerDifference[] {
  const differs = (field: string, one: string, other: string): AnswerDifference[] =>
    one === other ? [] : [{ action, field, primary: shorten(one), shadow: shorten(other) }];
  const kinds = differs("answer", kindOf(primary), kindOf(shadow));
  if (kinds.length > 0 || primary.type !== MESSAGE_TYPE.callResult) return kinds;
  return FIELDS.flatMap((path) => differs(path.join("."), fieldOf(primary, path), fieldOf(shadow, path)));
}

function kindOf({ type, errorCode }: OcppFrame): string {
  return type === MESSAGE_TYPE.callResult ? "result" : `error ${errorCode ?? ""}`;
}

function fieldOf({ payload }: OcppFrame, path: readonly string[]): string {
  let value: unknown = payload;
  for (const key of path) {
    value = typeof value === "object" && value !== null
      ? Object.entries(value).find(([name]) => name === key)?.[1]
      : undefined;
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : "-";
}

function shorten(text: string): string {
  return text.length <= MIRROR_LIMITS.sampleChars ? text : `${text.slice(0, MIRROR_LIMITS.sampleChars - 1)}…`;
}
