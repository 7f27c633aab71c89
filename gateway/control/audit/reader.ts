import { type ChainLine, parseLine } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import type { Segment, SegmentFiles } from "./segments.ts";

/** Reads stored lines in order, from a place on; a reader waits behind the head and goes on when there is more. */
export class ChainReader {
  readonly #files: SegmentFiles;
  #after: number;
  #place: { readonly path: string; readonly generation: number; offset: number } | undefined;

  /** @param after sequence number of the last line already seen; 0 = from the oldest line kept */
  constructor(files: SegmentFiles, after: number) {
    this.#files = files;
    this.#after = after;
  }

  /** The next stored lines, at most `max`; empty at the head. */
  async next(max: number): Promise<readonly ChainLine[]> {
    for (let segment = this.#segment(); segment; segment = this.#following(segment)) {
      const lines = await this.#readFrom(segment, max);
      if (lines.length > 0) return lines;
    }
    return [];
  }

  #segment(): Segment | undefined {
    const all = this.#files.segments;
    return all.findLast((segment) => segment.first <= this.#after + 1) ?? all[0];
  }

  #following(segment: Segment): Segment | undefined {
    return this.#files.segments.find((item) => item.first > segment.first);
  }

  async #readFrom(segment: Segment, max: number): Promise<readonly ChainLine[]> {
    const place = this.#placeIn(segment);
    using file = await Deno.open(segment.path);
    await file.seek(place.offset, Deno.SeekMode.Start);
    while (true) {
      const room = Math.min(AUDIT_LIMITS.readBytes, this.#files.readable(segment) - place.offset);
      const bytes = new Uint8Array(Math.max(0, room));
      const length = room > 0 ? await file.read(bytes) ?? 0 : 0;
      const lines = this.#take(bytes.subarray(0, length), place, max);
      if (lines.length > 0) return lines;
      if (length < bytes.length || length === 0) return [];
      await file.seek(place.offset, Deno.SeekMode.Start);
    }
  }

  #placeIn({ path, generation }: Segment) {
    if (this.#place?.path !== path || this.#place.generation !== generation) {
      this.#place = { path, generation, offset: 0 };
    }
    return this.#place;
  }

  #take(bytes: Uint8Array, place: { offset: number }, max: number): ChainLine[] {
    const lines: ChainLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0 && lines.length < max; end = bytes.indexOf(10, start)) {
      const line = parseLine(new TextDecoder().decode(bytes.subarray(start, end)));
      start = end + 1;
      if (!line || line.seq <= this.#after) continue; // damage is verify's to name
      this.#after = line.seq;
      lines.push(line);
    }
    // One line never fills a whole read: such bytes are damage and are stepped over.
    place.offset += start === 0 && bytes.length === AUDIT_LIMITS.readBytes ? bytes.length : start;
    return lines;
  }
}
