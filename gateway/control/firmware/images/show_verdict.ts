import { formatTable } from "../../../core/format_table.ts";
import type { ImageRecord, ImageVerdict, VerdictStep } from "../../../core/firmware_api.ts";

const MARKS: Readonly<Record<VerdictStep["outcome"], string>> = {
  ok: "ok",
  refused: "REFUSED",
  waiting: "waiting",
  "not-needed": "-",
};

/** The chain of a verdict as text, link by link. */
export function showVerdict({ outcome, why, rule, steps }: ImageVerdict): string {
  const rows = steps.map((step) => [`  ${MARKS[step.outcome]}`, step.title, step.detail]);
  return [`${outcome}: ${why} (${rule})`, formatTable(["  ", "", ""], rows).split("\n").slice(1).join("\n")].join("\n");
}

/** One image on one line of a table. */
export function imageRow(image: ImageRecord): readonly string[] {
  return [
    image.sha256.slice(0, 12),
    image.state,
    image.vendor,
    image.models.length === 0 ? "any" : image.models.join(", "),
    image.version,
    size(image.sizeBytes),
    image.evidence.join(" + ") || "-",
    image.fileName,
  ];
}

/** Head of a table of images. */
export const IMAGE_COLUMNS = ["image", "state", "vendor", "models", "version", "size", "proved by", "file"] as const;

/** Bytes for people: "34.5 MB". */
export function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
