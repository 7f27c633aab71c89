import { ProtocolError } from "../../core/errors.ts";

/** Bytes of one block of a tar file. */
export const TAR_BLOCK = 512;

/** One entry of a tar file. */
export interface TarEntry {
  readonly name: string;
  readonly kind: "file" | "folder";
  readonly bytes: number;
}

/**
 * Reads one header of a tar file in the form ustar (POSIX 1003.1); undefined for a block of zeros, which ends it. Links,
 * devices and the extensions of other forms are refused: a bundle has no use for them and a reader could be led out of it.
 * @throws ProtocolError FIRMWARE_UNTRUSTED
 */
export function readTarHeader(block: Uint8Array): TarEntry | undefined {
  if (block.length !== TAR_BLOCK) throw malformed(`a header of ${block.length} bytes`);
  if (block.every((byte) => byte === 0)) return undefined;
  const sum = octal(block.subarray(148, 156), "checksum");
  const own = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== own) throw malformed("a header whose checksum is wrong");
  const type = String.fromCharCode(block[156]!);
  if (!["0", "\0", "5"].includes(type)) {
    throw malformed(
      `an entry of type "${type.replace(/[^ -~]/g, "?")}": wanted files alone, as tar --format=ustar writes them`,
    );
  }
  const prefix = text(block.subarray(345, 500));
  const name = (prefix === "" ? "" : `${prefix}/`) + text(block.subarray(0, 100));
  return {
    name: safeName(name),
    kind: type === "5" ? "folder" : "file",
    bytes: octal(block.subarray(124, 136), "size"),
  };
}

/** Writes a header in the form ustar. @throws RangeError when the name is too long for it */
export function writeTarHeader(name: string, bytes: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(TAR_BLOCK);
  const { head, tail } = splitName(name);
  put(block, 0, tail);
  put(block, 100, "0000644\0" + "0000000\0" + "0000000\0");
  put(block, 124, `${bytes.toString(8).padStart(11, "0")}\0`);
  put(block, 136, "00000000000\0");
  put(block, 148, "        0");
  put(block, 257, "ustar\x0000");
  put(block, 345, head);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, 148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** Bytes that follow an entry's content up to the next header. */
export function paddingOf(bytes: number): number {
  return (TAR_BLOCK - bytes % TAR_BLOCK) % TAR_BLOCK;
}

/** A name inside an archive that leads nowhere else. @throws ProtocolError FIRMWARE_UNTRUSTED */
export function safeName(name: string): string {
  const clean = name.replace(/^\.\//, "").replace(/\/$/, "");
  const shown = name.slice(0, 80).replace(/[^ -~]/g, "?");
  // deno-lint-ignore no-control-regex
  const isOdd = /[\x00-\x1f\\]|^\/|^[A-Za-z]:/.test(clean) || clean.split("/").some((part) => part === "..");
  if (clean === "" && name !== "./" && name !== ".") throw malformed("an entry without a name");
  if (isOdd) throw malformed(`the entry "${shown}", which leads out of it`);
  return clean;
}

function splitName(name: string): { head: string; tail: string } {
  if (name.length <= 100) return { head: "", tail: name };
  for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
    if (at <= 155 && name.length - at - 1 <= 100) return { head: name.slice(0, at), tail: name.slice(at + 1) };
  }
  throw new RangeError(`the name "${name}" is too long for a bundle`);
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(field: Uint8Array, what: string): number {
  const digits = text(field).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw malformed(`a header whose ${what} is no number`);
  return parseInt(digits, 8);
}

function put(block: Uint8Array, at: number, value: string): void {
  block.set(new TextEncoder().encode(value), at);
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("FIRMWARE_UNTRUSTED", `The archive holds ${what}`);
}
