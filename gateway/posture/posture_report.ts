import type { Finding } from "../../policies/posture_types.ts";
import type { Json } from "../core/control_api.ts";
import type { Guides } from "./guides.ts";
import type { DayScore } from "./posture_book.ts";
import type { PostureEngine } from "./posture_engine.ts";

/** Begins what is signed, so that a report's signature is good for nothing else. */
export const REPORT_PREFIX = "bulkhead-posture-report-v1\n";

/** What a report is made of. */
export interface ReportParts {
  readonly site: { readonly id: string; readonly name: string | undefined };
  readonly now: number;
  readonly who: string;
  readonly guides: Guides;
  readonly engine: Pick<PostureEngine, "siteScore" | "standing" | "subjects">;
  readonly trend: readonly DayScore[];
}

/**
 * The whole posture as JSON text: every subject with every line, its source, why it stands so and when it was read; what
 * could not be checked stands apart, by name. It holds no secret: guides read none.
 */
export function reportText({ site, now, who, guides, engine, trend }: ReportParts): string {
  const subjects = engine.subjects().map((subject) => {
    const standing = engine.standing(subject);
    if (!standing) return { subject, judged: false };
    const { score, findings, readAt } = standing;
    return {
      subject,
      judged: true,
      score: score as unknown as Json,
      ...readAt === undefined ? {} : { read: new Date(readAt).toISOString() },
      lines: findings.map((finding) => lineOf(finding, guides)),
    };
  });
  const notChecked = engine.subjects().flatMap((subject) =>
    (engine.standing(subject)?.findings ?? []).flatMap(({ line, outcome, why }) =>
      outcome === "unknown" ? [{ subject, line, why }] : []
    )
  );
  return JSON.stringify({
    report: "posture",
    site: site.id,
    ...site.name === undefined ? {} : { name: site.name },
    made: new Date(now).toISOString(),
    by: who,
    score: engine.siteScore(),
    guides: guides.all.map(({ id, title }) => ({ id, title })),
    subjects,
    notChecked,
    trend,
  });
}

function lineOf({ line, outcome, why, at }: Finding, guides: Guides) {
  const known = guides.line(line);
  return {
    line,
    ...known ? { guide: known.guide.id, title: known.line.title, source: known.line.source } : {},
    ...known ? { severity: known.line.severity } : {},
    outcome,
    why,
    ...at === undefined ? {} : { at: new Date(at).toISOString() },
  };
}
