import { z } from "zod";
import { FIRMWARE_MARKS } from "../../../policies/firmware_mark.ts";
import { PART_WAYS } from "../../../policies/campaign_parts.ts";
import { UNIT_STATES } from "../../../policies/campaign_types.ts";
import { operation } from "./operation.ts";

const Counts = z.record(z.enum(UNIT_STATES), z.number());
const Stamp = z.string().describe("ISO 8601; empty: not yet");
const Note = z.object({ at: Stamp, text: z.string() });
const Id = z.string().regex(/^fw-\d{1,9}$/, { error: "the name of a campaign, as fw-3" });
const Because = z.string().max(200).optional().describe("Why, for the report and the audit");

/** A campaign in the list. */
export const CampaignRow = z.object({
  ...{ id: z.string(), name: z.string(), state: z.string(), why: z.string(), vendor: z.string() },
  ...{ version: z.string(), image: z.string(), holds: z.string(), ring: z.string(), madeAt: Stamp, counts: Counts },
});
/** A campaign in the list. */
export type CampaignRow = z.infer<typeof CampaignRow>;

/** One part of a unit. */
const PartRow = z.object({
  ...{ station: z.string(), part: z.string(), way: z.enum(PART_WAYS), model: z.string(), before: z.string() },
  ...{ version: z.string(), phase: z.string(), online: z.boolean(), why: z.string() },
  awaitsPerson: z.boolean().describe("A person is to say that it has the version"),
  person: z.string().describe("Who brings the image to it, or said that it has the version; empty: no person does"),
  proof: z.enum(["reported", "read", "word", ""]).describe("How its version is known: `word` is a person's word alone"),
  step: z.object({ en: z.string(), de: z.string() }).optional().describe("What that person does, while awaited"),
});
/** One unit of a campaign. */
export const UnitRow = z.object({
  ...{ unit: z.string(), ring: z.string(), state: z.enum(UNIT_STATES), since: Stamp, attempts: z.number() },
  ...{ why: z.string(), parts: z.array(PartRow), history: z.array(Note) },
});
/** One unit of a campaign. */
export type UnitRow = z.infer<typeof UnitRow>;

/** Everything about one campaign. */
export const CampaignReport = z.object({
  ...{ id: z.string(), name: z.string(), state: z.string(), why: z.string(), image: z.string(), vendor: z.string() },
  ...{ version: z.string(), madeBy: z.string(), madeAt: Stamp, startedAt: Stamp, endedAt: Stamp },
  approvals: z.array(z.object({ who: z.string(), at: Stamp })),
  ...{ needsApprovals: z.number(), holds: z.string(), counts: Counts, units: z.array(UnitRow), history: z.array(Note) },
  rings: z.array(z.object({
    ...{ name: z.string(), state: z.enum(["over", "running", "waiting"]), units: z.number(), counts: Counts },
    ...{ soak: z.string(), hold: z.boolean() },
  })),
  plan: z.record(z.string(), z.string()),
});
/** Everything about one campaign. */
export type CampaignReport = z.infer<typeof CampaignReport>;

/** All campaigns, newest first. */
export const listCampaigns = operation({
  id: "listFirmwareCampaigns",
  method: "get",
  path: "/firmware/campaigns",
  tag: "firmware",
  summary: "Lists the firmware campaigns with where they stand",
  needs: "command firmware campaign list",
  input: z.object({}),
  output: z.array(CampaignRow),
  call: async (person) =>
    z.object({ campaigns: z.array(CampaignRow) }).parse((await person.run("firmware campaign list")).data).campaigns,
});

/** One campaign with its rings, units and parts. */
export const readCampaign = operation({
  id: "readFirmwareCampaign",
  method: "get",
  path: "/firmware/campaigns/{id}",
  tag: "firmware",
  summary: "Shows rings, units and parts of a campaign with versions before and after",
  needs: "command firmware campaign report",
  input: z.object({ id: Id }),
  output: CampaignReport,
  call: async (person, { id }) => CampaignReport.parse((await person.run("firmware campaign report", { id })).data),
});

/** The report as a table for a spreadsheet. */
export const readCampaignCsv = operation({
  id: "readFirmwareCampaignCsv",
  method: "get",
  path: "/firmware/campaigns/{id}/csv",
  tag: "firmware",
  summary: "The report of a campaign as CSV, one row for each part",
  needs: "command firmware campaign report",
  input: z.object({ id: Id }),
  output: z.object({ csv: z.string() }),
  call: async (person, { id }) =>
    z.object({ csv: z.string() }).parse((await person.run("firmware campaign report", { id, format: "csv" })).data),
});

/** What a campaign would do and when. */
export const Forecast = z.object({
  ...{ endsAt: z.string(), why: z.string(), mostConnectorsOut: z.number(), connectors: z.number() },
  ...{ holds: z.array(z.string()), away: z.array(z.string()) },
  units: z.array(z.object({
    ...{ unit: z.string(), ring: z.string(), installsAt: z.string(), endsAt: z.string(), skipped: z.string() },
  })),
});
/** What a campaign would do and when. */
export type Forecast = z.infer<typeof Forecast>;

/** Plays a campaign through on paper; nothing is sent. */
export const forecastCampaign = operation({
  id: "forecastFirmwareCampaign",
  method: "get",
  path: "/firmware/campaigns/{id}/forecast",
  tag: "firmware",
  summary: "Shows what a campaign would do and when, unit by unit; sends nothing",
  needs: "command firmware campaign plan",
  input: z.object({ id: Id }),
  output: Forecast,
  call: async (person, { id }) => Forecast.parse((await person.run("firmware campaign plan", { id })).data),
});

