import { z } from "zod";
import { operation } from "./operation.ts";

const Health = z.object({ state: z.string(), why: z.string().optional() });
const WorkerRow = z.object({
  state: z.string(),
  restarts: z.number(),
  lastFault: z.string().optional(),
  listening: z.record(z.string(), z.string()).optional(),
  health: Health.optional(),
});
/** What `status` says. */
export const Status = z.object({
  version: z.string(),
  site: z.string(),
  ready: z.boolean(),
  workers: z.record(z.string(), WorkerRow),
  audit: z.object({ sequence: z.number() }),
  keyStore: z.object({ kind: z.string(), protectedBy: z.string(), note: z.string().optional() }).loose(),
  exceptions: z.array(z.string()),
  outages: z.object({
    modes: z.record(z.string(), z.string()),
    messages: z.number(),
    bytes: z.number(),
    oldestSeconds: z.number().optional(),
    refused: z.number(),
  }),
});
/** What `status` says. */
export type Status = z.infer<typeof Status>;

/** How the gateway stands. */
export const readStatus = operation({
  id: "readStatus",
  method: "get",
  path: "/status",
  tag: "overview",
  summary: "Health of the gateway and its Workers, and visible exceptions",
  needs: "command status",
  input: z.object({}),
  output: Status,
  call: async (person) => Status.parse((await person.run("status")).data),
});

/** One alarm. */
export const AlarmRow = z.object({
  kind: z.string(),
  subject: z.string(),
  severity: z.enum(["info", "warning", "critical"]),
  state: z.string(),
  detail: z.string().optional(),
  count: z.number(),
  firstSeen: z.number().describe("Milliseconds since 1970"),
  lastSeen: z.number().describe("Milliseconds since 1970"),
  acknowledged: z.object({ by: z.string() }).loose().optional(),
  meaning: z.string().optional(),
  action: z.string().optional(),
});
/** One alarm. */
export type AlarmRow = z.infer<typeof AlarmRow>;

/** The alarms. */
export const listAlarms = operation({
  id: "listAlarms",
  method: "get",
  path: "/alarms",
  tag: "overview",
  summary: "Lists the alarms that stand, what each means and what to do",
  needs: "command alarms list",
  input: z.object({ all: z.boolean().optional().describe("Also those that are over") }),
  output: z.array(AlarmRow),
  call: async (person, { all }) => {
    const { data } = await person.run("alarms list", all ? { all } : {});
    return z.object({ alarms: z.array(AlarmRow) }).parse(data).alarms;
  },
});

/** Takes an alarm in hand. */
export const acknowledgeAlarm = operation({
  id: "acknowledgeAlarm",
  method: "post",
  path: "/alarms/acknowledge",
  tag: "overview",
  summary: "Says that you have taken an alarm in hand",
  needs: "command alarms ack",
  input: z.object({ kind: z.string().max(100), subject: z.string().max(200) }),
  output: z.object({ text: z.string() }),
  call: async (person, input) => ({ text: (await person.run("alarms ack", input)).text }),
});

/** One CSMS. */
export const CsmsRow = z.object({
  id: z.string(),
  mode: z.string(),
  host: z.string(),
  stations: z.number(),
  open: z.number().optional(),
  away: z.number().optional(),
  waiting: z.number().optional(),
}).loose();
/** One CSMS. */
export type CsmsRow = z.infer<typeof CsmsRow>;

/** The CSMS that stations are relayed to. */
export const listCsms = operation({
  id: "listCsms",
  method: "get",
  path: "/csms",
  tag: "overview",
  summary: "Lists the CSMS with how many stations each has",
  needs: "command csms list",
  input: z.object({}),
  output: z.array(CsmsRow),
  call: async (person) => z.object({ csms: z.array(CsmsRow) }).parse((await person.run("csms list")).data).csms,
});
