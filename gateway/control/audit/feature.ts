import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "../contract.ts";
import { ALARM_KINDS } from "../alarm_kinds.ts";
import type { ChainLine } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import { type AuditChain, retentionOf } from "./mod.ts";
import { createVerifier } from "./signer.ts";
import { verifyChain } from "./verify.ts";
import { describeReport, readSegmentLines } from "./verify_command.ts";
import { matchesQuery, readNumber, readQuery } from "./query.ts";

const MAX = Number.MAX_SAFE_INTEGER;

/** What the audit feature uses of control's context. */
export type AuditFeatureContext = Pick<ControlContext, "site">;

/** The audit chain as a feature of control: records of Workers, `audit tail`, `audit export`, retention on reload. */
export function createAuditFeature(
  _context: AuditFeatureContext,
  audit: AuditChain,
  dir?: string,
): ControlFeature {
  return {
    name: "audit",
    handlers: { "audit.record": (event) => audit.record(event) },
    commands: {
      "audit export": (args) => exportLines(audit, args),
      "audit tail": (args) => tailLines(audit, args),
      // the command line does the same by itself, without a running gateway
      ...dir === undefined ? {} : { "audit verify": () => verifyRunning(audit, dir) },
    },
    health: () =>
      audit.failing ? { state: "degraded", why: ALARM_KINDS["audit.write.failed"].meaning } : { state: "ok" },
    reconfigure: async (site) => audit.setRetention(retentionOf(site.audit)),
  };
}

/** Verifies the chain while it grows: what is still being written is signed first, and a torn end is looked at again. */
async function verifyRunning(audit: AuditChain, dir: string): Promise<CommandResult> {
  await audit.checkpoint();
  const verifier = await createVerifier(audit.publicPem);
  let report = await verifyChain(readSegmentLines(dir), verifier);
  if (report.faults.every(({ kind }) => kind === "torn")) report = await verifyChain(readSegmentLines(dir), verifier);
  return { text: describeReport(report), data: report, ok: report.ok };
}

/** The last lines, or those behind --after, which is how a follower asks again. */
async function tailLines(audit: AuditChain, args: CommandArgs): Promise<CommandResult> {
  const count = readNumber(args.lines, "lines", 20, AUDIT_LIMITS.tailRecords);
  const after = readNumber(args.after, "after", Math.max(0, audit.head.seq - count), MAX);
  const reader = audit.reader(after);
  const lines: ChainLine[] = [];
  while (lines.length < count) {
    const more = await reader.next(count - lines.length);
    if (more.length === 0) break;
    lines.push(...more);
  }
  return {
    text: lines.map(describeLine).join("\n"),
    data: { lines: lines.map(({ text }) => text), last: lines.at(-1)?.seq ?? after },
  };
}

/** Lines that match as JSON lines. An answer is bounded: `next` is the --after of the next one. */
async function exportLines(audit: AuditChain, args: CommandArgs): Promise<CommandResult> {
  const query = readQuery(args);
  const reader = audit.reader(readNumber(args.after, "after", 0, MAX));
  const lines: string[] = [];
  let bytes = 0, next: number | undefined;
  for (let more = await reader.next(500); more.length > 0; more = await reader.next(500)) {
    for (const line of more.filter((line) => matchesQuery(line, query))) {
      lines.push(line.text);
      bytes += line.text.length + 1;
    }
    if (bytes < AUDIT_LIMITS.exportBytes) continue;
    next = more.at(-1)!.seq;
    break;
  }
  return { text: lines.join("\n"), data: { lines, ...(next === undefined ? {} : { next }) } };
}

/** One line for people: time, number, outcome, event, who, on what, why. */
export function describeLine({ seq, kind, fields }: ChainLine): string {
  const { at, event, who, target, outcome, rule, source, detail } = fields as Record<string, unknown>;
  const facts = Object.entries((detail ?? {}) as Record<string, unknown>).map(([key, value]) => `${key}=${value}`);
  const parts = [
    at,
    `#${seq}`,
    outcome,
    event ?? kind,
    who,
    source && `from ${source}`,
    target && `on ${target}`,
    rule && `by rule ${rule}`,
    ...facts,
  ];
  // deno-lint-ignore no-control-regex -- a peer's words must not steer the reader's terminal
  return parts.filter((part) => part).join(" ").replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
