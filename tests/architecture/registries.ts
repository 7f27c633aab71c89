import { COMMANDS } from "../../gateway/cli/command_table.ts";
import { ALARM_KINDS } from "../../gateway/control/alarm_kinds.ts";
import { AUDIT_EVENTS } from "../../gateway/control/audit_events.ts";
import { ERROR_CODES } from "../../gateway/core/error_codes.ts";
import { METRICS } from "../../gateway/core/metric_names.ts";
import type { CodeText } from "./literals.ts";

/** One list of names that are API: kept for ever, documented, used. */
export interface Registry {
  readonly what: string;
  readonly file: string;
  readonly names: readonly string[];
  /** What a name looks like. */
  readonly form: RegExp;
  /** Says whether a text in code claims to be a name of this list; undefined where the types already check it. */
  readonly claims?: (text: CodeText) => boolean;
}

const DOTTED = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/;

/** Every registry. */
export const REGISTRIES: readonly Registry[] = [
  {
    what: "error code",
    file: "gateway/core/error_codes.ts",
    names: Object.keys(ERROR_CODES),
    form: /^[A-Z]+(_[A-Z0-9]+)+$/,
  },
  {
    what: "metric",
    file: "gateway/core/metric_names.ts",
    names: Object.keys(METRICS),
    form: /^bulkhead_[a-z0-9]+(_[a-z0-9]+)+$/,
    claims: ({ text }) => /^bulkhead_[a-z0-9_]+$/.test(text),
  },
  {
    what: "audit event",
    file: "gateway/control/audit_events.ts",
    names: Object.keys(AUDIT_EVENTS),
    form: DOTTED,
    claims: ({ text, property }) => property === "event" && DOTTED.test(text),
  },
  {
    what: "alarm kind",
    file: "gateway/control/alarm_kinds.ts",
    names: Object.keys(ALARM_KINDS),
    form: DOTTED,
    claims: ({ text, property, firstArgumentOf }) => {
      if (!DOTTED.test(text)) return false;
      return property === "kind" || firstArgumentOf === "clear" || firstArgumentOf === "raise";
    },
  },
  {
    what: "command",
    file: "gateway/cli/command_table.ts",
    names: COMMANDS.map(({ name }) => name),
    form: /^[a-z]+(-[a-z]+)*( [a-z]+(-[a-z]+)*)*$/,
  },
];
