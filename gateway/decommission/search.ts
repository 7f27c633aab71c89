import { Buffer } from "node:buffer";
import { DECOMMISSION_LIMITS } from "./limits.ts";

/** How many of these pieces stand anywhere in the bytes of these files; a file that is not there holds none. */
export async function searchFiles(files: readonly string[], bytes: readonly Uint8Array[]): Promise<number> {
  const pieces = bytes.map((piece) => Buffer.from(piece)), found = new Set<Buffer>();
  const longest = Math.max(1, ...pieces.map(({ length }) => length));
  for (const path of pieces.length === 0 ? [] : files) {
    for await (const chunk of chunksOf(path, longest - 1)) {
      for (const piece of pieces) if (!found.has(piece) && chunk.includes(piece)) found.add(piece);
    }
  }
  return found.size;
}

/** The bytes of a file in large chunks, each with the end of the one before it: no piece is cut in two. */
async function* chunksOf(path: string, overlap: number): AsyncGenerator<Buffer> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  using _closed = file;
  const buffer = Buffer.alloc(DECOMMISSION_LIMITS.searchBytes + overlap);
  let kept = 0;
  for (
    let count = await file.read(buffer.subarray(kept));
    count !== null;
    count = await file.read(buffer.subarray(kept))
  ) {
    const filled = kept + count;
    yield buffer.subarray(0, filled);
    const rest = Math.min(overlap, filled);
    buffer.copy(buffer, 0, filled - rest, filled);
    kept = rest;
  }
}
