import { z } from "zod";
import { operation } from "./operation.ts";

/** A file that a station was asked for. */
export const StationLog = z.object({
  id: z.string(),
  stationId: z.string(),
  csms: z.string(),
  state: z.enum(["asked", "expected", "received", "sent", "failed", "none"]),
  why: z.string().optional(),
  fileName: z.string().optional(),
  bytes: z.number().optional().describe("Absent: it has not come"),
  createdAt: z.number().describe("Milliseconds since 1970"),
  to: z.string().describe("Where the CSMS wants it, without its login"),
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
