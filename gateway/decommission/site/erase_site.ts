import { basename, dirname } from "node:path";
import { writeDurably } from "../../../hal/durable_file.ts";
import type { Clock } from "../../core/clock.ts";
import { describeError, GatewayError, IntegrityError } from "../../core/errors.ts";
import { wipeFile, wipePath } from "../../store/wipe_file.ts";
import { readOwnCertificate, signSiteCertificate } from "./certificate.ts";
import { heldIn, namesIn } from "./held.ts";
import {
  ERASURE_KEY_FILE,
  type ErasureProgress,
  PROGRESS_FILE,
  readErasureKey,
  readProgress,
  storeProgress,
} from "./progress.ts";

/** Where an erasure works, and by what. */
export interface ErasingSite {
  /** Absolute. */
  readonly dataDir: string;
  readonly clock: Pick<Clock, "now">;
  /** Told after each act, by its name: a test ends the process there. */
  readonly onAct?: (act: string) => void | Promise<void>;
}

/** An erasure that is over. */
export interface ErasedSite {
  readonly certificateFile: string;
  readonly certificate: Readonly<Record<string, unknown>>;
}

/** Begins: from here on the gateway does not start any more, and every later call goes on. */
export async function beginErasing(erasing: ErasingSite, progress: ErasureProgress, key: Uint8Array): Promise<void> {
  await storeProgress(erasing.dataDir, progress, key);
  key.fill(0);
  await erasing.onAct?.("begun");
}

/**
 * Goes on with an erasure to its end: root key, all files, the store, then files outside if that was asked for; looks whether anything
 * is left; signs; destroys the key it signed with; removes itself. Every act is safe to be done again, so it may be cut off anywhere.
 * @throws GatewayError DECOMMISSION_UNKNOWN when none was begun, DECOMMISSION_REFUSED when something cannot be erased;
 *   IntegrityError DECOMMISSION_PROGRESS_BROKEN
 */
export async function goOnErasing(erasing: ErasingSite): Promise<ErasedSite> {
  const { dataDir } = erasing, progress = await readProgress(dataDir);
  if (!progress) {
    throw new GatewayError("DECOMMISSION_UNKNOWN", `Nothing is being erased in "${dataDir}"`, {
      hint: "`gateway decommission show` says what is next",
    });
  }
  const act = async (name: string) => await erasing.onAct?.(name);
  for (const name of await namesIn(dataDir)) {
    await orSay(`${dataDir}/${name}`, () => wipePath(`${dataDir}/${name}`));
    await act(name);
  }
  for (const { path, how } of progress.outside) if (how === "erase") await orSay(path, () => wipeFile(path));
  await act("outside");
  const certificate = await certify(erasing, progress);
  await act("certified");
  await wipeFile(`${dataDir}/${ERASURE_KEY_FILE}`);
  await act("key");
  await wipeFile(`${dataDir}/${PROGRESS_FILE}`);
  return { certificateFile: progress.certificateFile, certificate };
}

/** The certificate of this erasure, written if it is not there yet. */
async function certify(
  { dataDir, clock }: ErasingSite,
  progress: ErasureProgress,
): Promise<Readonly<Record<string, unknown>>> {
  const { certificateFile, endorsement } = progress, key = await readErasureKey(dataDir);
  if (!key) return await written(progress); // it was signed: only its key went since
  const left = (await heldIn(dataDir)).places.filter(({ files }) => files > 0).map(({ name }) => name);
  const still = (await Promise.all(
    progress.outside.map(async ({ path, how }) => how === "erase" && await isThere(path) ? path : undefined),
  )).filter((path) => path !== undefined);
  if (left.length + still.length > 0) {
    throw new GatewayError("DECOMMISSION_REFUSED", `These came back while they were erased: ${[...left, ...still]}`, {
      hint: "Find out what writes there, end it, then call the command again",
    });
  }
  const text = await signSiteCertificate(key, certificateText(progress, clock.now()), endorsement);
  key.fill(0);
  await writeDurably(dirname(certificateFile), basename(certificateFile), new TextEncoder().encode(text));
  return await written(progress);
}

/** Reads back what is on the disk: the key goes only when the certificate is whole there. */
async function written({ certificateFile, endorsement }: ErasureProgress) {
  try {
    const text = await Deno.readTextFile(certificateFile);
    if (text.includes(JSON.stringify(endorsement.signature))) return await readOwnCertificate(text);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound) && !(cause instanceof IntegrityError)) throw cause;
  }
  throw new IntegrityError(
    "DECOMMISSION_CERTIFICATE_BROKEN",
    `"${certificateFile}" is not this erasure's certificate`,
    {
      hint: "It was signed and its key is gone: bring the file back to where it was, then call the command again",
    },
  );
}

function certificateText({ said, places, outside, links }: ErasureProgress, now: number): string {
  const lies = outside.filter(({ how }) => how === "left").map(({ path }) => path);
  const notDone = [...said["notDone"] as readonly unknown[]];
  if (lies.length > 0) {
    notDone.push({
      step: "files",
      because: `site.yaml names them, nobody asked for them to be erased: ${lies.join(", ")}`,
    });
  }
  for (const link of links) notDone.push({ step: "link", because: `removed, what it led to was not touched: ${link}` });
  return JSON.stringify({
    ...said,
    made: new Date(now).toISOString(),
    erased: [
      ...places.map(({ name, holds, files, bytes }) => ({ name, holds, entries: 0, files, bytes })),
      ...outside.filter(({ how }) => how === "erase").map(({ path }) => ({ name: path, entries: 0, files: 1 })),
    ],
    // the certificate is written only when this was so
    search: { left: [], found: 0 },
    notDone,
  });
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

async function orSay(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new GatewayError("DECOMMISSION_REFUSED", `Cannot erase "${path}": ${describeError(cause)}`, {
      hint: "Make it writable for who runs this command, then call it again: it goes on",
      cause,
    });
  }
}
