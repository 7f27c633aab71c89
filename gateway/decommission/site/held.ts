import { ERASURE_KEY_FILE, type HeldPlace, PROGRESS_FILE } from "./progress.ts";

/** What stands in the parts of a data folder, in words for the certificate; what is not named here goes as well. */
const HOLDS: Readonly<Record<string, string>> = {
  acme: "what the ACME server gave",
  audit: "the audit chain",
  backup: "backups on their way",
  firmware: "firmware images, logs and diagnostics of stations",
  keys: "the root key, under which everything sealed stands",
  policy: "kinds of messages that policies are tried on",
  store: "stations, people, grants, badges, secrets, certificates and their keys",
};

/** Parts of a data folder in the order in which they go: first the key that makes all else worthless, the store last. */
export interface HeldFolder {
  readonly places: readonly HeldPlace[];
  /** Links in it, as "path -> target": removed, never followed. */
  readonly links: readonly string[];
}

/** Looks at a data folder before it is erased. */
export async function heldIn(dataDir: string): Promise<HeldFolder> {
  const links: string[] = [], places: HeldPlace[] = [];
  for (const name of await namesIn(dataDir)) {
    const { files, bytes } = await measure(`${dataDir}/${name}`, links);
    places.push({ name, holds: HOLDS[name] ?? "what else stood there", files, bytes });
  }
  return { places, links };
}

/** Names in the folder but for those of the erasure itself, in the order in which they go. */
export async function namesIn(dataDir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(dataDir)) {
    if (name !== PROGRESS_FILE && name !== ERASURE_KEY_FILE && name !== `${PROGRESS_FILE}.new`) names.push(name);
  }
  const turn = (name: string) => name === "keys" ? 0 : name === "store" ? 2 : 1;
  return names.toSorted((a, b) => turn(a) - turn(b) || (a < b ? -1 : 1));
}

async function measure(path: string, links: string[]): Promise<{ files: number; bytes: number }> {
  const { isDirectory, isSymlink, size } = await Deno.lstat(path);
  if (isSymlink) links.push(`${path} -> ${await Deno.readLink(path)}`);
  if (!isDirectory) return { files: 1, bytes: size };
  let files = 0, bytes = 0;
  for await (const { name } of Deno.readDir(path)) {
    const below = await measure(`${path}/${name}`, links);
    files += below.files;
    bytes += below.bytes;
  }
  return { files, bytes };
}
