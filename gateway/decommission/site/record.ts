import type { StepEnd } from "../../../policies/decommission.ts";
import type { BackupPlace } from "../parts.ts";

/** What a person said of a line: done, or passed over with a reason. Times are wall milliseconds. */
export interface ToldLine extends StepEnd {
  /** What was to be done, as it was shown. */
  readonly what: string;
}

/** The place in the audit chain up to which somebody holds a copy. */
export interface HeldHead {
  readonly seq: number;
  /** Link hash of that line, lower-case hex. */
  readonly hash: string;
}

/** What is kept elsewhere, as a person acknowledged it. */
export interface Exported {
  readonly head: HeldHead;
  /** Name of the last backup; or why there is none. */
  readonly backup: { readonly name: string } | { readonly none: string };
  readonly by: string;
  readonly at: number;
}

/** What was ended when the gateway was released for erasing. */
export interface EndedSite {
  /** Serial numbers of certificates that the site CA had issued and that were revoked. */
  readonly certificates: readonly string[];
  readonly grants: number;
  readonly tokens: number;
  /** Ways to controllers that were open, tunnels too. */
  readonly ways: number;
}

/** The gateway's own decommissioning as it is stored, each change before it counts. */
export interface SiteRecord {
  readonly site: string;
  readonly reason: string;
  readonly by: string;
  readonly startedAt: number;
  /** Number of the audit record of its beginning: what is exported must be newer. */
  readonly startedSeq: number;
  readonly needsApprovals: number;
  readonly skipped: Readonly<Partial<Record<"stations" | "work", StepEnd & { readonly open: readonly string[] }>>>;
  readonly told: Readonly<Record<string, ToldLine>>;
  readonly exported?: Exported;
  readonly approvals: readonly { readonly who: string; readonly at: number }[];
  /** Set once enough persons agree: what was ended, and what the certificate says of outside. */
  readonly ended?: EndedSite;
  readonly backups?: readonly BackupPlace[];
}
