import { IntegrityError } from "../../core/errors.ts";

/** What `restore` leaves in `<dataDir>/restored.json`: why the chain has a gap. Times are ISO 8601. */
export interface RestoreMarker {
  readonly backupTakenAt: string;
  /** Last sequence number in the backup. */
  readonly lastSequence: number;
  readonly restoredAt: string;
  readonly source: string;
}

/**
 * Reads the marker; undefined when the box was not restored.
 * @throws IntegrityError AUDIT_MARKER_INVALID when the file is not a marker
 */
export async function readRestoreMarker(file: string): Promise<RestoreMarker | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const marker = parse(text);
  if (marker) return marker;
  throw new IntegrityError("AUDIT_MARKER_INVALID", `Cannot read the restore marker ${file}`, {
    hint: "Run `restore` again; do not write this file by hand",
  });
}

/** Removes the marker once the gap is chained, durably. */
export async function removeRestoreMarker(file: string): Promise<void> {
  await Deno.remove(file);
  using folder = await Deno.open(file.slice(0, file.lastIndexOf("/")) || "/");
  await folder.sync();
}

function parse(text: string): RestoreMarker | undefined {
  try {
    const { backupTakenAt, lastSequence, restoredAt, source } = JSON.parse(text) as Partial<RestoreMarker>;
    const areTexts = [backupTakenAt, restoredAt, source].every((value) => typeof value === "string");
    if (!areTexts || !Number.isSafeInteger(lastSequence) || lastSequence! < 0) return undefined;
    return {
      backupTakenAt: backupTakenAt!,
      lastSequence: lastSequence!,
      restoredAt: restoredAt!,
      source: source!,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
