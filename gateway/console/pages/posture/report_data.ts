import { z } from "zod";
import { PostureScore } from "../../api/posture.ts";

const Line = z.object({
  line: z.string(),
  title: z.string().optional(),
  source: z.string().optional(),
  outcome: z.enum(["met", "failed", "unknown", "waived"]),
  why: z.string(),
});
/** One line of a subject in a report. */
export type PostureReportLine = z.infer<typeof Line>;

/** A report as control signs it; what is not shown is left out here. */
export const PostureReportData = z.object({
  site: z.string(),
  name: z.string().optional(),
  made: z.string(),
  by: z.string(),
  score: PostureScore,
  guides: z.array(z.object({ id: z.string(), title: z.string() })),
  subjects: z.array(z.object({
    subject: z.string(),
    judged: z.boolean(),
    score: PostureScore.optional(),
    lines: z.array(Line).optional(),
  })),
  notChecked: z.array(z.object({ subject: z.string(), line: z.string(), why: z.string() })),
});
/** A report as control signs it. */
export type PostureReportData = z.infer<typeof PostureReportData>;
