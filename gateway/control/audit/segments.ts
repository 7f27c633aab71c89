import { StorageError } from "../../core/errors.ts";
import { type ChainHead, type ChainLine, expireLine, GENESIS, linksTo, parseLine } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";

/** One segment file. Its name is the sequence number of its first line, so that names sort as lines do. */
export interface Segment {
  readonly path: string;
  readonly first: number;
  /** Wall time of its header, milliseconds. */
  readonly startedAt: number;
  /** Grows when the file is rewritten: a reader's offset is only good for one generation. */
  readonly generation: number;
}

/** What was found at the end of the newest segment when it was opened. */
export interface Recovery {
  /** Bytes of a line that was being written when the box stopped; nobody was told of it. */
  readonly tornBytes: number;
  /** First sequence number of the newest segment that does not link to the line before it: somebody changed the file. */
  readonly brokenAt?: number;
}

const NEWLINE = 10;

/**
 * The segment files of one chain: append and fsync, rotation, recovery, rewriting of what expired. The head moves only
 * after the fsync, so what a reader sees here is what was acknowledged.
 */
export class SegmentFiles {
  readonly #dir: string;
  #segments: Segment[] = [];
  #file: Deno.FsFile | undefined;
  #size = 0;
  #mustTruncate = false;
  #current: string | undefined;
  head: ChainHead = GENESIS;
  /** The last stored line, for its wall time. */
  last: ChainLine | undefined;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Opens the folder (made with mode 0700), drops a torn tail and finds the head of the chain. */
  static async open(dir: string): Promise<{ readonly files: SegmentFiles; readonly recovery: Recovery }> {
    await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
    const files = new SegmentFiles(dir);
    files.#segments = await listSegments(dir);
    let recovery: Recovery = { tornBytes: 0 };
    // A newest file without one whole line was just being made: it goes, the head is in the one before.
    for (let index = files.#segments.length - 1; index >= 0 && !files.last; index--) {
      const found = await files.#recover(files.#segments[index]!);
      recovery = { ...found, tornBytes: found.tornBytes + recovery.tornBytes };
    }
    return { files, recovery };
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Bytes of the current segment that are stored; 0 means that the next line must be its header. */
  get size(): number {
    return this.#size;
  }

  /** Stores lines with one write and one fsync. @throws StorageError AUDIT_WRITE_FAILED: none of them is acknowledged */
  async append(lines: readonly ChainLine[]): Promise<void> {
    const bytes = new TextEncoder().encode(lines.map((line) => `${line.text}\n`).join(""));
    try {
      if (this.#mustTruncate) await this.#truncate();
      const file = this.#file ?? await this.#openCurrent(lines[0]!);
      this.#mustTruncate = true;
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.syncData();
    } catch (error) {
      throw new StorageError("AUDIT_WRITE_FAILED", `Cannot store ${lines.length} audit lines in ${this.#dir}`, {
        cause: error,
        hint: "Free space on the data disk; nothing was acknowledged and callers will repeat",
      });
    }
    this.#mustTruncate = false;
    this.#size += bytes.length;
    this.last = lines.at(-1)!;
    this.head = this.last;
  }

  /** Closes the current segment; the next append starts a new file. */
  rotate(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#current = undefined;
    this.#size = 0;
    this.#mustTruncate = false;
  }

  /** Bytes of a segment that are stored; what stands behind them was never acknowledged. */
  readable(segment: Segment): number {
    return segment.path === this.#current ? this.#size : Number.MAX_SAFE_INTEGER;
  }

  /** Replaces lines for which `isExpired` holds by their stubs, atomically; answers how many. Not for the current segment. */
  async expire(segment: Segment, isExpired: (line: ChainLine) => boolean): Promise<number> {
    let count = 0;
    const text = (await Deno.readTextFile(segment.path)).split("\n").map((raw) => {
      const line = parseLine(raw);
      if (!line || line.kind !== "record" || !isExpired(line)) return raw;
      count++;
      return expireLine(line).text;
    }).join("\n");
    if (count === 0) return 0;
    const temporary = `${segment.path}.new`;
    const file = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o600 });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, segment.path);
    await this.#syncFolder();
    this.#replace(segment, { ...segment, generation: segment.generation + 1 });
    return count;
  }

  /** Link hash of the line that a segment's header follows. */
  async lastHashBefore(segment: Segment): Promise<string> {
    const header = await readHeader(segment.path);
    return String(header?.fields.prev);
  }

  /** Deletes the oldest segment. */
  async remove(segment: Segment): Promise<void> {
    await Deno.remove(segment.path);
    await this.#syncFolder();
    this.#segments = this.#segments.filter((item) => item.path !== segment.path);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #replace(old: Segment, next: Segment): void {
    this.#segments = this.#segments.map((item) => item.path === old.path ? next : item);
  }

  async #openCurrent(header: ChainLine): Promise<Deno.FsFile> {
    const path = `${this.#dir}/${segmentName(header.seq)}`;
    this.#file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
    this.#current = path;
    this.#segments.push({ path, first: header.seq, startedAt: Date.parse(String(header.fields.at)), generation: 0 });
    await this.#syncFolder();
    return this.#file;
  }

  async #truncate(): Promise<void> {
    await this.#file?.truncate(this.#size);
    this.#mustTruncate = false;
  }

  async #recover(segment: Segment): Promise<Recovery> {
    const bytes = await Deno.readFile(segment.path);
    const { lines, goodBytes } = readLines(bytes);
    const header = lines[0];
    if (!header) {
      await this.remove(segment);
      return { tornBytes: bytes.length };
    }
    if (goodBytes < bytes.length) await Deno.truncate(segment.path, goodBytes);
    this.last = lines.at(-1)!;
    this.head = this.last;
    if (segment === this.#segments.at(-1)) {
      this.#size = goodBytes;
      this.#current = segment.path;
      this.#file = await Deno.open(segment.path, { append: true });
      await this.#file.sync(); // the truncation must be on disk before anything is added
    }
    const broken = lines.find((line, index) => index > 0 && !linksTo(lines[index - 1]!, line));
    return { tornBytes: bytes.length - goodBytes, ...(broken ? { brokenAt: broken.seq } : {}) };
  }

  async #syncFolder(): Promise<void> {
    using folder = await Deno.open(this.#dir);
    await folder.sync();
  }
}

