import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import { operation } from "./operation.ts";

const Flow = z.object({
  id: z.string(),
  path: z.string(),
  from: z.string(),
  to: z.string(),
  fromZone: z.string(),
  toZone: z.string(),
  what: z.string(),
  because: z.string(),
  packets: z.number(),
});
const Denied = z.object({
  from: z.string(),
  to: z.string(),
  what: z.string(),
  packets: z.number(),
  rule: z.string(),
  reason: z.string(),
  allow: z.string().describe("What to type or to write into site.yaml"),
  lastAt: z.number().describe("Milliseconds since 1970"),
});
const Opening = z.object({
  stationId: z.string(),
  port: z.number(),
  source: z.string(),
  by: z.string(),
  reason: z.string(),
  until: z.number().describe("Milliseconds since 1970"),
});
/** How the firewall stands. */
export const SegmentationView = z.object({
  /** False: the site has no segmentation; then nothing else is filled. */
  isOn: z.boolean(),
  differs: z.boolean().default(false),
  state: z.object({
    confirmed: z.string().optional(),
    pending: z.object({ secondsLeft: z.number() }).loose().optional(),
    isLoaded: z.boolean(),
    undone: z.object({ why: z.string(), at: z.number() }).loose().optional(),
  }).loose().default({ isLoaded: false }),
  zones: z.array(z.object({ id: z.string(), role: z.string(), isolation: z.string() })).default([]),
  flows: z.array(Flow).default([]),
  denied: z.array(Denied).default([]),
  refused: z.array(z.object({ what: z.string(), packets: z.number() })).default([]),
  openings: z.array(Opening).default([]),
});
/** How the firewall stands. */
export type SegmentationView = z.infer<typeof SegmentationView>;

/** Flows with packets, refused flows with how to allow them, open maintenance ports. */
export const readSegmentation = operation({
  id: "readSegmentation",
  method: "get",
  path: "/segmentation",
  tag: "network",
  summary: "Flows in force with their packets, refused flows with how to allow them, open maintenance ports",
  needs: "command segmentation show",
  input: z.object({}),
  output: SegmentationView,
  call: async (person) => {
    try {
      return SegmentationView.parse({ isOn: true, ...(await person.run("segmentation show")).data as object });
    } catch (error) {
      if (error instanceof GatewayError && error.code === "SEGMENTATION_OFF") {
        return SegmentationView.parse({ isOn: false });
      }
      throw error;
    }
  },
});

/** What an apply would change. */
export const SegmentationPlan = z.object({
  added: z.array(Flow.omit({ packets: true })),
  removed: z.array(Flow.omit({ packets: true })),
  dryRun: z.string(),
  warnings: z.array(z.string()),
});
/** What an apply would change. */
export type SegmentationPlan = z.infer<typeof SegmentationPlan>;

/** What an apply would change. */
export const planSegmentation = operation({
  id: "planSegmentation",
  method: "get",
  path: "/segmentation/plan",
  tag: "network",
  summary: "Flows that an apply would add and take away; the rules are tried out without being loaded",
  needs: "command segmentation plan",
  input: z.object({}),
  output: SegmentationPlan,
  call: async (person) => SegmentationPlan.parse((await person.run("segmentation plan")).data),
});

/** Loads the rules until they are confirmed. */
export const applySegmentation = operation({
  id: "applySegmentation",
  method: "post",
  path: "/segmentation/apply",
  tag: "network",
  summary: "Loads the firewall rules of site.yaml; they undo themselves unless confirmed in time",
  needs: "command segmentation apply",
  input: z.object({}),
  output: z.object({ applied: z.boolean() }),
  call: async (person) => z.object({ applied: z.boolean() }).parse((await person.run("segmentation apply")).data),
});

/** Keeps the rules that wait. */
export const confirmSegmentation = operation({
  id: "confirmSegmentation",
  method: "post",
  path: "/segmentation/confirm",
  tag: "network",
  summary: "Keeps the firewall rules that were applied",
  needs: "command segmentation confirm",
  input: z.object({}),
  output: z.object({}),
  call: async (person) => {
    await person.run("segmentation confirm");
    return {};
  },
});

/** Undoes the rules that wait. */
export const undoSegmentation = operation({
  id: "undoSegmentation",
  method: "post",
  path: "/segmentation/undo",
  tag: "network",
  summary: "Undoes the firewall rules that wait to be confirmed, now",
  needs: "command segmentation undo",
  input: z.object({}),
  output: z.object({}),
  call: async (person) => {
    await person.run("segmentation undo");
    return {};
  },
});

/** Closes the open maintenance ports of a station. */
export const closeMaintenance = operation({
  id: "closeMaintenance",
  method: "post",
  path: "/segmentation/openings/{station}/close",
  tag: "network",
  summary: "Closes the open maintenance ports of a station and cuts their sessions",
  needs: "command segmentation close",
  input: z.object({ station: z.string() }),
  output: z.object({}),
  call: async (person, { station }) => {
    await person.run("segmentation close", { station });
    return {};
  },
});
