import { z } from "zod";
import { operation } from "./operation.ts";

const Source = z.object({
  host: z.string(),
  state: z.string(),
  isReachable: z.boolean(),
  offsetSeconds: z.number(),
  nts: z.object({ cookies: z.number(), attempts: z.number() }).optional().describe(
    "Absent: nothing proves its answers",
  ),
});
const Report = z.object({
  ageSeconds: z.number(),
  tracking: z.object({ stratum: z.number(), offsetSeconds: z.number(), leap: z.string() }).optional(),
  sources: z.array(Source),
});
const Verdict = z.object({ state: z.enum(["right", "off", "certificate"]), detail: z.string().optional() });

/** How the clocks of the site stand. */
export const TimeStatus = z.object({
  box: z.object({
    state: z.enum(["following", "lost", "own", "unknown"]),
    why: z.string(),
    report: Report.optional(),
  }).nullable().describe("Null: the site leaves the box's clock alone"),
  stations: z.array(z.object({
    station: z.string(),
    offsetSeconds: z.number().describe("Ahead of the box; negative: behind"),
    verdict: Verdict,
  })),
});
/** How the clocks of the site stand. */
export type TimeStatus = z.infer<typeof TimeStatus>;

/** The box's clock, its servers, and the clocks of stations. */
export const readTime = operation({
  id: "readTime",
  method: "get",
  path: "/time",
  tag: "network",
  summary: "Shows what the box's clock follows, whether that is proven, and how far the stations' clocks are off",
  needs: "command time status",
  input: z.object({}),
  output: TimeStatus,
  call: async (person) => TimeStatus.parse((await person.run("time status")).data),
});
