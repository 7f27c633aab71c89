import { z } from "zod";
import { operation } from "./operation.ts";

const Result = z.object({
  outcome: z.enum(["done", "failed", "same", "left-out"]),
  fix: z.string().optional(),
  why: z.string(),
});

const Rollout = z.object({
  id: z.string(),
  profile: z.string(),
  settings: z.array(z.object({
    id: z.string(),
    ways: z.record(z.string(), z.object({ name: z.string(), value: z.string() })),
  })).describe("What people agree to: names and values by each way"),
  stations: z.array(z.string()),
  stopAfter: z.number().describe("Failures after which it stops by itself"),
  madeBy: z.string(),
  madeAt: z.number(),
  reason: z.string().optional(),
  approvedBy: z.string().optional(),
  state: z.enum(["cancelled", "done", "expired", "running", "stopped", "waits"]),
  at: z.number().describe("When it came to this state, milliseconds since 1970"),
  why: z.string().optional(),
  results: z.record(z.string(), Result).describe("By station; one that is missing is still to come"),
});
/** One approval for many stations. */
export type GoldenRollout = z.infer<typeof Rollout>;

const RolloutId = z.string().regex(/^R\d{1,9}$/).describe("As R1");

/** All rollouts. */
export const listRollouts = operation({
  id: "listRollouts",
  method: "get",
  path: "/golden-rollouts",
  tag: "security",
  summary: "Shows every rollout of settings: who asked, who approved, what came of each station",
  needs: "command posture rollout",
  input: z.object({}),
  output: z.array(Rollout),
  call: async (person) => z.array(Rollout).parse((await person.run("posture rollout")).data),
});

/** Asks for one. */
export const askRollout = operation({
  id: "askRollout",
  method: "post",
  path: "/golden-profiles/{profile}/rollout",
  tag: "security",
  summary:
    "Asks for what drifted to be written back at every station of a golden configuration; another person approves",
  needs: "command posture rollout ask",
  input: z.object({
    profile: z.string().regex(/^[a-z0-9.-]{1,60}$/),
    settings: z.string().max(2_000).optional().describe("Settings with commas; absent: all that the gateway writes"),
    stations: z.string().max(10_000).optional().describe("Stations with commas; absent: all where one drifted"),
    stopAfter: z.coerce.number().int().min(1).max(20).optional().describe(
      "Failures after which it stops; 1 when absent",
    ),
    reason: z.string().max(500).optional(),
  }),
  output: Rollout,
  call: async (person, { profile, settings, stations, stopAfter, reason }) => {
    const args = {
      profile,
      ...settings ? { settings } : {},
      ...stations ? { stations } : {},
      ...stopAfter ? { "stop-after": String(stopAfter) } : {},
      ...reason ? { reason } : {},
    };
    return Rollout.parse((await person.run("posture rollout ask", args)).data);
  },
});

const decided = <Verb extends "approve" | "cancel" | "resume">(verb: Verb, summary: string) =>
  operation({
    id: `${verb}Rollout`,
    method: "post",
    path: `/golden-rollouts/{rollout}/${verb}`,
    tag: "security",
    summary,
    needs: `command posture rollout ${verb}`,
    input: z.object({ rollout: RolloutId }),
    output: Rollout,
    call: async (person, { rollout }) => Rollout.parse((await person.run(`posture rollout ${verb}`, { rollout })).data),
  });

/** Agrees to what another person asked for. */
export const approveRollout = decided("approve", "Agrees to a rollout that another person asked for");
/** Calls it off. */
export const cancelRollout = decided(
  "cancel",
  "Calls a rollout off; a station that is being written to comes to its end",
);
/** Has one that stopped go on. */
export const resumeRollout = decided("resume", "Has a rollout that stopped after failures go on with what is left");

/** What the REST API has of rollouts. */
export const ROLLOUT_OPERATIONS = [
  listRollouts,
  askRollout,
  approveRollout,
  cancelRollout,
  resumeRollout,
] as const;
