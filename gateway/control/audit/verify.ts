import { type ChainHead, type ChainLine, checkpointText, GENESIS, linksTo, parseLine } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import type { CheckpointVerifier } from "./signer.ts";
import type { SinkCopy } from "./sink_copy.ts";

/** One line of the segments in file order; `text` is undefined when the bytes are not UTF-8. */
export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string | undefined;
  /** False for bytes after the last newline: a line that was never finished. */
  readonly ended: boolean;
}

/** What is wrong with a line or between two lines. */
export type FaultKind =
  | "unreadable"
  | "edited"
  | "missing"
  | "reordered"
  | "torn"
  | "bad-signature"
  | "unproven-removal"
  | "differs-from-sink"
  | "truncated";

/** One fault: where, which record, and in plain words what. */
export type Fault = {
  readonly kind: FaultKind;
  readonly seq: number;
  readonly where: string;
  readonly what: string;
};

/** A place where the gateway itself said that numbers are left out. */
export type Gap = {
  readonly after: number;
  readonly next: number;
  readonly event: string;
};

/** The answer of a verification; `faults[0]` is the first bad record in file order. */
export type VerifyReport = {
  readonly ok: boolean;
  readonly lines: number;
  readonly first: number;
  readonly last: number;
  /** Last record that a valid signature covers. */
  readonly signedTo: number;
  readonly expired: number;
  readonly gaps: readonly Gap[];
  readonly faults: readonly Fault[];
  readonly faultCount: number;
  /** Set when compared with a sink's copy: lines of ours in it, and those that only the sink still has, as declared. */
  readonly sink?: { readonly lines: number; readonly onlyThere: number };
};

/** Verifies a chain from its lines, its public key and, if given, what a sink holds of it. Opens nothing. */
export async function verifyChain(
  lines: Iterable<SourceLine> | AsyncIterable<SourceLine>,
  verifier: CheckpointVerifier,
  sink?: SinkCopy,
): Promise<VerifyReport> {
  const run = new Verification(verifier, sink);
  for await (const line of lines) await run.take(line);
  return await run.finish();
}

/** Lines of one class in one segment whose content is gone; an expiry line of the chain must cover them. */
interface Removal {
  readonly of: string;
  from: number;
  to: number;
  readonly where: string;
}

class Verification {
  readonly #verifier: CheckpointVerifier;
  readonly #sink: SinkCopy | undefined;
  readonly #faults: Fault[] = [];
  readonly #gaps: Gap[] = [];
  readonly #removals = new Map<string, Removal>();
  readonly #expiries: ChainLine[] = [];
  /** The last line in order; its hash is undefined after an unreadable line, whose successor cannot be checked. */
  #head: { readonly seq: number; readonly hash: string | undefined } | undefined;
  #start: ChainHead | undefined;
  #segment = 0;
  #faultCount = 0;
  #lines = 0;
  #expired = 0;
  #signedTo = 0;
  /** Last valid checkpoint, whatever was wrong before it: expiries up to here were chained by the key's owner. */
  #provenTo = 0;
  #where = "no line";

  constructor(verifier: CheckpointVerifier, sink: SinkCopy | undefined) {
    this.#verifier = verifier;
    this.#sink = sink;
  }

  async take({ file, line: number, text, ended }: SourceLine): Promise<void> {
    this.#where = `${file}:${number}`;
    this.#lines++;
    const expected = (this.#head?.seq ?? 0) + 1;
    const line = ended && text !== undefined ? parseLine(text) : undefined;
    if (!line) {
      const what = ended ? `Record ${expected} cannot be read` : `Record ${expected} was not written to its end`;
      this.#fault(ended ? "unreadable" : "torn", expected, what);
      this.#head = { seq: expected, hash: undefined };
      return;
    }
    this.#start ??= this.#startAt(line);
    this.#head ??= this.#start;
    if (!this.#inOrder(line, this.#head)) return;
    this.#head = line;
    this.#compare(line);
    await this.#content(line);
  }

  async finish(): Promise<VerifyReport> {
    this.#checkStart();
    for (const removal of this.#removals.values()) this.#checkRemoval(removal);
    const onlyThere = this.#sink ? await this.#beyond(this.#sink) : 0;
    return {
      ok: this.#faultCount === 0 && this.#lines > 0,
      lines: this.#lines,
      first: this.#start ? this.#start.seq + 1 : 0,
      last: this.#head?.seq ?? 0,
      signedTo: this.#signedTo,
      expired: this.#expired,
      gaps: this.#gaps,
      faults: this.#faults,
      faultCount: this.#faultCount,
      ...(this.#sink ? { sink: { lines: this.#sink.lines.size, onlyThere } } : {}),
    };
  }

  /** The chain begins at its genesis, or behind segments that expired; the proof of that comes later in the chain. */
  #startAt(line: ChainLine): ChainHead {
    if (line.kind === "segment") return { seq: line.seq - 1, hash: String(line.fields.prev) };
    this.#fault("missing", line.seq, `The header before record ${line.seq} is missing`);
    return { seq: line.seq - 1, hash: "" };
  }

  #inOrder(line: ChainLine, head: { readonly seq: number; readonly hash: string | undefined }): boolean {
    const { seq } = line;
    if (seq <= head.seq) {
      this.#fault("reordered", seq, `Record ${seq} stands after record ${head.seq}`);
      return false;
    }
    const isGap = line.kind === "gap" && line.fields.after === head.seq;
    if (isGap) this.#gaps.push({ after: head.seq, next: seq, event: String(line.fields.event) });
    else if (seq !== head.seq + 1) {
      this.#fault("missing", head.seq + 1, `Records ${head.seq + 1} to ${seq - 1} are missing`);
      return true;
    }
    if (head.hash !== undefined && !linksTo({ seq: head.seq, hash: head.hash }, line)) {
      const start = head === this.#start ? "its header" : `record ${head.seq}`;
      this.#fault("edited", seq, `Record ${seq} does not follow from ${start}: it was edited, or the one before was`);
    }
    return true;
  }

  async #content(line: ChainLine): Promise<void> {
    if (line.kind === "segment") this.#segment = line.seq;
    if (line.kind === "expiry") this.#expiries.push(line);
    if (line.kind === "expired") this.#removed(line);
    if (line.kind === "checkpoint") await this.#checkpoint(line);
  }

  #removed(line: ChainLine): void {
    this.#expired++;
    const name = `${this.#segment} ${line.class}`;
    const removal = this.#removals.get(name);
    if (removal) removal.to = line.seq;
    else this.#removals.set(name, { of: line.class, from: line.seq, to: line.seq, where: this.#where });
  }