/** Plans a campaign. */
export const planCampaign = operation({
  id: "planFirmwareCampaign",
  method: "post",
  path: "/firmware/campaigns",
  tag: "firmware",
  summary: "Plans to bring a verified image to stations, ring by ring; sends nothing",
  needs: "command firmware campaign new",
  input: z.object({
    image: z.string().max(64).describe("The image, or the first digits of its SHA-256"),
    name: z.string().max(80).optional(),
    stations: z.string().max(8_000).optional().describe("Stations or units, joined by commas; absent: all it is for"),
    rings: z.string().max(400).optional().describe("As canary:1:24h:hold;rest:100%"),
    parallel: z.string().max(6).optional().describe("Units under way at one time"),
    outPercent: z.string().max(6).optional().describe("Share of all connectors that may be out of service"),
    installHours: z.string().max(60).optional().describe("As 22:00-06:00"),
    exclude: z.string().max(8_000).optional().describe("Units that are left alone, joined by commas"),
  }),
  output: z.object({ id: z.string(), text: z.string() }),
  call: async (person, { outPercent, installHours, ...wish }) => {
    const all = { ...wish, "out-percent": outPercent, "install-hours": installHours };
    const args = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ""));
    const { text, data } = await person.run("firmware campaign new", args as Record<string, string>);
    return { id: z.object({ id: z.string() }).parse(data).id, text };
  },
});

const Said = z.object({ text: z.string() });

/** Approves a campaign of another person. */
export const approveCampaign = deed("approve", "Approves a campaign that another person planned");
/** Starts an approved campaign. */
export const startCampaign = deed("start", "Starts an approved campaign; its image is read anew before");
/** Lets the ring behind a hold begin. */
export const releaseCampaign = deed("release", "Lets the ring behind a hold begin");
/** Takes no new unit. */
export const pauseCampaign = deed("pause", "Takes no new unit; those under way come to their end");
/** Ends a campaign. */
export const abortCampaign = deed("abort", "Ends a campaign; an installation under way comes to its end");

/** Lets a paused campaign go on. */
export const resumeCampaign = operation({
  id: "resumeFirmwareCampaign",
  method: "post",
  path: "/firmware/campaigns/{id}/resume",
  tag: "firmware",
  summary: "Lets a paused campaign go on; units that failed are left out, or tried anew",
  needs: "command firmware campaign resume",
  input: z.object({ id: Id, retryFailed: z.string().optional().describe("yes: they get all their tries anew") }),
  output: Said,
  call: async (person, { id, retryFailed }) => {
    const args = { id, ...retryFailed === "yes" ? { "retry-failed": true } : {} };
    return { text: (await person.run("firmware campaign resume", args)).text };
  },
});

/** A person brought the image to a part by hand. */
export const markPartDone = operation({
  id: "markFirmwarePartDone",
  method: "post",
  path: "/firmware/campaigns/{id}/parts/{station}/done",
  tag: "firmware",
  summary: "Says that the image was brought to a part by hand",
  needs: "command firmware campaign done",
  input: z.object({ id: Id, station: z.string().min(1).max(48), version: z.string().max(64).optional() }),
  output: Said,
  call: async (person, { id, station, version }) => {
    const args = { id, station, ...version ? { version } : {} };
    return { text: (await person.run("firmware campaign done", args)).text };
  },
});

/** A person takes it on to bring the image to a part. */
export const takePart = operation({
  id: "takeFirmwarePart",
  method: "post",
  path: "/firmware/campaigns/{id}/parts/{station}/take",
  tag: "firmware",
  summary: "Takes it on to bring the image to a part by hand, or gives it to somebody",
  needs: "command firmware campaign take",
  input: z.object({ id: Id, station: z.string().min(1).max(48), person: z.string().max(64).optional() }),
  output: Said,
  call: async (person, { id, station, person: name }) => {
    const args = { id, station, ...name ? { person: name } : {} };
    return { text: (await person.run("firmware campaign take", args)).text };
  },
});

/** One controller with what its version is to be thought of. */
export const ControllerRow = z.object({
  ...{ station: z.string(), unit: z.string(), part: z.string(), vendor: z.string(), model: z.string() },
  ...{ hardware: z.string(), version: z.string(), mark: z.enum(FIRMWARE_MARKS), newer: z.string(), mixed: z.boolean() },
  advisories: z.array(z.object({ advisory: z.string(), cves: z.array(z.string()), what: z.string() })),
});
/** One controller with what its version is to be thought of. */
export type ControllerRow = z.infer<typeof ControllerRow>;

const Inventory = z.object({
  counts: z.record(z.enum(FIRMWARE_MARKS), z.number()),
  controllers: z.array(ControllerRow),
});

/** Versions of all controllers. */
export const readFirmwareInventory = operation({
  id: "readFirmwareInventory",
  method: "get",
  path: "/firmware/inventory",
  tag: "firmware",
  summary: "Lists every controller with its version, vulnerable and outdated ones first",
  needs: "command firmware inventory",
  input: z.object({}),
  output: Inventory,
  call: async (person) => Inventory.parse((await person.run("firmware inventory")).data),
});

/** Something that is done to one campaign, with an optional reason. */
function deed(verb: "abort" | "approve" | "pause" | "release" | "start", summary: string) {
  return operation({
    id: `${verb}FirmwareCampaign`,
    method: "post",
    path: `/firmware/campaigns/{id}/${verb}`,
    tag: "firmware",
    summary,
    needs: `command firmware campaign ${verb}`,
    input: z.object({ id: Id, because: Because }),
    output: Said,
    call: async (person, { id, because }) => {
      const args = { id, ...because ? { because } : {} };
      return { text: (await person.run(`firmware campaign ${verb}`, args)).text };
    },
  });
}
