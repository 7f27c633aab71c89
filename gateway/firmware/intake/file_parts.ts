import { FIRMWARE_LIMITS } from "../limits.ts";

/** Reads a part of a file in chunks; the file is closed when it has been read or left. */
export async function* fileParts(path: string, from = 0, bytes = Infinity): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  if (from > 0) await file.seek(from, Deno.SeekMode.Start);
  for (let left = bytes; left > 0;) {
    // a new buffer for each part: who gets it may keep it
    const part = new Uint8Array(Math.min(FIRMWARE_LIMITS.chunkBytes, left));
    const read = await file.read(part);
    if (read === null) return;
    left -= read;
    yield part.subarray(0, read);
  }
}

/** Reads exactly these bytes. @throws RangeError when the file ends before */
export async function readBytes(path: string, from: number, bytes: number): Promise<Uint8Array> {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for await (const part of fileParts(path, from, bytes)) {
    whole.set(part, at);
    at += part.length;
  }
  if (at < bytes) throw new RangeError(`the file ends after ${from + at} bytes: wanted ${from + bytes}`);
  return whole;
}
