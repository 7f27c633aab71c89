import { concatBytes } from "../core/concat_bytes.ts";
import type { ConfigReaders } from "./read_materials.ts";

/** Bytes read at a time. */
const CHUNK = 64 * 1024;

/** Reads files of this box. Only regular ones: a pipe could hold up the start for ever. */
export const diskReaders: ConfigReaders = {
  async readFile(path, maxBytes) {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (!isFile) throw new Error(isDirectory ? "It is a folder" : "It is not a regular file");
    using file = await Deno.open(path, { read: true });
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length <= maxBytes) {
      const chunk = new Uint8Array(Math.min(CHUNK, maxBytes + 1 - length));
      const read = await file.read(chunk);
      if (read === null) break;
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
    return concatBytes(chunks);
  },
};
