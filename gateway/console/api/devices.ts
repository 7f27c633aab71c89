import { z } from "zod";
import { CAPABILITIES, DEVICE_ROLES } from "../../../policies/access_types.ts";
import { LeaseRow } from "./access.ts";
import { operation } from "./operation.ts";

const STATION_ID = z.string().min(1).max(48).describe("OCPP identity of the station");
const SESSION_ID = z.string().min(1).max(64).describe("Id of the device session, as listDeviceSessions gives it");

/** The pages of one station's controller. */
export const StationPagesRow = z.object({
  station: z.string(),
  driver: z.string(),
  title: z.string().describe("What the driver is for"),
  roles: z.array(z.enum(DEVICE_ROLES)).describe("Accounts of the device that the driver knows"),
  pages: z.array(z.object({ station: z.string(), port: z.number() }).loose()),
  recorded: z.array(z.enum(DEVICE_ROLES)).optional().describe("Accounts whose sessions are recorded"),
  cleartext: z.boolean().describe("Plain HTTP to the device, or no pinned certificate"),
});
/** The pages of one station's controller. */
export type StationPagesRow = z.infer<typeof StationPagesRow>;

/** Stations whose pages the gateway opens. */
export const listDevicePages = operation({
  id: "listDevicePages",
  method: "get",
  path: "/device-pages",
  tag: "devices",
  summary: "Lists the stations whose own pages the gateway opens, and the accounts that each knows",
  needs: "device.pages",
  input: z.object({}),
  output: z.array(StationPagesRow),
  call: async (person) => z.array(StationPagesRow).parse(await person.ask("device.pages", {})),
});

/** A ticket for a page: the browser goes to its URL, once, within seconds. */
export const Ticket = z.object({ url: z.string(), expiresAt: z.number().describe("Milliseconds since 1970") });
/** A ticket for a page. */
export type Ticket = z.infer<typeof Ticket>;

/** Opens a way to a station's pages, and gives the ticket that leads there. */
export const openDevicePage = operation({
  id: "openDevicePage",
  method: "post",
  path: "/stations/{station}/pages",
  tag: "devices",
  summary: "Opens a station's own pages for minutes under a grant; the browser goes to the URL of the answer, once",
  needs: "device.open",
  input: z.object({
    station: STATION_ID,
    deviceRole: z.enum(DEVICE_ROLES),
    capability: z.enum(CAPABILITIES).default("view"),
    reason: z.string().min(3).max(200),
    minutes: z.number().int().min(1).max(480).optional().describe("Absent: as long as the grant allows"),
  }),
  output: z.object({ ticket: Ticket, lease: LeaseRow }),
  call: async (person, { reason, minutes, ...wish }) => {
    const lease = await person.ask("people.access.open", { wish, reason, ...minutes === undefined ? {} : { minutes } });
    const ticket = await person.ask("device.open", { lease: lease.id, host: hostName(person.host) });
    return { ticket: Ticket.parse(ticket), lease: LeaseRow.parse(lease) };
  },
});

/** The pages of a way that is open already. */
export const reopenDevicePage = operation({
  id: "reopenDevicePage",
  method: "post",
  path: "/open-access/{lease}/pages",
  tag: "devices",
  summary: "Gives another ticket for the pages of a way that is open",
  needs: "device.open",
  input: z.object({ lease: z.string().max(64) }),
  output: Ticket,
  call: async (person, { lease }) =>
    Ticket.parse(await person.ask("device.open", { lease, host: hostName(person.host) })),
});

/** One live device session. */
export const DeviceSessionRow = z.object({
  id: z.string(),
  person: z.string(),
  station: z.string(),
  deviceRole: z.enum(DEVICE_ROLES),
  capabilities: z.array(z.enum(CAPABILITIES)),
  grant: z.string(),
  lease: z.string(),
  watches: z.string().optional().describe("The session that this one looks on"),
  source: z.string(),
  since: z.number(),
  lastActivity: z.number(),
  idleAt: z.number(),
  endsAt: z.number(),
});
/** One live device session. */
export type DeviceSessionRow = z.infer<typeof DeviceSessionRow>;

/** Who is on which controller's pages now. */
export const listDeviceSessions = operation({
  id: "listDeviceSessions",
  method: "get",
  path: "/device-sessions",
  tag: "devices",
  summary: "Lists who is on which controller's pages now: the own sessions, or all for who watches",
  needs: "device.sessions",
  input: z.object({}),
  output: z.array(DeviceSessionRow),
  call: async (person) => z.array(DeviceSessionRow).parse(await person.ask("device.sessions", {})),
});

/** Ends a device session. */
export const endDeviceSession = operation({
  id: "endDeviceSession",
  method: "delete",
  path: "/device-sessions/{session}",
  tag: "devices",
  summary: "Ends a device session: its page opens nothing any more, and the device is logged out of",
  needs: "device.end",
  input: z.object({ session: SESSION_ID }),
  output: z.object({ ended: z.number() }),
  call: async (person, { session }) => await person.ask("device.end", { session }),
});

/** A ticket to look on. */
export const joinDeviceSession = operation({
  id: "joinDeviceSession",
  method: "post",
  path: "/device-sessions/{session}/join",
  tag: "devices",
  summary: "Gives a ticket to look on at somebody's device session: the same page, without changing anything",
  needs: "device.join",
  input: z.object({ session: SESSION_ID }),
  output: Ticket,
  call: async (person, { session }) =>
    Ticket.parse(await person.ask("device.join", { session, host: hostName(person.host) })),
});

const RequestEvent = z.object({
  sequence: z.number(),
  request: z.object({
    at: z.number(),
    method: z.string(),
    page: z.string().describe("The row of the driver's table, never a whole path"),
    capability: z.string(),
    decision: z.enum(["allowed", "refused"]),
    rule: z.string(),
    status: z.number().describe("0: no answer came"),
    count: z.number(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    settings: z.array(z.string()).optional().describe("Names of settings that were written, never values"),
  }),
});
/** What happened in a session. */
export type RequestEvent = z.infer<typeof RequestEvent>;

/** What happens in a device session. */
export const watchDeviceSession = operation({
  id: "watchDeviceSession",
  method: "get",
  path: "/device-sessions/{session}/requests",
  tag: "devices",
  summary: "What was asked and decided in a device session: pages and names of settings, never values",
  needs: "device.watch",
  input: z.object({
    session: SESSION_ID,
    after: z.number().int().min(0).default(0).describe("Only behind this number"),
  }),
  output: z.object({ session: DeviceSessionRow, events: z.array(RequestEvent) }),
  call: async (person, { session, after }) => {
    const watched = await person.ask("device.watch", { session, after });
    return z.object({ session: DeviceSessionRow, events: z.array(RequestEvent) }).parse(watched);
  },
});

/** Without the port: pages of controllers have ports of their own. */
const hostName = (host: string): string => host.replace(/:\d+$/, "");
