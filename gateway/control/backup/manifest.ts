import { z } from "zod";
import { IntegrityError } from "../../core/errors.ts";
import { BACKUP_LIMITS } from "./limits.ts";

/** Name of the manifest within a backup; it is the last file, so that a backup is written in one pass. */
export const MANIFEST_NAME = "manifest.json";
/** Name of the copy of the store. */
export const STORE_PART = "store/bulkhead.kv";
/** Prefix of files that site.yaml names, site.yaml itself among them: "config/" + path below its folder. */
export const CONFIG_PREFIX = "config/";
/** Prefix of files that site.yaml names by an absolute path outside its folder: "absolute" + path. */
export const ABSOLUTE_PREFIX = "absolute/";
/** Prefix of audit segments. */
export const AUDIT_PREFIX = "audit/";

const Part = z.strictObject({
  name: z.string().max(BACKUP_LIMITS.nameChars),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const Manifest = z.strictObject({
  form: z.literal(1),
  site: z.string(),
  /** Milliseconds since the epoch. */
  takenAt: z.int().min(0),
  /** Last audit sequence number that is certainly in the backup. */
  lastSequence: z.int().min(0),
  /** Name of site.yaml in its folder. */
  configName: z.string().regex(/^[^/\0]+$/),
  /** The data folder: relative to the folder of site.yaml, or absolute. */
  dataDir: z.string().min(1),
  /** Where the root key lived. */
  keyStore: z.enum(["file", "tpm", "pkcs11"]),
  halSocket: z.string(),
  /** base64 of the 32 bytes that all sealed values of this backup are sealed under; not the root key of the box. */
  sealKey: z.base64().length(44),
  /** Sealed values that could not be opened when the backup was made. */
  unreadable: z.int().min(0),
  parts: z.array(Part).max(BACKUP_LIMITS.parts),
});

/** What a backup holds, and how to check it. It stands inside the encryption. */
export type BackupManifest = z.infer<typeof Manifest>;
/** One file of a backup. */
export type ManifestPart = z.infer<typeof Part>;

/** @throws IntegrityError BACKUP_BROKEN */
export function parseManifest(bytes: Uint8Array): BackupManifest {
  try {
    return Manifest.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw broken("its manifest cannot be read", cause);
  }
}

/**
 * Whether a name may be unpacked: below one of our prefixes, no "..", no empty or "." part, no NUL, no backslash.
 * An archive is only as trusted as whoever had the public recovery key, so names are judged before any file is made.
 */
export function isPartName(name: string): boolean {
  if (name.length > BACKUP_LIMITS.nameChars || /[\0\\]/.test(name)) return false;
  if (name.split("/").some((part) => part === "" || part === "." || part === "..")) return false;
  return name === STORE_PART ||
    [CONFIG_PREFIX, ABSOLUTE_PREFIX, AUDIT_PREFIX].some((prefix) => name.startsWith(prefix));
}

/** A backup that was changed, cut or is none. */
export function broken(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError("BACKUP_BROKEN", `Cannot use the backup: ${why}`, {
    hint: "Nothing was written. Take another copy of this backup or an older one",
    ...(cause === undefined ? {} : { cause }),
  });
}
