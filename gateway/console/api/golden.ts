import { z } from "zod";
import { operation } from "./operation.ts";

const State = z.enum(["same", "drifted", "absent", "unknown"]);

const Fix = z.object({
  id: z.string(),
  station: z.string(),
  profile: z.string(),
  items: z.array(z.object({
    ...{ setting: z.string(), way: z.string(), name: z.string(), value: z.string() },
    ...{ before: z.string().optional(), outcome: z.string().optional(), why: z.string().optional() },
  })),
  madeBy: z.string(),
  madeAt: z.number(),
  reason: z.string().optional(),
  approvedBy: z.string().optional(),
  state: z.enum(["approved", "cancelled", "done", "expired", "failed", "restarting", "waits", "writing"]),
  at: z.number().describe("When it came to this state, milliseconds since 1970"),
  why: z.string().optional(),
  undoes: z.string().optional().describe("The fix that this one takes back"),
});
/** A change of settings that a person asked for. */
export type GoldenFix = z.infer<typeof Fix>;

const Standing = z.object({
  station: z.string(),
  profile: z.string().optional().describe("Absent: no golden configuration is about it"),
  title: z.string().optional(),
  findings: z.array(z.object({
    ...{ setting: z.string(), state: State, title: z.string(), source: z.string(), why: z.string() },
    fixedBy: z.enum(["gateway", "people"]),
    ...{ way: z.string().optional(), name: z.string().optional(), has: z.string().optional() },
    ...{ wanted: z.string().optional(), at: z.number().optional() },
  })),
  fix: Fix.optional().describe("One that is not over"),
});
/** How the settings of a station stand against the golden configuration of its model. */
export type GoldenStanding = z.infer<typeof Standing>;

const Station = z.string().min(1).max(48);
const FixId = z.string().regex(/^F\d{1,9}$/).describe("As F3");

/** All stations. */
export const listGolden = operation({
  id: "listGolden",
  method: "get",
  path: "/golden",
  tag: "security",
  summary: "Shows the settings of every station against the golden configuration of its model",
  needs: "command posture golden",
  input: z.object({}),
  output: z.array(Standing),
  call: async (person) => z.array(Standing).parse((await person.run("posture golden")).data),
});

/** One station. */
export const readGolden = operation({
  id: "readGolden",
  method: "get",
  path: "/golden/{station}",
  tag: "security",
  summary: "Shows the settings of one station against the golden configuration of its model",
  needs: "command posture golden",
  input: z.object({ station: Station }),
  output: Standing,
  call: async (person, { station }) => Standing.parse((await person.run("posture golden", { station })).data),
});

/** Fixes. */
export const listGoldenFixes = operation({
  id: "listGoldenFixes",
  method: "get",
  path: "/golden-fixes",
  tag: "security",
  summary: "Shows all fixes: who asked, who approved, what came of each",
  needs: "command posture golden fixes",
  input: z.object({}),
  output: z.array(Fix),
  call: async (person) => z.array(Fix).parse((await person.run("posture golden fixes")).data),
});

/** Asks for a fix. */
export const askGoldenFix = operation({
  id: "askGoldenFix",
  method: "post",
  path: "/golden/{station}/fix",
  tag: "security",
  summary: "Asks for the wanted settings to be written at a station; another person has to approve it",
  needs: "command posture golden fix",
  input: z.object({
    station: Station,
    settings: z.string().max(2_000).optional().describe("Settings with commas; absent: all that drifted"),
    reason: z.string().max(500).optional(),
  }),
  output: Fix,
  call: async (person, { station, settings, reason }) => {
    const args = { station, ...settings ? { settings } : {}, ...reason ? { reason } : {} };
    return Fix.parse((await person.run("posture golden fix", args)).data);
  },
});

const decided = <Verb extends "approve" | "cancel" | "undo">(verb: Verb, summary: string) =>
  operation({
    id: `${verb}GoldenFix`,
    method: "post",
    path: `/golden-fixes/{fix}/${verb}`,
    tag: "security",
    summary,
    needs: `command posture golden ${verb}`,
    input: z.object({ fix: FixId }),
    output: Fix,
    call: async (person, { fix }) => Fix.parse((await person.run(`posture golden ${verb}`, { fix })).data),
  });

/** Agrees to what another person asked for. */
export const approveGoldenFix = decided("approve", "Agrees to a fix that another person asked for");
/** Calls it off. */
export const cancelGoldenFix = decided("cancel", "Calls a fix off before anything of it is written");
/** Asks for what puts it back. */
export const undoGoldenFix = decided("undo", "Asks for what puts back what a fix changed");

/** What the REST API has of golden configurations and their fixes. */
export const GOLDEN_OPERATIONS = [
  listGolden,
  readGolden,
  listGoldenFixes,
  askGoldenFix,
  approveGoldenFix,
  cancelGoldenFix,
  undoGoldenFix,
] as const;
