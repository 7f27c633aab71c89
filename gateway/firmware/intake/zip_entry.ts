import { type Entry, type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { describeError, GatewayError, ProtocolError } from "../../core/errors.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import { safeName } from "./bundle_codec.ts";
import { readBytes } from "./file_parts.ts";

/** A file inside a ZIP. */
export interface ZipFile {
  readonly fileName: string;
  readonly parts: AsyncIterable<Uint8Array>;
}

/** Which file of a ZIP is meant. */
export interface ZipChoice {
  /** Its name in the archive; absent: the only one whose name has an end of `formats`. */
  readonly entry?: string;
  readonly formats: readonly string[];
  readonly maxBytes: number;
}

class FileReader extends Reader<string> {
  constructor(private readonly path: string, override size: number) {
    super(path);
  }
  override async readUint8Array(from: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const most = Math.max(0, Math.min(bytes, this.size - from));
    return new Uint8Array(await readBytes(this.path, from, most));
  }
}

/** Whether a file begins as a ZIP does. */
export async function isZip(path: string): Promise<boolean> {
  const { size } = await Deno.stat(path);
  if (size < 4) return false;
  const head = await readBytes(path, 0, 4);
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/**
 * Opens one file of a ZIP, as vendors pack their images. Nothing is unpacked to the disk, so no name can lead anywhere;
 * an archive with a name that tries to is refused all the same. What comes out is counted, whatever the archive says.
 * @throws ProtocolError FIRMWARE_UNTRUSTED (traps), GatewayError FIRMWARE_REFUSED (which file is meant?)
 */
export async function openZip(path: string, choice: ZipChoice): Promise<ZipFile> {
  const { size } = await Deno.stat(path);
  const archive = new ZipReader(new FileReader(path, size), { useWebWorkers: false });
  try {
    const entries = await listed(archive);
    const entry = chosen(entries, choice);
    requireSane(entry, choice.maxBytes);
    return { fileName: entry.filename.split("/").at(-1)!, parts: contentOf(entry, archive) };
  } catch (error) {
    await archive.close();
    if (error instanceof GatewayError) throw error;
    throw trap(`cannot be read: ${describeError(error)}`, error);
  }
}

async function listed(archive: ZipReader<unknown>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of archive.getEntriesGenerator()) {
    safeName(entry.filename);
    entries.push(entry);
    if (entries.length > FIRMWARE_LIMITS.archiveEntries) {
      throw trap(`has more than ${FIRMWARE_LIMITS.archiveEntries} entries`);
    }
  }
  return entries;
}

function chosen(entries: readonly Entry[], { entry: name, formats }: ZipChoice): FileEntry {
  const files = entries.filter((entry): entry is FileEntry => !entry.directory);
  const hasEnd = (file: FileEntry) =>
    formats.some((end) => file.filename.toLowerCase().endsWith(`.${end.toLowerCase()}`));
  const fitting = name === undefined
    ? formats.length === 0 || files.length === 1 ? files : files.filter(hasEnd)
    : files.filter(({ filename }) => filename === name);
  const [first, ...more] = fitting;
  if (first && more.length === 0) return first;
  const names = files.slice(0, 10).map(({ filename }) => filename).join(", ");
  const what = name === undefined
    ? `has ${fitting.length} files that may be the image`
    : `has ${fitting.length} files "${name}"`;
  throw new GatewayError("FIRMWARE_REFUSED", `The ZIP ${what}: wanted one of ${names === "" ? "none at all" : names}`, {
    hint: "Name the image inside it with --entry NAME",
  });
}

function requireSane(entry: FileEntry, maxBytes: number): void {
  if (entry.encrypted) throw trap(`has "${entry.filename}" encrypted: wanted one without password`);
  if (entry.uncompressedSize > maxBytes) {
    throw trap(`says that "${entry.filename}" has ${entry.uncompressedSize} bytes: at most ${maxBytes} are taken`);
  }
  if (entry.uncompressedSize > entry.compressedSize * FIRMWARE_LIMITS.zipRatio) {
    throw trap(`packs "${entry.filename}" more than ${FIRMWARE_LIMITS.zipRatio} times, as a bomb does`);
  }
}

async function* contentOf(entry: FileEntry, archive: ZipReader<unknown>): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const done = entry.getData(writable, { checkSignature: true }).then(() => undefined, (error: unknown) => error);
  let bytes = 0;
  try {
    for await (const part of readable) {
      bytes += part.length;
      if (bytes > entry.uncompressedSize) throw trap(`has more in "${entry.filename}" than it says`);
      yield part;
    }
    const error = await done;
    if (error !== undefined) throw error;
    if (bytes !== entry.uncompressedSize) throw trap(`has less in "${entry.filename}" than it says`);
  } catch (error) {
    throw error instanceof GatewayError ? error : trap(`is damaged: ${describeError(error)}`, error);
  } finally {
    await archive.close();
  }
}

function trap(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError("FIRMWARE_UNTRUSTED", `The ZIP ${what}`, {
    cause,
    hint: "Unpack it yourself and look at it",
  });
}
