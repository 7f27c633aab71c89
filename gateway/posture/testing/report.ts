import type { PostureReport } from "../report_data.ts";

/** A score with one of each. */
export const SCORE = { met: 2, failed: 1, unknown: 1, waived: 0, percent: 50 };
/** A report with every outcome, a station that was never judged, and words that HTML could misread. */
export const REPORT: PostureReport = {
  ...{ site: "garage-12", name: "Parkhaus <Süd>", made: "2026-11-21T12:00:00.000Z", by: "eva", score: SCORE },
  guides: [{ id: "g", title: 'Guide & "notes"' }],
  subjects: [
    {
      ...{ subject: "CP001", judged: true, score: SCORE, read: "2026-11-21T11:00:00.000Z" },
      lines: [
        { line: "A-1", title: "<script>alert(1)</script>", source: "manual", outcome: "met", why: "so" },
        { line: "A-2", outcome: "failed", why: "it's off" },
        { line: "A-3", outcome: "unknown", why: "away" },
        { line: "A-4", outcome: "waived", why: "eva answers" },
      ],
    },
    { subject: "CP002", judged: false },
    { subject: "gateway", judged: true, score: SCORE, lines: [] },
  ],
  notChecked: [{ subject: "CP001", line: "A-3", why: "away" }],
};
