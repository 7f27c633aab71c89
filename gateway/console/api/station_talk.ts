import { z } from "zod";
import { operation } from "./operation.ts";

const STATION = z.string().min(1).max(48).describe("OCPP identity of the station");

/** One line of a station's flight record. */
export const RecordLine = z.object({
  ts: z.string().describe("ISO 8601"),
  kind: z.string().describe("station: it said; csms: its CSMS said; gateway: said in the place of one; else an event"),
  text: z.string().describe("As on the wire, secrets and badges stripped"),
});
/** One line of a station's flight record. */
export type RecordLine = z.infer<typeof RecordLine>;

/** What a station and its CSMS said lately. */
export const readStationRecord = operation({
  id: "readStationRecord",
  method: "get",
  path: "/stations/{station}/record",
  tag: "stations",
  summary: "The last messages and events of a station's connection, secrets and badges stripped, oldest first",
  needs: "command station record",
  input: z.object({ station: STATION }),
  output: z.array(RecordLine),
  call: async (person, { station }) => {
    const { lines } = z.object({ lines: z.string() }).parse((await person.run("station record", { station })).data);
    return lines.split("\n").flatMap((line) => line === "" ? [] : [RecordLine.parse(JSON.parse(line))]);
  },
});

/** One security event, with how often it was seen. */
export const SecurityEventRow = z.object({
  subject: z.string(),
  type: z.string(),
  isCritical: z.boolean(),
  origin: z.string().describe("Who told: the station or the gateway"),
  count: z.number(),
  info: z.string().optional(),
  first: z.string(),
  last: z.string(),
}).loose();
/** One security event, with how often it was seen. */
export type SecurityEventRow = z.infer<typeof SecurityEventRow>;

/** Security events, of one station or of all. */
export const listSecurityEvents = operation({
  id: "listSecurityEvents",
  method: "get",
  path: "/security-events",
  tag: "audit",
  summary: "Lists OCPP security events that stations reported or the gateway saw",
  needs: "command security-events",
  input: z.object({ subject: STATION.optional().describe("Only of this station") }),
  output: z.array(SecurityEventRow),
  call: async (person, { subject }) => {
    const { data } = await person.run("security-events", subject === undefined ? {} : { subject });
    return z.array(SecurityEventRow).parse(data);
  },
});
