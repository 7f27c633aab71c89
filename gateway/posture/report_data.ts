import type { PostureOutcome } from "../../policies/posture_types.ts";

/** One line of a subject in a report. */
export interface ReportLine {
  readonly line: string;
  readonly guide?: string;
  readonly title?: string;
  readonly source?: string;
  readonly severity?: string;
  readonly outcome: PostureOutcome;
  readonly why: string;
  readonly at?: string;
}

interface ReportScore {
  readonly met: number;
  readonly failed: number;
  readonly unknown: number;
  readonly waived: number;
  readonly percent: number;
}

/** A report as `posture report` signs it: what pages and papers of it are made of, and of nothing else. */
export interface PostureReport {
  readonly site: string;
  readonly name?: string;
  /** ISO 8601. */
  readonly made: string;
  readonly by: string;
  readonly score: ReportScore;
  readonly guides: readonly { readonly id: string; readonly title: string }[];
  readonly subjects: readonly {
    readonly subject: string;
    readonly judged: boolean;
    readonly score?: ReportScore;
    readonly read?: string;
    readonly lines?: readonly ReportLine[];
  }[];
  readonly notChecked: readonly { readonly subject: string; readonly line: string; readonly why: string }[];
}

/** How a line stands, in words of the report. */
export const OUTCOME_WORDS: Readonly<Record<PostureOutcome, string>> = {
  failed: "NOT MET",
  met: "met",
  unknown: "not known",
  waived: "waived",
};

const ORDER: readonly PostureOutcome[] = ["failed", "unknown", "waived", "met"];

/** The worst first, as it was signed otherwise. */
export function sortedLines(lines: readonly ReportLine[]): readonly ReportLine[] {
  return lines.toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
}

/** The score in one line. */
export function scoreWords({ percent, met, failed, unknown, waived }: ReportScore): string {
  return `${percent} %: ${met} met, ${failed} not met, ${unknown} not known, ${waived} waived`;
}
