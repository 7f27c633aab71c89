import { SERVING_LIMITS } from "./limits.ts";

/** What the path of a request names. */
export interface FileTarget {
  readonly purpose: "download" | "upload";
  readonly token: string;
  /** As the station wrote it; uploads may leave it out. */
  readonly fileName?: string;
}

/** 128 bits as base64url. */
const TOKEN = "[A-Za-z0-9_-]{22}";
const NAME = `[A-Za-z0-9_][A-Za-z0-9._+~-]{0,${SERVING_LIMITS.fileNameChars - 1}}`;
const DOWNLOAD = new RegExp(`^/f/(${TOKEN})/(${NAME})$`);
const UPLOAD = new RegExp(`^/u/(${TOKEN})(?:/(${NAME})?)?$`);

/**
 * Reads the path of a request in its one canonical form (invariant 8): no query, no escapes, no dots, no second slash.
 * undefined: there is nothing.
 */
export function readTarget(target: string): FileTarget | undefined {
  const download = DOWNLOAD.exec(target);
  if (download) return { purpose: "download", token: download[1]!, fileName: download[2]! };
  const upload = UPLOAD.exec(target);
  if (!upload) return undefined;
  const [, token, fileName] = upload;
  return { purpose: "upload", token: token!, ...fileName === undefined ? {} : { fileName } };
}

/** A file name as it stands in URLs and on disks: what is not plain becomes "_"; the end, which says what it is, stays. */
export function plainFileName(name: string): string {
  const base = name.split(/[\\/]/).at(-1)!.replace(/[^A-Za-z0-9._+~-]+/g, "_").slice(-SERVING_LIMITS.fileNameChars);
  const plain = base.replace(/^[^A-Za-z0-9_]+/, "");
  return plain === "" ? "file" : plain;
}
