import { Buffer } from "node:buffer";

/** The bytes under every spelling that a careless program would write them in. */
export function spellings(secret: string | Uint8Array): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(secret as string);
  const wide = Buffer.from(bytes.toString("latin1"), "utf16le");
  return new Map([
    ["plain", bytes],
    ["hex", Buffer.from(bytes.toString("hex"))],
    ["HEX", Buffer.from(bytes.toString("hex").toUpperCase())],
    ["base64", Buffer.from(trimmed64(bytes))],
    ["base64url", Buffer.from(trimmed64(bytes).replaceAll("+", "-").replaceAll("/", "_"))],
    ["UTF-16", wide],
  ]);
}

/** Where any of these secrets stands in the bytes of any file below a folder, as "file: name spelling". */
export async function searchDisk(
  folder: string,
  secrets: Readonly<Record<string, string | Uint8Array>>,
  skip: (path: string) => boolean = () => false,
): Promise<string[]> {
  const wanted = Object.entries(secrets).flatMap(([name, secret]) =>
    [...spellings(secret)].map(([how, bytes]) => ({ name: `${name} ${how}`, bytes }))
  );
  const found: string[] = [];
  for await (const path of filesBelow(folder)) {
    if (skip(path)) continue;
    const bytes = Buffer.from(await Deno.readFile(path));
    for (const { name, bytes: piece } of wanted) {
      if (bytes.includes(piece)) found.push(`${path.slice(folder.length + 1)}: ${name}`);
    }
  }
  return found;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else if (isFile) yield path;
  }
}

/** Without the last digits, which depend on what follows. */
function trimmed64(bytes: Buffer): string {
  const text = bytes.toString("base64").replace(/=+$/, "");
  return bytes.length % 3 === 0 ? text : text.slice(0, -1);
}
