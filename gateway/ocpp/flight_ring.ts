import { Buffer } from "node:buffer";

/** One line as it was kept. */
export interface FlightLine {
  /** Wall milliseconds. */
  readonly at: number;
  /** A small number that the recorder has a name for. */
  readonly kind: number;
  /** As received, to be stripped before anyone sees it; else the gateway's own text. */
  readonly isRaw: boolean;
  readonly text: string;
}

/** Bytes of a line beside its text: length, time, kind and whether it is raw. */
export const LINE_COST = 14;
/** Where the numbers of a line are made: the checks of Buffer's own writers cost more than the copy. */
const HEAD = new Uint8Array(12);
const SIZE_AND_TIME = new DataView(HEAD.buffer);
/** Memory of a station of which little is known. */
const FIRST_BYTES = 512;

/**
 * The last lines of one station in one piece of memory: nothing that the collector of garbage would have to look at or
 * move with each message (measured: a third of its work when each line was a string).
 */
export class FlightRing {
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #start = 0;
  #end = 0;

  /** Bytes of the lines that are kept. */
  get bytes(): number {
    return this.#end - this.#start;
  }

  /** Keeps a line behind the others. */
  add(at: number, kind: number, isRaw: boolean, text: Uint8Array): void {
    const size = LINE_COST + text.length;
    if (this.#end + size > this.#memory.length) this.#makeRoom(size);
    const memory = this.#memory, from = this.#end;
    SIZE_AND_TIME.setUint32(0, size, true);
    SIZE_AND_TIME.setFloat64(4, at, true);
    for (let i = 0; i < 12; i++) memory[from + i] = HEAD[i]!;
    memory[from + 12] = kind;
    memory[from + 13] = isRaw ? 1 : 0;
    memory.set(text, from + LINE_COST);
    this.#end = from + size;
  }

  /** Forgets the oldest line; answers how many bytes that gave back. */
  dropOldest(): number {
    if (this.#start === this.#end) return 0;
    const size = this.#memory.readUInt32LE(this.#start);
    this.#start += size;
    return size;
  }

  /** All lines, oldest first. */
  lines(): FlightLine[] {
    const memory = this.#memory, found: FlightLine[] = [];
    for (let at = this.#start; at < this.#end;) {
      const size = memory.readUInt32LE(at);
      const text = memory.toString("utf8", at + LINE_COST, at + size);
      found.push({ at: memory.readDoubleLE(at + 4), kind: memory[at + 12]!, isRaw: memory[at + 13] === 1, text });
      at += size;
    }
    return found;
  }

  /** Moves the lines to the front, into larger memory when little of this one is free. */
  #makeRoom(size: number): void {
    const needed = this.bytes + size;
    const isTight = needed > 0.75 * this.#memory.length;
    const target = isTight ? Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#memory.length)) : this.#memory;
    this.#memory.copy(target, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#memory = target;
  }
}