/** File name of the segment whose first line has this number. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, "0")}.jsonl`;
}

/** The segment files of a folder, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    if (!/^\d{16}\.jsonl$/.test(name)) continue;
    const path = `${dir}/${name}`;
    segments.push({ path, first: Number(name.slice(0, 16)), startedAt: await startOf(path), generation: 0 });
  }
  return segments.sort((a, b) => a.first - b.first);
}

async function startOf(path: string): Promise<number> {
  const header = await readHeader(path);
  return header ? Date.parse(String(header.fields.at)) : 0;
}

async function readHeader(path: string): Promise<ChainLine | undefined> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(2_048);
  const length = await file.read(bytes) ?? 0;
  return parseLine(new TextDecoder().decode(bytes.subarray(0, length)).split("\n")[0]!);
}

/** The lines of ours in a file and the bytes up to the end of the last one; what follows is torn. */
function readLines(bytes: Uint8Array): { readonly lines: readonly ChainLine[]; readonly goodBytes: number } {
  const lines: ChainLine[] = [];
  let goodBytes = 0;
  for (let start = 0, end = bytes.indexOf(NEWLINE); end >= 0; start = end + 1, end = bytes.indexOf(NEWLINE, start)) {
    if (end - start > AUDIT_LIMITS.lineBytes) continue;
    const line = parseLine(new TextDecoder().decode(bytes.subarray(start, end)));
    if (!line) continue; // a damaged line between good ones is named by the link check, not cut away
    lines.push(line);
    goodBytes = end + 1;
  }
  return { lines, goodBytes };
}
