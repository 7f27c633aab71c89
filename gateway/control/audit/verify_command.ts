import { GatewayError, IntegrityError } from "../../core/errors.ts";
import type { CommandArgs, CommandResult } from "../contract.ts";
import { PUBLIC_KEY_FILE } from "./public_key.ts";
import { listSegments } from "./segments.ts";
import { createVerifier } from "./signer.ts";
import { readSinkCopy } from "./sink_copy.ts";
import { type SourceLine, verifyChain, type VerifyReport } from "./verify.ts";

/**
 * `audit verify`: needs only the folder of segments and the public key, and no running gateway.
 * @param dir `<dataDir>/audit`, or a copy of it named by --dir
 * @throws GatewayError CLI_USAGE when the sink's copy cannot be read, IntegrityError AUDIT_KEY_INVALID
 */
export async function runAuditVerify(args: CommandArgs, dir: string): Promise<CommandResult> {
  const folder = typeof args.dir === "string" ? args.dir : dir;
  const keyFile = typeof args.key === "string" ? args.key : `${folder}/${PUBLIC_KEY_FILE}`;
  const verifier = await createVerifier(await readKey(keyFile));
  const sink = typeof args.against === "string" ? readSinkCopy((await readCopy(args.against)).split("\n")) : undefined;
  const report = await verifyChain(readSegmentLines(folder), verifier, sink);
  return { text: describeReport(report), data: report, ok: report.ok };
}

/** The lines of all segments of a folder, oldest first. */
export async function* readSegmentLines(dir: string): AsyncGenerator<SourceLine> {
  for (const { path } of await listSegments(dir)) {
    const bytes = await Deno.readFile(path);
    const file = path.slice(path.lastIndexOf("/") + 1);
    for (let start = 0, line = 1; start < bytes.length; line++) {
      const end = bytes.indexOf(10, start);
      const part = bytes.subarray(start, end < 0 ? bytes.length : end);
      yield { file, line, text: decode(part), ended: end >= 0 };
      start = end < 0 ? bytes.length : end + 1;
    }
  }
}

/** The report for people: what is wrong first, then what was looked at. */
export function describeReport(report: VerifyReport): string {
  if (report.lines === 0) return "There is no audit chain in this folder";
  const { faults, faultCount, lines, first, last, signedTo, expired, gaps, sink } = report;
  const rows = faults.map(({ where, what }) => `${where}: ${what}`);
  if (faultCount > faults.length) rows.push(`... and ${faultCount - faults.length} more`);
  rows.push(
    report.ok ? "The audit chain is intact" : `The audit chain is NOT intact: first bad record ${faults[0]!.seq}`,
  );
  rows.push(`  ${lines} lines, records ${first} to ${last}, signed up to ${signedTo}, ${expired} past their retention`);
  for (const gap of gaps) rows.push(`  declared gap: ${gap.event}, no numbers between ${gap.after} and ${gap.next}`);
  if (sink) {
    rows.push(`  sink copy: ${sink.lines} records, ${sink.onlyThere} of them only there, as the chain declares`);
  }
  return rows.join("\n");
}

/** Without the key nothing was verified: a failure (exit code 1), whatever the chain looks like. */
async function readKey(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new IntegrityError("AUDIT_KEY_INVALID", `Cannot read the public key "${path}": nothing was verified`, {
      cause,
      hint: `Name your copy of it with --key FILE; a gateway writes ${PUBLIC_KEY_FILE} beside its audit segments, ` +
        "and --dir names a folder of segments elsewhere",
    });
  }
}

async function readCopy(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new GatewayError("CLI_USAGE", `Cannot read the sink's copy "${path}"`, { cause });
  }
}

/** Strict UTF-8: bytes that are not ours must not become a replacement character that might be. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
