import { z } from "zod";
import { operation } from "./operation.ts";

const STATION_ID = z.string().min(1).max(48).describe("OCPP identity of the station");
/** One station as `stations` lists it. */
export const StationRow = z.object({
  id: z.string(),
  connected: z.boolean(),
  securityProfile: z.number().nullable().describe("OCPP security profile; null: no OCPP connection of its own"),
  protocols: z.array(z.string()),
  csms: z.string().nullable(),
  setByCsms: z.boolean().describe("The CSMS itself set the credential of its leg"),
  adopted: z.boolean().describe("Adopted by command, not written in site.yaml"),
  quirks: z.array(z.string()),
  since: z.string().nullable().describe("Connected since, ISO 8601"),
  source: z.string().nullable().describe("Address it is connected from"),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).describe("Learned from its messages"),
});
/** One station as `stations` lists it. */
export type StationRow = z.infer<typeof StationRow>;

/** All stations, connected or not. */
export const listStations = operation({
  id: "listStations",
  method: "get",
  path: "/stations",
  tag: "stations",
  summary: "Lists the stations and whether they are connected",
  needs: "command stations",
  input: z.object({}),
  output: z.array(StationRow),
  call: async (person) => z.array(StationRow).parse((await person.run("stations")).data),
});

/** A station that asked to connect and is not known. Nothing in it is proven. */
export const InboxRow = z.object({
  stationId: z.string(),
  firstSeen: z.number().describe("Milliseconds since 1970"),
  lastSeen: z.number().describe("Milliseconds since 1970"),
  attempts: z.number(),
  source: z.string(),
  listener: z.string(),
  tls: z.boolean(),
  offeredProtocols: z.array(z.string()),
  credential: z.string(),
  userAgent: z.string().optional(),
});
/** A station in the adoption inbox. */
export type InboxRow = z.infer<typeof InboxRow>;

/** The adoption inbox. */
export const listInbox = operation({
  id: "listInbox",
  method: "get",
  path: "/inbox",
  tag: "stations",
  summary: "Lists unknown stations that asked to connect",
  needs: "command stations",
  input: z.object({}),
  output: z.array(InboxRow),
  call: async (person) => z.array(InboxRow).parse((await person.run("stations", { inbox: true })).data),
});

/** What `why` found. */
export const Why = z.object({
  steps: z.array(z.object({ step: z.string(), state: z.string(), detail: z.string() })),
  sentence: z.string(),
  fix: z.string(),
});
/** What `why` found. */
export type Why = z.infer<typeof Why>;

/** Why a station does or does not charge. */
export const explainStation = operation({
  id: "explainStation",
  method: "get",
  path: "/stations/{station}/why",
  tag: "stations",
  summary: "Walks all that a station needs to charge and ends in one sentence and one fix",
  needs: "command why",
  input: z.object({ station: STATION_ID }),
  output: Why,
  call: async (person, { station }) => Why.parse((await person.run("why", { station })).data),
});

/** What adopting or renewing answers: a credential that is shown once. */
export const GivenCredential = z.object({ text: z.string().describe("For people"), data: z.unknown() });

/** Takes an unknown station into the inventory. */
export const adoptStation = operation({
  id: "adoptStation",
  method: "post",
  path: "/inbox/{station}/adopt",
  tag: "stations",
  summary: "Takes a station from the inbox into the inventory; its password is shown once",
  needs: "command station adopt",
  input: z.object({
    station: STATION_ID,
    csms: z.string().max(64).optional().describe("CSMS of its own; absent: the first of the site"),
    profile: z.enum(["1", "2", "3"]).default("2").describe("OCPP security profile"),
    protocols: z.string().max(64).optional().describe("OCPP versions between commas; absent: those it offered"),
  }),
  output: GivenCredential,
  call: async (person, input) => given(await person.run("station adopt", input)),
});

/** Gives a station a new password. */
export const renewCredential = operation({
  id: "renewStationCredential",
  method: "post",
  path: "/stations/{station}/credential",
  tag: "stations",
  summary: "Gives a station a new password, shown once; the old one ends",
  needs: "command station credential",
  input: z.object({ station: STATION_ID }),
  output: GivenCredential,
  call: async (person, input) => given(await person.run("station credential", input)),
});

/** Has a connected station take over a new credential by itself. */
export const renewStation = operation({
  id: "renewStation",
  method: "post",
  path: "/stations/{station}/renew",
  tag: "stations",
  summary: "Has a connected station take a new password or certificate over OCPP",
  needs: "command station renew",
  input: z.object({ station: STATION_ID }),
  output: GivenCredential,
  call: async (person, input) => given(await person.run("station renew", input)),
});

/** One controller with pages, and whether its adoption is finished. */
export const AdoptionRow = z.object({
  station: z.string(),
  state: z.enum(["default", "finished", "no-recovery", "old-pages", "open", "other-hardware"])
    .describe(
      "default: a password of the factory works; no-recovery: no way in if it is lost; old-pages: the maker's old pages are open to all; " +
        "open: nobody has looked",
    ),
  at: z.number().optional().describe("Milliseconds since 1970"),
  by: z.string().optional(),
  seen: z.string().optional().describe("What a person saw, where the gateway could not try"),
  accounts: z.array(z.string()).optional().describe("Accounts whose factory password works"),
  warning: z.string().optional().describe("What could not be looked at when it was finished"),
});
/** One controller with pages, and whether its adoption is finished. */
export type AdoptionRow = z.infer<typeof AdoptionRow>;

/** Controllers and their adoption. */
export const listAdoptions = operation({
  id: "listAdoptions",
  method: "get",
  path: "/adoptions",
  tag: "stations",
  summary: "Lists controllers with pages, and whether their adoption is finished: no password of the factory works",
  needs: "command station adoption",
  input: z.object({}),
  output: z.array(AdoptionRow),
  call: async (person) => z.array(AdoptionRow).parse((await person.run("station adoption")).data),
});

/** Finishes an adoption. */
export const finishAdoption = operation({
  id: "finishAdoption",
  method: "post",
  path: "/adoptions/{station}/finish",
  tag: "stations",
  summary:
    "Tries the documented passwords of the factory at a controller once, and finishes its adoption if none works",
  needs: "command station adoption finish",
  input: z.object({
    station: STATION_ID,
    seen: z.string().max(200).optional().describe("What you saw at the controller, where the gateway cannot try"),
  }),
  output: AdoptionRow,
  call: async (person, input) => AdoptionRow.parse((await person.run("station adoption finish", input)).data),
});

function given({ text, data }: { readonly text: string; readonly data: unknown }): z.infer<typeof GivenCredential> {
  return { text, data };
}
