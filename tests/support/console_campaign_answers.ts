import { RIG_NOW } from "./console_rig.ts";
import type { Answers } from "./console_rig.ts";

const at = (minutes: number): string => new Date(RIG_NOW + minutes * 60_000).toISOString();
const COUNTS = {
  ...{ pending: 0, downloading: 0, downloaded: 0, installing: 0, checking: 0, confirmed: 0, failed: 0 },
  ...{ skipped: 0, unconfirmed: 0 },
};
const VERSION = "5.33.11-21500";
const IMAGE = "3f5a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c3f5a9c0d1e7b284655aa90fe";

const STEP = {
  en: "Take the verified image out of the vault, open the controller's page as manufacturer, and upload it there.",
  de:
    "Holen Sie das geprüfte Abbild aus dem Tresor, öffnen Sie die Seite des Controllers als Manufacturer und laden Sie es hoch.",
};

function part(station: string, more: Record<string, unknown> = {}) {
  return {
    ...{ station, part: "single", way: "ocpp", model: "CC613", before: "5.33.2", version: VERSION, phase: "installed" },
    ...{ online: true, why: "", awaitsPerson: false, person: "", proof: "" },
    ...more,
  };
}

function unit(name: string, ring: string, state: string, parts: unknown[], more: Record<string, unknown> = {}) {
  return { unit: name, ring, state, since: at(-30), attempts: 1, why: "", parts, history: [], ...more };
}

const UNITS = [
  unit("CP001", "canary", "confirmed", [part("CP001")], { why: `all parts report ${VERSION} and stayed well` }),
  unit("bay-07", "early", "installing", [
    part("CP007-S", {
      part: "secondary",
      way: "driver",
      version: "5.33.2",
      phase: "asked",
      awaitsPerson: true,
      person: "eva",
      step: STEP,
    }),
    part("CP007", { part: "primary", version: "5.33.2", phase: "" }),
  ]),
  unit("CP002", "early", "checking", [part("CP002")]),
  unit("CP003", "early", "failed", [part("CP003", { version: "5.33.2", phase: "failed" })], {
    ...{ attempts: 2, why: "CP003: it could not load the image" },
  }),
  unit("CP004", "rest", "pending", [
    part("CP004", { before: "", version: "5.33.2", phase: "", why: "a transaction runs (1)" }),
  ], { attempts: 0 }),
  unit("CP005", "rest", "pending", [part("CP005", { before: "", version: "5.33.2", phase: "", online: false })], {
    attempts: 0,
  }),
  unit("CP008", "rest", "skipped", [part("CP008", { before: "", way: "guided", proof: "word", person: "tim" })], {
    attempts: 0,
    why: "it is held at version 5.33.2",
  }),
];

const COMMON = { name: "Autumn update", vendor: "bender", version: VERSION, image: IMAGE, madeAt: at(-3_000), why: "" };

/** A campaign under way, as `firmware campaign report` tells it. */
export const CAMPAIGN_REPORT = {
  ...{ id: "fw-3", state: "running", ...COMMON, madeBy: "eva", startedAt: at(-2_900), endedAt: "" },
  ...{ approvals: [{ who: "olga", at: at(-2_950) }], needsApprovals: 1, holds: "early" },
  rings: [
    { name: "canary", state: "over", units: 1, counts: { ...COUNTS, confirmed: 1 }, soak: "1d", hold: false },
    {
      name: "early",
      state: "running",
      units: 3,
      counts: { ...COUNTS, installing: 1, checking: 1, failed: 1 },
      soak: "4h",
      hold: true,
    },
    {
      name: "rest",
      state: "waiting",
      units: 3,
      counts: { ...COUNTS, pending: 2, skipped: 1 },
      soak: "0m",
      hold: false,
    },
  ],
  counts: { ...COUNTS, pending: 2, installing: 1, checking: 1, confirmed: 1, failed: 1, skipped: 1 },
  units: UNITS,
  history: [{ at: at(-3_000), text: "planned by eva" }, { at: at(-2_900), text: "started by eva" }],
  plan: {
    parallel: "4 units",
    "out-percent": "25 % of all connectors",
    confirm: "45m",
    "install-hours": "22:00-06:00",
  },
};

const short = (id: string, state: string, more: Record<string, unknown> = {}) => ({
  ...{ id, state, ...COMMON, holds: "", ring: "canary", counts: { ...COUNTS, confirmed: 14 } },
  ...more,
});

/** What the pages of campaigns and versions ask for. */
export const CAMPAIGN_ANSWERS: Answers = {
  "command firmware campaign list": {
    text: "",
    data: {
      campaigns: [
        short("fw-4", "draft", { name: "Winter update", counts: { ...COUNTS, pending: 14 } }),
        short("fw-3", "running", { counts: CAMPAIGN_REPORT.counts }),
        short("fw-2", "paused", { name: "Spring update", why: "no unit of ring canary took it" }),
        short("fw-1", "completed", { name: "Security fix" }),
      ],
    },
  },
  "command firmware campaign report": {
    text: "",
    data: { ...CAMPAIGN_REPORT, csv: "campaign,unit\r\nfw-3,CP001\r\n" },
  },
  "command firmware campaign plan": {
    text: "",
    data: {
      ...{ campaign: "fw-4", endsAt: "2026-11-23T04:10Z", why: "", installMinutes: 15, mostConnectorsOut: 4 },
      ...{ connectors: 16, holds: ["canary"], away: ["CP005"] },
      units: [
        { unit: "CP001", ring: "canary", installsAt: "2026-11-21T22:00Z", endsAt: "2026-11-21T22:30Z", skipped: "" },
        { unit: "CP008", ring: "rest", installsAt: "", endsAt: "", skipped: "it is excluded" },
      ],
    },
  },
  "command firmware campaign new": { text: "Planned", data: { id: "fw-5" } },
  ...Object.fromEntries(
    ["abort", "approve", "done", "pause", "release", "resume", "start", "take"].map((verb) => [
      `command firmware campaign ${verb}`,
      { text: "Done", data: {} },
    ]),
  ),
  "command firmware inventory": {
    text: "",
    data: {
      counts: { vulnerable: 1, outdated: 1, unknown: 1, current: 1 },
      controllers: [
        {
          ...{ station: "CP003", unit: "CP003", part: "single", vendor: "bender", model: "CC613", hardware: "SN-4714" },
          ...{ version: "5.33.2", mark: "vulnerable", newer: VERSION, mixed: false },
          advisories: [{
            ...{ advisory: "CyberDanube SR-20260528-0", cves: ["CVE-2026-8979"] },
            what: "passwords can be set without a login or by a lower role",
          }],
        },
        {
          ...{ station: "CP007", unit: "bay-07", part: "primary", vendor: "schneider", model: "EVlink Pro DC" },
          ...{ hardware: "", version: "R1 V2.0", mark: "outdated", newer: "R1 V2.1", mixed: true, advisories: [] },
        },
        {
          ...{ station: "CP012", unit: "CP012", part: "single", vendor: "", model: "", hardware: "", version: "" },
          ...{ mark: "unknown", newer: "", mixed: false, advisories: [] },
        },
        {
          ...{ station: "CP001", unit: "CP001", part: "single", vendor: "bender", model: "CC613", hardware: "SN-4712" },
          ...{ version: VERSION, mark: "current", newer: "", mixed: false, advisories: [] },
        },
      ],
    },
  },
};
