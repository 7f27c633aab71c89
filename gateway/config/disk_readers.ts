import type { ConfigReaders } from "./load.ts";

/** Reads files of this box. */
export const diskReaders: ConfigReaders = {
  async readFile(path, maxBytes) {
    using file = await Deno.open(path, { read: true });
    if ((await file.stat()).isDirectory) throw new Error("it is a folder");
    const buffer = new Uint8Array(maxBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const read = await file.read(buffer.subarray(length));
      if (read === null) break;
      length += read;
    }
    return buffer.slice(0, length);
  },
};
