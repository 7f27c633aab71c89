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
