import { Buffer } from "node:buffer";
import type { SchemaNode } from "./schema_faults.ts";
import type { Path } from "./fault.ts";

/** The files that site.yaml names, by their path as written there. */
export type Materials = ReadonlyMap<string, Uint8Array>;

/** One place in site.yaml that names a file. */
export interface FileReference {
  readonly path: Path;
  readonly file: string;
}

/** Every place of a value that names a file by a key of the schema that ends in `File` or is `rules`. */
export function fileReferences(value: unknown, schema: SchemaNode, path: Path = []): FileReference[] {
  if (Array.isArray(value)) {
    return schema.items ? value.flatMap((item, at) => fileReferences(item, schema.items!, [...path, at])) : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]): FileReference[] => {
    if (!schema.properties || !Object.hasOwn(schema.properties, key)) return [];
    if (/File$|^rules$/.test(key) && typeof child === "string") return [{ path: [...path, key], file: child }];
    return fileReferences(child, schema.properties[key]!, [...path, key]);
  });
}

/** A secret's bytes without the line break that editors add at the end. */
export function secretBytes<B extends ArrayBufferLike>(content: Uint8Array<B>): Uint8Array<B> {
  let end = content.length;
  if (content[end - 1] === 0x0a) end--;
  if (end < content.length && content[end - 1] === 0x0d) end--;
  return content.subarray(0, end);
}

/**
 * The same of a station's Basic password, which may be any bytes (O-05). One of 256 random keys ends with what looks like a
 * line break: of what is no text it is one only where the key would be longer than the 20 bytes of OCPP 1.6 with it.
 */
export function passwordBytes<B extends ArrayBufferLike>(content: Uint8Array<B>): Uint8Array<B> {
  const text = secretBytes(content);
  if (isText(text)) return text;
  return content.subarray(0, Math.max(text.length, Math.min(content.length, LONGEST_KEY_BYTES)));
}

const LONGEST_KEY_BYTES = 20;

/** UTF-8 without control characters: what a person types. */
function isText(bytes: Uint8Array): boolean {
  try {
    return !/\p{Cc}/u.test(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return false;
  }
}

/** The files as base64 by path, to be sent to control. */
export function packMaterials(materials: Materials): Record<string, string> {
  return Object.fromEntries([...materials].map(([path, bytes]) => [path, Buffer.from(bytes).toString("base64")]));
}
