import { type ChainLine, parseLine } from "./chain.ts";

/** What a syslog sink holds of the chain, by sequence number. */
export interface SinkCopy {
  readonly lines: ReadonlyMap<number, ChainLine>;
  /** Numbers that the sink holds twice with different content: somebody else wrote to it. */
  readonly conflicts: readonly number[];
}

/** Where our line stands in a syslog line: from the first brace to the hash, whatever the receiver put around it. */
const OURS = /^[^{]*(\{.*,"hash":"[0-9a-f]{64}"\})/;

/** Collects our lines from a sink's file of syslog messages or JSON lines; anything else in it is passed over. */
export function readSinkCopy(texts: Iterable<string>): SinkCopy {
  const lines = new Map<number, ChainLine>();
  const conflicts: number[] = [];
  for (const text of texts) {
    const line = parseLine(OURS.exec(text)?.[1] ?? "");
    if (!line) continue;
    const known = lines.get(line.seq);
    if (known && known.hash !== line.hash) conflicts.push(line.seq);
    else lines.set(line.seq, line);
  }
  return { lines, conflicts };
}
