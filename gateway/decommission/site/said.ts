import type { Site } from "../../config/schema.ts";
import type { HeldHead, SiteRecord } from "./record.ts";

/** How the audit chain ended. */
export interface EndedChain {
  /** Who called the command that erases. */
  readonly erasedBy: string;
  readonly head: HeldHead;
  readonly publicPem: string;
  /** The lines behind those that somebody held, in a file beside the certificate. */
  readonly tail: { readonly lines: number; readonly sha256: string };
}

const iso = (at: number): string => new Date(at).toISOString();

/** What a gateway's certificate says of how it came to be erased; what was erased is added when it is. */
export function siteFacts(
  site: Site,
  record: SiteRecord,
  { erasedBy, ...chain }: EndedChain,
): Readonly<Record<string, unknown>> {
  const { reason, by, startedAt, approvals, told, skipped, exported, ended, backups = [] } = record;
  const passed = Object.entries(skipped).map(([step, { by, note, open }]) => ({ step, by, because: note, open }));
  const untold = Object.entries(told).filter(([, { state }]) => state === "skipped");
  return {
    document: "certificate of erasure of a gateway",
    site: site.site.id,
    ...site.site.name === undefined ? {} : { name: site.site.name },
    reason,
    askedBy: by,
    askedAt: iso(startedAt),
    approvedBy: approvals.map(({ who, at }) => ({ who, at: iso(at) })),
    erasedBy,
    told: Object.entries(told).map(([line, { state, by, note, what, at }]) => ({
      line,
      what,
      state,
      by,
      note,
      at: iso(at),
    })),
    exported: exported && { ...exported, at: iso(exported.at) },
    audit: chain,
    ended,
    keyStore: site.hal?.keyStore ?? "file",
    notDone: [...passed, ...untold.map(([step, { by, note }]) => ({ step, by, because: note }))],
    backups: backups.map((place) => ({
      ...place,
      ...place.files ? { files: place.files.map(({ name, takenAt }) => ({ name, takenAt: iso(takenAt) })) } : {},
    })),
  };
}
