import { z } from "zod";
import { operation } from "./operation.ts";

const Port = z.object({
  index: z.number(),
  name: z.string(),
  alias: z.string().optional(),
  isUp: z.boolean().optional(),
  devices: z.number(),
  neighbour: z.string().nullable(),
});
/** Switches, the ends of the box's own cables, and where every station hangs. */
export const SwitchesView = z.object({
  switches: z.array(z.object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    readAt: z.number().nullable().describe("Milliseconds since 1970; null: not yet"),
    fault: z.string().nullable().describe("Why the last reading gave nothing"),
    isCut: z.boolean(),
    devices: z.number(),
    ports: z.array(Port),
  })),
  isListening: z.boolean().describe("hald listens for LLDP"),
  neighbours: z.array(
    z.object({
      interface: z.string(),
      chassis: z.string(),
      port: z.string(),
      portDescription: z.string().optional(),
      name: z.string().optional(),
      address: z.string().optional(),
      vlan: z.number().optional(),
    }).loose(),
  ),
  stations: z.array(
    z.object({
      station: z.string(),
      mac: z.string().nullable(),
      state: z.enum(["bad", "not used", "ok", "unknown"]),
      detail: z.string(),
      fix: z.string().optional(),
    }).loose(),
  ),
});
/** Switches, the ends of the box's own cables, and where every station hangs. */
export type SwitchesView = z.infer<typeof SwitchesView>;

/** Which station hangs on which port. */
export const readSwitches = operation({
  id: "readSwitches",
  method: "get",
  path: "/switches",
  tag: "network",
  summary: "Shows which station hangs on which port of which switch, and what the box's own cables end in",
  needs: "command segmentation switches",
  input: z.object({}),
  output: SwitchesView,
  call: async (person) => SwitchesView.parse((await person.run("segmentation switches")).data),
});

/** Reads all switches now. */
export const lookAtSwitches = operation({
  id: "lookAtSwitches",
  method: "post",
  path: "/switches/look",
  tag: "network",
  summary: "Has all switches read now, whatever their period",
  needs: "command segmentation switches",
  input: z.object({}),
  output: z.object({}),
  call: async (person) => {
    await person.run("segmentation switches", { now: true });
    return {};
  },
});
