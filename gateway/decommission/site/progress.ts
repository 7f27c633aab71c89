import { writeDurably } from "../../../hal/durable_file.ts";
import { GatewayError, IntegrityError } from "../../core/errors.ts";
import type { Endorsement } from "./certificate.ts";

/** Files of an erasure in the data folder: everything else goes, these two are the last. */
export const PROGRESS_FILE = "erasing.json";
/** Holds the key that signs the certificate; zeroed and removed as soon as the certificate is on the disk. */
export const ERASURE_KEY_FILE = "erasing.key";

/** One part of the data folder, as it was when the erasing began. */
export interface HeldPlace {
  readonly name: string;
  readonly holds: string;
  readonly files: number;
  readonly bytes: number;
}

/** A file outside of the data folder that site.yaml names. */
export interface OutsideFile {
  /** Absolute. */
  readonly path: string;
  /** "erase": somebody asked for it; "left": a person's. */
  readonly how: "erase" | "left";
}

/** An erasure as it stands on the disk, from before its first act: with it any later call goes on. */
export interface ErasureProgress {
  readonly form: 1;
  readonly site: string;
  /** Absolute. */
  readonly certificateFile: string;
  /** What the certificate says beside what is found at the end. */
  readonly said: Readonly<Record<string, unknown>>;
  readonly endorsement: Endorsement;
  readonly places: readonly HeldPlace[];
  readonly outside: readonly OutsideFile[];
  /** Links that lead out of the data folder: removed, not followed. */
  readonly links: readonly string[];
}

/** Stores an erasure, its key first: from then on the gateway does not start any more. */
export async function storeProgress(dataDir: string, progress: ErasureProgress, pkcs8: Uint8Array): Promise<void> {
  await writeDurably(dataDir, ERASURE_KEY_FILE, pkcs8);
  await writeDurably(dataDir, PROGRESS_FILE, new TextEncoder().encode(JSON.stringify(progress)));
}

/** The erasure that was begun in this folder; undefined: none. @throws IntegrityError DECOMMISSION_PROGRESS_BROKEN */
export async function readProgress(dataDir: string): Promise<ErasureProgress | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${dataDir}/${PROGRESS_FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  let cause: unknown;
  try {
    const read = JSON.parse(text) as ErasureProgress;
    if (read?.form === 1 && Array.isArray(read.places) && typeof read.certificateFile === "string") return read;
  } catch (error) {
    cause = error;
  }
  throw new IntegrityError("DECOMMISSION_PROGRESS_BROKEN", `"${dataDir}/${PROGRESS_FILE}" is no erasure's progress`, {
    hint: "It was changed by somebody. Erase the whole disk; there will be no certificate",
    cause,
  });
}

/** The key of the erasure; undefined when it was destroyed already, or zeroed for that. */
export async function readErasureKey(dataDir: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await Deno.readFile(`${dataDir}/${ERASURE_KEY_FILE}`);
    return bytes.some((byte) => byte !== 0) ? bytes : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** @throws GatewayError DECOMMISSION_REFUSED when the gateway of this folder is being erased: it must not start */
export async function refuseWhileErasing(dataDir: string): Promise<void> {
  const there = await Deno.lstat(`${dataDir}/${PROGRESS_FILE}`).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  });
  if (!there) return;
  throw new GatewayError("DECOMMISSION_REFUSED", `The gateway of the data folder "${dataDir}" is being erased`, {
    hint: "Go on with `gateway decommission erase --data` and this folder; nothing brings it back",
  });
}
