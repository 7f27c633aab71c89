import { z } from "zod";
import { operation } from "./operation.ts";

const Outcome = z.enum(["met", "failed", "unknown", "waived"]);

/** How many lines stand how. */
export const PostureScore = z.object({
  met: z.number(),
  failed: z.number(),
  unknown: z.number(),
  waived: z.number(),
  percent: z.number().describe("Weight of the lines that are met in percent of all; 100 means every line"),
});
/** How many lines stand how. */
export type PostureScore = z.infer<typeof PostureScore>;

const Standing = z.object({
  subject: z.string().describe('A station, or "gateway"'),
  score: PostureScore.optional().describe("Absent: not judged yet"),
  findings: z.array(z.object({ line: z.string(), outcome: Outcome, why: z.string() })).default([]),
});
/** One subject in the scorecard. */
export type PostureStanding = z.infer<typeof Standing>;

const Unit = z.object({
  unit: z.string(),
  stations: z.array(z.string()),
  score: PostureScore,
});
/** How the stations of one unit stand together. */
export type PostureUnit = z.infer<typeof Unit>;

const Day = z.object({ day: z.iso.date(), percent: z.number(), failed: z.number(), unknown: z.number() });
/** The site's score of one day. */
export type PostureDay = z.infer<typeof Day>;

const SitePosture = z.object({
  site: PostureScore,
  subjects: z.array(Standing),
  trend: z.array(Day).default([]).describe("The site's score at the end of each day, in UTC; the oldest first"),
  units: z.array(Unit).default([]).describe("Pairs, and cabinets with their dispensers, together"),
});

/** The scorecard of the site. */
export const readPosture = operation({
  id: "readPosture",
  method: "get",
  path: "/posture",
  tag: "security",
  summary: "Shows how far each station and the gateway is as the makers' guides and standards demand",
  needs: "command posture",
  input: z.object({}),
  output: SitePosture,
  call: async (person) => SitePosture.parse((await person.run("posture")).data),
});

/** One line of a guide, as it stands for a subject. */
export const PostureLine = z.object({
  line: z.string(),
  outcome: Outcome,
  why: z.string(),
  at: z.number().optional().describe("When the evidence was read, milliseconds since 1970"),
  guide: z.string().optional(),
  title: z.string().optional(),
  severity: z.enum(["high", "medium", "low"]).optional(),
  source: z.string().optional(),
  remedy: z.object({ kind: z.enum(["one-click", "guided", "note"]), text: z.string() }).optional(),
  fix: z.string().optional().describe("The setting of the golden configuration whose fix mends it"),
  ask: z.string().optional().describe("What a person has to look at"),
});
/** One line of a guide, as it stands for a subject. */
export type PostureLine = z.infer<typeof PostureLine>;

/** One subject with every line. */
export const SubjectPosture = z.object({
  subject: z.string(),
  score: PostureScore,
  readAt: z.number().optional().describe("When its settings were read, milliseconds since 1970"),
  findings: z.array(PostureLine),
});
/** One subject with every line. */
export type SubjectPosture = z.infer<typeof SubjectPosture>;

const Subject = z.string().min(1).max(48).describe('A station, or "gateway"');
const Line = z.string().min(1).max(40).describe("A line of a guide, as BC-10");

/** Every line of one subject. */
export const readSubjectPosture = operation({
  id: "readSubjectPosture",
  method: "get",
  path: "/posture/{subject}",
  tag: "security",
  summary: "Shows every line of one station or of the gateway, with why it stands so and what mends it",
  needs: "command posture show",
  input: z.object({ subject: Subject }),
  output: SubjectPosture,
  call: async (person, { subject }) =>
    SubjectPosture.parse((await person.run("posture show", { subject, all: true })).data),
});

/** Judges a subject anew; a connected station is asked. */
export const runPosture = operation({
  id: "runPosture",
  method: "post",
  path: "/posture/{subject}/run",
  tag: "security",
  summary: "Judges a station or the gateway anew; a connected station is asked for its settings",
  needs: "command posture run",
  input: z.object({ subject: Subject }),
  output: SubjectPosture,
  call: async (person, { subject }) => SubjectPosture.parse((await person.run("posture run", { subject })).data),
});

/** What a person saw. */
export const confirmPostureLine = operation({
  id: "confirmPostureLine",
  method: "post",
  path: "/posture/{subject}/{line}/confirm",
  tag: "security",
  summary: "Says what you saw when you looked at a line that only a person can check",
  needs: "command posture confirm",
  input: z.object({
    subject: Subject,
    line: Line,
    seen: z.enum(["so", "not-so"]).describe("Whether it is as the line wants it"),
    note: z.string().max(500).optional().describe("What you saw, where the photo is"),
  }),
  output: SubjectPosture,
  call: async (person, { subject, line, seen, note }) => {
    const args = { subject, line, ...seen === "not-so" ? { "not-so": true } : {}, ...note ? { note } : {} };
    return SubjectPosture.parse((await person.run("posture confirm", args)).data);
  },
});

/** Answers for a line until a day. */
export const waivePostureLine = operation({
  id: "waivePostureLine",
  method: "post",
  path: "/posture/{subject}/{line}/waive",
  tag: "security",
  summary: "Answers for a line that is not met, until a day within a year",
  needs: "command posture waive",
  input: z.object({
    subject: Subject,
    line: Line,
    reason: z.string().min(1).max(500),
    until: z.string().max(10).describe("Last day, as 2027-03-31"),
  }),
  output: SubjectPosture,
  call: async (person, input) => SubjectPosture.parse((await person.run("posture waive", input)).data),
});

/** Takes a waiver back. */
export const unwaivePostureLine = operation({
  id: "unwaivePostureLine",
  method: "post",
  path: "/posture/{subject}/{line}/unwaive",
  tag: "security",
  summary: "Takes a waiver back",
  needs: "command posture unwaive",
  input: z.object({ subject: Subject, line: Line }),
  output: SubjectPosture,
  call: async (person, input) => SubjectPosture.parse((await person.run("posture unwaive", input)).data),
});

/** The signed report. */
export const readPostureReport = operation({
  id: "readPostureReport",
  method: "get",
  path: "/posture-report",
  tag: "security",
  summary: "The whole posture as one report, signed with the audit key; it names what could not be checked",
  needs: "command posture report",
  input: z.object({}),
  output: z.object({ report: z.string(), keyId: z.string(), signature: z.string() }),
  call: async (person) =>
    z.object({ report: z.string(), keyId: z.string(), signature: z.string() }).parse(
      (await person.run("posture report")).data,
    ),
});

/** The report as a file to keep. */
export const downloadPostureReport = operation({
  id: "downloadPostureReport",
  method: "get",
  path: "/posture-report/{format}",
  tag: "security",
  summary: "The whole posture as a signed PDF, or as an HTML page for browsers and printers, as base64",
  needs: "command posture report",
  input: z.object({ format: z.enum(["html", "pdf"]) }),
  output: z.object({ name: z.string(), type: z.string(), base64: z.string() }),
  call: async (person, { format }) => {
    const { data } = await person.run("posture report", { format });
    const { text, base64, ...file } = z.object({
      ...{ name: z.string(), type: z.string(), text: z.string().optional(), base64: z.string().optional() },
    }).parse(data);
    return { ...file, base64: base64 ?? new TextEncoder().encode(text ?? "").toBase64() };
  },
});
