import { addRevocation, type Revocation, REVOCATION_EVENTS, stationMark } from "../../store/revocations.ts";
import type { Store } from "../../store/store.ts";
import { BACKUP_LIMITS } from "./limits.ts";

/** What an audit copy gave. */
export interface ReplayReport {
  /** Revocations that the restored store did not know. */
  readonly added: number;
  /** Lines that are no audit records, or too long. */
  readonly skipped: number;
}

/**
 * Replays the revocations of an audit copy into a restored store: lines of the audit segments, of `audit export`, or of a
 * syslog file that holds them. Older ones than the backup change nothing, so the whole copy may be given.
 */
export async function replayRevocations(store: Store, lines: AsyncIterable<string>): Promise<ReplayReport> {
  let added = 0, skipped = 0;
  for await (const line of lines) {
    const record = parseRecord(line);
    if (record === undefined) skipped += line === "" ? 0 : 1;
    else if (record !== "other" && await addRevocation(store, record)) added += 1;
  }
  return { added, skipped };
}

/** The lines of one file, or of every file of a folder in the order of their names; its public keys are no records. */
export async function* readAuditCopy(path: string): AsyncGenerator<string> {
  const files = (await Deno.stat(path)).isDirectory ? await filesOf(path) : [path];
  for (const file of files) yield* linesOf(file);
}

async function filesOf(folder: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).filter((entry) => entry.isFile).map(({ name }) => name);
  return names.filter((name) => !name.endsWith(".pem")).sort().map((name) => `${folder}/${name}`);
}

async function* linesOf(file: string): AsyncGenerator<string> {
  using input = await Deno.open(file);
  let rest = "";
  const decoder = new TextDecoder(), buffer = new Uint8Array(BACKUP_LIMITS.readBytes);
  for (let count = await input.read(buffer); count !== null; count = await input.read(buffer)) {
    const lines = (rest + decoder.decode(buffer.subarray(0, count), { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
    // A line without end must not fill the memory: one character past the limit is enough to be refused.
    if (rest.length > BACKUP_LIMITS.auditLineChars) rest = rest.slice(0, BACKUP_LIMITS.auditLineChars + 1);
  }
  yield rest;
}

/** The revocation that a line records, "other" for any other record, undefined when it is none. */
function parseRecord(line: string): Revocation | "other" | undefined {
  const start = line.indexOf("{");
  if (start < 0 || line.length > BACKUP_LIMITS.auditLineChars) return undefined;
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line.slice(start));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { event, target, outcome } = record, at = Date.parse(String(record["at"]));
  const kind = typeof event === "string" && Object.hasOwn(REVOCATION_EVENTS, event)
    ? REVOCATION_EVENTS[event]
    : undefined;
  if (kind === undefined || outcome !== "ok") return "other";
  if (typeof target !== "string" || !Number.isFinite(at)) return undefined;
  return { kind, id: kind === "station" ? stationMark(target) : target, at };
}
