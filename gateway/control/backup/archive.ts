import { createHash } from "node:crypto";
import { Decrypter, Encrypter } from "age-encryption";
import { concatBytes } from "../../core/concat_bytes.ts";
import { GatewayError } from "../../core/errors.ts";
import { BACKUP_LIMITS } from "./limits.ts";
import {
  type BackupManifest,
  broken,
  isPartName,
  MANIFEST_NAME,
  type ManifestPart,
  parseManifest,
} from "./manifest.ts";
import { packTar, type TarPart, unpackTar } from "./tar.ts";

/** What is written into a backup. `manifest` gets the parts with their hashes when all were packed. */
export interface ArchiveContent {
  readonly parts: readonly TarPart[];
  readonly manifest: (parts: readonly ManifestPart[]) => BackupManifest;
}

/**
 * Writes a backup in one pass: a tar of the parts and, last, the manifest; encrypted to the recovery key in the standard
 * age v1 format (so `age --decrypt` opens it); fsynced. The file appears under its name only when it is whole.
 * @param recipient public recovery key, "age1..."
 * @returns its size in bytes
 */
export async function writeArchive(file: string, recipient: string, content: ArchiveContent): Promise<number> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const temporary = `${file}.part`;
  const output = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o600 });
  let size = 0;
  try {
    const sealed = await encrypter.encrypt(ReadableStream.from(packTar(withManifest(content))));
    for await (const chunk of sealed) {
      size += chunk.byteLength;
      await writeAll(output, chunk);
    }
    await output.sync();
  } catch (error) {
    output.close();
    await Deno.remove(temporary);
    throw error;
  }
  output.close();
  await Deno.rename(temporary, file);
  return size;
}

/**
 * Opens a backup and unpacks its files below `folder` (made, 0700), checking every hash.
 * The caller deletes the folder when this throws: until it returns, nothing there is proven.
 * @param identity secret recovery key, "AGE-SECRET-KEY-1..."
 * @throws IntegrityError BACKUP_BROKEN, BACKUP_WRONG_KEY
 */
export async function readArchive(file: string, identity: string, folder: string): Promise<BackupManifest> {
  const found = new Map<string, ManifestPart>();
  let manifest: BackupManifest | undefined;
  for await (const { header, body } of unpackTar(await decrypt(file, identity))) {
    if (manifest) throw broken(`file "${header.name}" follows the manifest`);
    if (header.type !== "file") throw broken(`"${header.name}" is not a file`);
    if (header.name === MANIFEST_NAME) {
      manifest = parseManifest(await collect(body));
      continue;
    }
    if (!isPartName(header.name) || found.has(header.name)) throw broken(`the name "${header.name}" is not allowed`);
    if (found.size >= BACKUP_LIMITS.parts) throw broken(`it has more than ${BACKUP_LIMITS.parts} files`);
    if ((header.size ?? 0) > BACKUP_LIMITS.partBytes) throw broken(`file "${header.name}" is too large`);
    found.set(header.name, await unpackFile(header.name, body, folder));
  }
  if (!manifest) throw broken("it is cut off: the manifest is missing");
  comparePartsWith(manifest, found);
  return manifest;
}

function comparePartsWith(manifest: BackupManifest, found: ReadonlyMap<string, ManifestPart>): void {
  for (const part of manifest.parts) {
    const unpacked = found.get(part.name);
    if (!unpacked) throw broken(`file "${part.name}" is missing`);
    if (unpacked.bytes !== part.bytes || unpacked.sha256 !== part.sha256) {
      throw broken(`file "${part.name}" was changed`);
    }
  }
  if (found.size !== manifest.parts.length) throw broken("it has files that the manifest does not name");
}

async function decrypt(file: string, identity: string): Promise<AsyncIterable<Uint8Array>> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const input = await Deno.open(file);
  try {
    return readable(await decrypter.decrypt(input.readable));
  } catch (cause) {
    // age-encryption has no error codes: "no identity matched" is the one that a person can do something about.
    if (cause instanceof Error && /no identity/.test(cause.message)) {
      throw new GatewayError("BACKUP_WRONG_KEY", `Cannot open backup "${file}": it is sealed to another recovery key`, {
        hint: "Use the identity that belongs to backup.recoveryKeyFile at the time of the backup",
      });
    }
    throw broken("it is not an age file, or its head was changed", cause);
  }
}

/** Faults while reading are changed bytes: age authenticates every 64 KiB. */
async function* readable(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (cause) {
    throw broken("it is cut off or was changed", cause);
  }
}

async function* withManifest({ parts, manifest }: ArchiveContent): AsyncGenerator<TarPart> {
  const packed: ManifestPart[] = [];
  if (parts.length > BACKUP_LIMITS.parts) {
    throw failed(`it would have ${parts.length} files, at most ${BACKUP_LIMITS.parts}`);
  }
  for (const part of parts) {
    // What a restore would refuse must not go in.
    if (!isPartName(part.name)) throw failed(`the name "${part.name}" is not allowed`);
    if (part.bytes > BACKUP_LIMITS.partBytes) throw failed(`"${part.name}" has ${part.bytes} bytes`);
    const hash = createHash("sha256");
    let bytes = 0;
    yield {
      ...part,
      async *read() {
        for await (const chunk of part.read()) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          yield chunk;
        }
        if (bytes !== part.bytes) throw failed(`"${part.name}" has ${bytes} bytes now, wanted ${part.bytes}`);
      },
    };
    packed.push({ name: part.name, bytes, sha256: hash.digest("hex") });
  }
  const text = new TextEncoder().encode(JSON.stringify(manifest(packed)));
  yield bytesPart(MANIFEST_NAME, text);
}

function failed(why: string): GatewayError {
  return new GatewayError("BACKUP_FAILED", `Cannot make the backup: ${why}`);
}

/** A part from memory. */
export function bytesPart(name: string, bytes: Uint8Array): TarPart {
  return {
    name,
    bytes: bytes.byteLength,
    async *read() {
      yield bytes;
    },
  };
}

/** The first `size` bytes of a file, as many as it has now: one that only grows may be written meanwhile. */
export async function filePart(name: string, path: string): Promise<TarPart> {
  const { size } = await Deno.stat(path);
  return { name, bytes: size, read: () => readFirst(path, size) };
}

async function* readFirst(path: string, size: number): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  for (let left = size; left > 0;) {
    const chunk = new Uint8Array(Math.min(left, BACKUP_LIMITS.readBytes));
    const count = await file.read(chunk);
    if (count === null) return;
    left -= count;
    yield chunk.subarray(0, count);
  }
}

async function unpackFile(name: string, body: AsyncIterable<Uint8Array>, folder: string): Promise<ManifestPart> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  using output = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    await writeAll(output, chunk);
  }
  await output.sync();
  return { name, bytes, sha256: hash.digest("hex") };
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > BACKUP_LIMITS.manifestBytes) throw broken("its manifest is too large");
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) at += await file.write(chunk.subarray(at));
}
