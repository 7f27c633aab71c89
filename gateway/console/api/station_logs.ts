import { z } from "zod";
import { operation } from "./operation.ts";

/** A file that a station was asked for. */
export const StationLog = z.object({
  id: z.string(),
  stationId: z.string(),
  csms: z.string().optional().describe("Absent: the gateway asked for it itself"),
  state: z.enum(["asked", "expected", "received", "sent", "kept", "failed", "none"]),
  why: z.string().optional(),
  fileName: z.string().optional(),
  bytes: z.number().optional().describe("Absent: it has not come"),
  createdAt: z.number().describe("Milliseconds since 1970"),
  to: z.string().optional().describe("Where the CSMS wants it, without its login; absent: it stays at the gateway"),
});
/** A file that a station was asked for. */
export type StationLog = z.infer<typeof StationLog>;

/** Files that stations bring for their CSMS. */
export const listStationLogs = operation({
  id: "listStationLogs",
  method: "get",
  path: "/firmware/transfers",
  tag: "firmware",
  summary: "Lists the files that stations bring for their CSMS, of which a sealed copy is kept here",
  needs: "command firmware transfers",
  input: z.object({}),
  output: z.array(StationLog),
  call: async (person) => z.array(StationLog).parse((await person.run("firmware transfers")).data),
});

/** When one station is asked for its security log by the gateway. */
export const LogSchedule = z.object({
  stationId: z.string(),
  everyHours: z.number(),
  state: z.enum(["asked", "due", "fresh", "missing", "refused", "waiting"]).describe(
    "fresh: it came within its period; waiting: it was not due yet; asked: it brings one now",
  ),
  gotAt: z.number().optional().describe("Milliseconds since 1970; absent: none came yet"),
  dueAt: z.number().describe("When it is asked next, milliseconds since 1970"),
  why: z.string().optional().describe("Why the last one did not come, or it is not asked now"),
});
/** When one station is asked for its security log by the gateway. */
export type LogSchedule = z.infer<typeof LogSchedule>;

/** The schedule of security logs. */
export const listSecurityLogs = operation({
  id: "listSecurityLogs",
  method: "get",
  path: "/firmware/security-logs",
  tag: "firmware",
  summary: "Lists when each station is asked for its security log by the gateway itself, and whether it came",
  needs: "command firmware security-logs",
  input: z.object({}),
  output: z.array(LogSchedule),
  call: async (person) => z.array(LogSchedule).parse((await person.run("firmware security-logs")).data),
});

/** Asks one station now. */
export const collectSecurityLog = operation({
  id: "collectSecurityLog",
  method: "post",
  path: "/firmware/security-logs/{collect}",
  tag: "firmware",
  summary: "Asks a station for its security log now",
  needs: "command firmware security-logs",
  input: z.object({ collect: z.string().min(1).max(48) }),
  output: z.object({ asked: z.string() }),
  call: async (person, input) =>
    z.object({ asked: z.string() }).parse((await person.run("firmware security-logs", input)).data),
});

/** An encrypted ZIP that waits to be fetched. */
export const HandOut = z.object({
  id: z.string().describe("For revealStationLogPassword"),
  stationId: z.string(),
  fileName: z.string(),
  bytes: z.number(),
  expiresAt: z.number().describe("Milliseconds since 1970"),
});

/** Makes an encrypted ZIP of one. */
export const handOutStationLog = operation({
  id: "handOutStationLog",
  method: "post",
  path: "/firmware/transfers/{upload}/hand-out",
  tag: "firmware",
  summary:
    "Makes an AES-256 ZIP of a station's file, to be fetched at /logs/hand-outs/{id}; its password is told apart",
  needs: "command firmware hand-out",
  input: z.object({ upload: z.string().max(64) }),
  output: HandOut,
  call: async (person, input) => HandOut.parse((await person.run("firmware hand-out", input, 600_000)).data),
});

/** Tells the password of one, once. */
export const revealStationLog = operation({
  id: "revealStationLogPassword",
  method: "post",
  path: "/firmware/hand-outs/{handout}/reveal",
  tag: "firmware",
  summary: "Tells the password of a ZIP that was handed out, once",
  needs: "command firmware reveal",
  input: z.object({ handout: z.string().max(64) }),
  output: z.object({ id: z.string(), password: z.string() }),
  call: async (person, input) =>
    z.object({ id: z.string(), password: z.string() }).parse((await person.run("firmware reveal", input)).data),
});

/** All operations about files of stations. */
export const STATION_LOG_OPERATIONS = [
  listStationLogs,
  listSecurityLogs,
  collectSecurityLog,
  handOutStationLog,
  revealStationLog,
];
