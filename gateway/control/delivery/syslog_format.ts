import type { ChainLine } from "../audit/chain.ts";

/** Facility 13 of RFC 5424 section 6.2.1: log audit. */
const FACILITY = 13;
const SEVERITY = { failed: 3, refused: 4, ok: 6 } as const;
const MAX_SEQUENCE_ID = 2_147_483_647;
/** RFC 5612 sets this enterprise number aside for examples; the product has none of its own. */
const ENTERPRISE = 32473;

/**
 * One line of the audit chain as a syslog message (RFC 5424). The message text is the line itself after a BOM, so that a
 * receiver's file is a copy that `audit verify --against` can compare.
 * @param host the site's id: HOSTNAME of the message
 */
export function formatSyslog(line: ChainLine, host: string): string {
  const { at, outcome, event } = line.fields as Record<string, unknown>;
  const severity = SEVERITY[outcome as keyof typeof SEVERITY] ?? SEVERITY.ok;
  const time = typeof at === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at) ? at : "-";
  const head = `<${FACILITY * 8 + severity}>1 ${time} ${printable(host, 255)} bulkhead -`;
  const data = element("meta", { sequenceId: String((line.seq - 1) % MAX_SEQUENCE_ID + 1) }) +
    element(`audit@${ENTERPRISE}`, {
      seq: String(line.seq),
      kind: line.kind,
      class: line.class,
      outcome: typeof outcome === "string" ? outcome : undefined,
    });
  return `${head} ${printable(typeof event === "string" ? event : line.kind, 32)} ${data} \ufeff${line.text}`;
}

/** One SD-ELEMENT; quote, backslash and closing bracket are escaped (section 6.3.3). */
export function element(id: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(parameters).filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${value!.replace(/["\\\]]/g, "\\$&")}"`);
  return `[${id}${parts.join("")}]`;
}

/** A header field: printable ASCII without spaces, bounded, never empty. */
function printable(text: string, chars: number): string {
  return text.replace(/[^\x21-\x7e]/g, "?").slice(0, chars) || "-";
}
