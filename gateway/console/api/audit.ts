import { z } from "zod";
import { operation } from "./operation.ts";

/** One record of the audit chain. */
export const AuditRecord = z.object({
  seq: z.number(),
  at: z.string().optional(),
  kind: z.string(),
  class: z.string().optional(),
  event: z.string().optional(),
  who: z.string().optional(),
  target: z.string().optional(),
  outcome: z.string().optional(),
  rule: z.string().optional(),
  source: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
  hash: z.string(),
}).loose();
/** One record of the audit chain. */
export type AuditRecord = z.infer<typeof AuditRecord>;
const Page = z.object({
  records: z.array(AuditRecord),
  next: z.number().optional().describe("The `after` of the next page; absent: these are the last"),
});

/** Records in the order of the chain. */
export const listAudit = operation({
  id: "listAuditRecords",
  method: "get",
  path: "/audit",
  tag: "audit",
  summary: "Lists records of the audit chain, oldest first",
  needs: "command audit export",
  input: z.object({
    after: z.number().int().min(0).optional().describe("Only records behind this number"),
    class: z.enum(["security", "access", "operation", "charging", "chain"]).optional(),
    station: z.string().max(48).optional().describe("Only records of or about this station"),
    from: z.string().max(40).optional().describe("First time, ISO 8601"),
    to: z.string().max(40).optional().describe("Time behind the last record"),
  }),
  output: Page,
  call: async (person, { after, ...rest }) => {
    const args = { ...rest, ...after === undefined ? {} : { after: String(after) } };
    const { data } = await person.run("audit export", args);
    const { lines, next } = z.object({ lines: z.array(z.string()), next: z.number().optional() }).parse(data);
    return { records: lines.map(readLine), ...next === undefined ? {} : { next } };
  },
});

/** The newest records, newest first. */
export const tailAudit = operation({
  id: "tailAuditRecords",
  method: "get",
  path: "/audit/newest",
  tag: "audit",
  summary: "The newest records of the audit chain, newest first",
  needs: "command audit tail",
  input: z.object({ count: z.number().int().min(1).max(1000).default(50) }),
  output: z.array(AuditRecord),
  call: async (person, { count }) => {
    const { data } = await person.run("audit tail", { lines: String(count) });
    return z.object({ lines: z.array(z.string()) }).parse(data).lines.map(readLine).reverse();
  },
});

const readLine = (line: string): AuditRecord => AuditRecord.parse(JSON.parse(line));

const Review = z.object({
  who: z.string(),
  at: z.number().describe("Milliseconds since 1970"),
  sequence: z.number().describe("The last record that there was"),
  note: z.string().optional(),
});
/** A person consulted the audit chain. */
export type AuditReview = z.infer<typeof Review>;

const Digest = z.object({
  from: z.number().describe("When the last digest ended, milliseconds since 1970"),
  to: z.number(),
  digest: z.object({
    records: z.number(),
    parts: z.record(
      z.string(),
      z.array(z.object({ what: z.string(), count: z.number(), by: z.array(z.string()) })),
    ),
  }),
  settings: z.object({ every: z.enum(["daily", "weekly"]), hour: z.number(), receivers: z.array(z.string()) })
    .optional()
    .describe("Absent: the site wants none"),
  reviewDays: z.number().optional().describe("Absent: nobody is reminded"),
  reviewDueAt: z.number().optional().describe("Milliseconds since 1970"),
});
/** What happened since the last digest, and what the site wants of digests and reviews. */
export type AuditDigest = z.infer<typeof Digest>;

/** What happened since the last digest. */
export const readDigest = operation({
  id: "readAuditDigest",
  method: "get",
  path: "/audit/digest",
  tag: "audit",
  summary: "What happened since the last digest, counted, and what the site wants of digests and reviews",
  needs: "command audit digest",
  input: z.object({}),
  output: Digest,
  call: async (person) => Digest.parse((await person.run("audit digest")).data),
});

/** Sends it now. */
export const sendDigest = operation({
  id: "sendAuditDigest",
  method: "post",
  path: "/audit/digest",
  tag: "audit",
  summary: "Sends the digest to its receivers now; the next one begins where it ends",
  needs: "command audit digest-send",
  input: z.object({}),
  output: z.object({ receivers: z.array(z.string()) }),
  call: async (person) =>
    z.object({ receivers: z.array(z.string()) }).parse((await person.run("audit digest-send")).data),
});

/** Who consulted the chain. */
export const listReviews = operation({
  id: "listAuditReviews",
  method: "get",
  path: "/audit/reviews",
  tag: "audit",
  summary: "Lists who consulted the audit chain, newest first",
  needs: "command audit review",
  input: z.object({}),
  output: z.array(Review),
  call: async (person) => z.array(Review).parse((await person.run("audit review", { list: true })).data),
});

/** Says that one has consulted it. */
export const addReview = operation({
  id: "addAuditReview",
  method: "post",
  path: "/audit/reviews",
  tag: "audit",
  summary: "Says that you have consulted the audit chain",
  needs: "command audit review",
  input: z.object({ note: z.string().max(500).optional().describe("What you found") }),
  output: Review,
  call: async (person, input) => Review.parse((await person.run("audit review", input)).data),
});

const Report = z.looseObject({
  ok: z.boolean(),
  lines: z.number(),
  first: z.number(),
  last: z.number(),
  signedTo: z.number(),
  expired: z.number(),
  faultCount: z.number(),
  faults: z.array(z.looseObject({ seq: z.number(), where: z.string(), what: z.string() })),
});
/** What the verification of the chain found. */
export type AuditReport = z.infer<typeof Report>;

/** Verifies the chain from its first line. */
export const verifyAudit = operation({
  id: "verifyAuditChain",
  method: "post",
  path: "/audit/verify",
  tag: "audit",
  summary: "Verifies the audit chain and names the first bad record",
  needs: "command audit verify",
  input: z.object({}),
  output: Report,
  call: async (person) => Report.parse((await person.run("audit verify")).data),
});

/** All operations about the audit chain. */
export const AUDIT_OPERATIONS = [listAudit, tailAudit, verifyAudit, readDigest, sendDigest, listReviews, addReview];
