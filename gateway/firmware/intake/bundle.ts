import { ProtocolError } from "../../core/errors.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { paddingOf, readTarHeader, TAR_BLOCK } from "./bundle_codec.ts";
import { fileParts, readBytes } from "./file_parts.ts";
import type { RepositoryReader } from "./repository_reader.ts";

/**
 * A bundle: a TUF repository as one tar file (`.fwb`), for sites that no network reaches. Nothing of it is unpacked; it
 * is read in place, and believed as little as a server.
 */
export class Bundle implements RepositoryReader {
  private constructor(
    readonly where: string,
    private readonly path: string,
    private readonly entries: ReadonlyMap<string, { readonly at: number; readonly bytes: number }>,
  ) {}

  /** Reads the table of a bundle. @throws ProtocolError FIRMWARE_UNTRUSTED */
  static async open(path: string, where: string): Promise<Bundle> {
    const { size } = await Deno.stat(path);
    const entries = new Map<string, { at: number; bytes: number }>();
    for (let at = 0; at < size;) {
      const entry = readTarHeader(await readBytes(path, at, Math.min(TAR_BLOCK, size - at)));
      if (!entry) break;
      at += TAR_BLOCK;
      if (at + entry.bytes > size) throw broken(where, `it ends inside "${entry.name}"`);
      if (entry.kind === "file") {
        if (entries.has(entry.name)) throw broken(where, `it has "${entry.name}" twice`);
        entries.set(entry.name, { at, bytes: entry.bytes });
      }
      if (entries.size > FIRMWARE_LIMITS.archiveEntries) {
        throw broken(where, `it has more than ${FIRMWARE_LIMITS.archiveEntries} files`);
      }
      at += entry.bytes + paddingOf(entry.bytes);
    }
    if (!entries.has("metadata/timestamp.json")) throw broken(where, "it has no metadata/timestamp.json");
    return new Bundle(where, path, entries);
  }

  async metadata(name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const entry = this.entries.get(`metadata/${name}`);
    if (!entry) return undefined;
    if (entry.bytes > maxBytes) throw broken(this.where, `${name} has ${entry.bytes} bytes: at most ${maxBytes}`);
    return await readBytes(this.path, entry.at, entry.bytes);
  }

  target(path: string): Promise<AsyncIterable<Uint8Array>> {
    const entry = this.entries.get(`targets/${path}`);
    if (!entry) return Promise.reject(broken(this.where, `it has no targets/${path}`));
    return Promise.resolve(fileParts(this.path, entry.at, entry.bytes));
  }
}

function broken(where: string, what: string): ProtocolError {
  return new ProtocolError("FIRMWARE_UNTRUSTED", `The bundle ${where} cannot be used: ${what}`, {
    hint: "Copy it anew; `firmware repository bundle` makes bundles",
  });
}