  /** A checkpoint signs its predecessor, which is `seq - 1`, or what stood before a gap. */
  async #checkpoint(line: ChainLine): Promise<void> {
    const { site, covers, chain, at, key, signature } = line.fields;
    const signed = { seq: Number(covers), hash: String(chain) };
    const isOurs = signed.seq === line.seq - 1 && linksTo(signed, line);
    const text = checkpointText(String(site), signed, String(at));
    if (isOurs && await this.#verifier(String(key), text, String(signature))) {
      this.#provenTo = signed.seq;
      if (this.#faultCount === 0) this.#signedTo = signed.seq;
      return;
    }
    const since = this.#signedTo > 0 ? `after record ${this.#signedTo}` : "in this chain";
    this.#fault(
      "bad-signature",
      line.seq,
      `Checkpoint ${line.seq} is not signed by the given key: something ${since} was written by another hand`,
    );
  }

  #checkStart(): void {
    const start = this.#start;
    if (!start || (start.seq === GENESIS.seq && start.hash === GENESIS.hash)) return;
    const isProven = this.#proofs("segment").some(({ fields }) =>
      fields.to === start.seq && fields.chain === start.hash
    );
    if (isProven) return;
    const what = `The chain begins at record ${start.seq + 1}, and no signed expiry covers the records before`;
    this.#fault("unproven-removal", start.seq, what);
  }

  #checkRemoval({ of, from, to, where }: Removal): void {
    const isProven = this.#proofs("class").some(({ fields }) =>
      fields.of === of && Number(fields.from) <= from && Number(fields.to) >= to
    );
    if (isProven) return;
    this.#where = where;
    const what = `Records of class ${of} from ${from} to ${to} were emptied, and no signed expiry covers that`;
    this.#fault("unproven-removal", from, what);
  }

  #proofs(scope: string): ChainLine[] {
    return this.#expiries.filter((line) => line.fields.scope === scope && line.seq <= this.#provenTo);
  }

  #compare(line: ChainLine): void {
    const there = this.#sink?.lines.get(line.seq);
    if (there === undefined || there.hash === line.hash) return;
    this.#fault("differs-from-sink", line.seq, `Record ${line.seq} is not the one that was sent to the sink`);
  }

  /** What only the sink has: cut off here, unless it is older than the chain or in a gap that the chain declares. */
  async #beyond(sink: SinkCopy): Promise<number> {
    const last = this.#head?.seq ?? 0;
    const first = this.#start?.seq ?? 0;
    this.#where = "sink copy";
    for (const seq of sink.conflicts) this.#fault("differs-from-sink", seq, `The sink has two records ${seq}`);
    const numbers = [...sink.lines.keys()];
    const declared = numbers.filter((seq) => this.#gaps.some((gap) => seq > gap.after && seq < gap.next));
    const after = numbers.filter((seq) => seq > last).sort((a, b) => a - b);
    if (after.length > 0) {
      const proof = await this.#signedBeyond(sink, last)
        ? "a signed checkpoint there proves it"
        : "it is not signed yet";
      this.#where = "end of the chain";
      const what = `The chain ends at record ${last}, the sink has records up to ${after.at(-1)}; ${proof}`;
      this.#fault("truncated", last + 1, what);
    }
    return declared.length + numbers.filter((seq) => seq <= first).length;
  }

  async #signedBeyond(sink: SinkCopy, last: number): Promise<boolean> {
    for (const { kind, seq, fields } of sink.lines.values()) {
      if (kind !== "checkpoint" || seq <= last) continue;
      const signed = { seq: Number(fields.covers), hash: String(fields.chain) };
      const text = checkpointText(String(fields.site), signed, String(fields.at));
      if (await this.#verifier(String(fields.key), text, String(fields.signature))) return true;
    }
    return false;
  }

  #fault(kind: FaultKind, seq: number, what: string): void {
    this.#faultCount++;
    if (this.#faults.length < AUDIT_LIMITS.verifyFaults) this.#faults.push({ kind, seq, where: this.#where, what });
  }
}
