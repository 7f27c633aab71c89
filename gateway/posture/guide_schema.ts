import { z } from "zod";
import { SEVERITIES } from "../../policies/posture_types.ts";
import { PROBE_FACTS } from "../core/probe_api.ts";
import { POSTURE_LIMITS } from "./limits.ts";

/** A sentence for people. */
export const Text = z.string().trim().min(1).max(POSTURE_LIMITS.textChars);
const Words = z.array(z.string().max(100)).min(1).max(20);

/** Names that hold secrets on devices: a guide never reads them, since what is read is kept and shown. */
const SECRET_NAME = /passw|pwd|puk|secret|authorizationkey|sharedkey|pin(number|code)/i;
/** A setting of a device that may be read and shown. */
export const DeviceName = z.string().regex(/^[\w.-]{1,100}$/).refine((name) => !SECRET_NAME.test(name), {
  error: "a setting that is no secret: what is read is kept and shown",
});

/** What a value must be. */
export const Expect = z.strictObject({
  is: Words.optional().describe(
    "One of these words; on, true, yes, enabled and 1 are one word, so are their opposites",
  ),
  isNot: Words.optional().describe("None of these words"),
  atLeast: z.number().optional().describe("A number, this or more"),
  atMost: z.number().optional().describe("A number, this or less"),
  startsWith: Words.optional().describe("It begins with one of these, whatever the case"),
  version: z.string().max(60).optional().describe("This firmware version or a newer one"),
  absent: z.enum(["met", "failed"]).optional().describe(
    "What it means that the device has no such setting; absent: nothing is known",
  ),
}).refine((expect) => Object.values(expect).some((value) => value !== undefined), { error: "wants at least one part" });

const OrNext = z.literal(true).optional().describe(
  "It can only prove the line: what is not so leaves it to the next check",
);
const Fact = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/);

/** One way to find out; docs/posture.md says what each reads. */
export const GuideCheck = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("inventory"), fact: Fact, expect: Expect, orNext: OrNext }),
  z.strictObject({ by: z.literal("gateway"), fact: Fact, expect: Expect, orNext: OrNext }),
  z.strictObject({
    by: z.literal("ocpp"),
    key: DeviceName.optional().describe("Configuration key of OCPP 1.6"),
    variable: DeviceName.regex(/^\w+\.\w+$/).optional().describe("Component.Variable of OCPP 2.x"),
    expect: Expect,
  }).refine(({ key, variable }) => key !== undefined || variable !== undefined, { error: "wants key or variable" }),
  z.strictObject({ by: z.literal("driver"), setting: DeviceName.or(z.literal("default-password")), expect: Expect }),
  z.strictObject({ by: z.literal("ports"), closed: z.array(z.int().min(1).max(65_535)).min(1).max(100) }),
  z.strictObject({ by: z.literal("probe"), fact: z.enum(PROBE_FACTS), expect: Expect }),
  z.strictObject({ by: z.literal("people"), ask: Text, everyDays: z.int().min(1).max(3_660) }),
  z.strictObject({ by: z.literal("product"), test: Text }),
]);

/** One guide file. */
export const GuideFile = z.strictObject({
  id: z.string().regex(/^[a-z0-9.-]{1,60}$/),
  title: Text,
  about: Text,
  applies: z.strictObject({
    to: z.enum(["station", "gateway"]),
    vendors: z.array(z.string().regex(/^[a-z0-9-]{1,40}$/)).min(1).max(50).optional(),
    hasOcpp: z.boolean().optional(),
  }),
  lines: z.array(z.strictObject({
    id: z.string().regex(/^[A-Z][A-Za-z0-9.-]{1,30}$/),
    title: Text,
    source: Text,
    severity: z.enum(SEVERITIES),
    checks: z.array(GuideCheck).min(1).max(6).refine((checks) => !("orNext" in (checks.at(-1) ?? {})), {
      error: "orNext wants a check after it",
    }),
    remedy: z.strictObject({ kind: z.enum(["one-click", "guided", "note"]), text: Text }),
  })).min(1).max(POSTURE_LIMITS.guideLines),
});
/** One guide: who it is for, and its lines. */
export type Guide = z.infer<typeof GuideFile>;
