import type { WeekHours } from "./week_hours.ts";

/** Which units a ring takes: so many of each model (the canary), or up to a share of all units. */
export type RingSize = { readonly ofEachModel: number } | { readonly upToPercent: number };

/** One ring of a campaign. */
export interface CampaignRing {
  readonly name: string;
  readonly size: RingSize;
  /** Minutes that its last unit must have been well before the next ring begins. */
  readonly soakMinutes: number;
  /** The next ring waits for a person's word. */
  readonly hold?: true;
}

/** What an approved campaign promises. */
export interface CampaignPlan {
  /** The version that units shall report. */
  readonly version: string;
  readonly rings: readonly CampaignRing[];
  /** Units that may be under way at one time. */
  readonly maxParallelUnits: number;
  /** Share of the site's connectors that may be out of service at one time, with those that are out already. */
  readonly maxConnectorsOutPercent: number;
  /** As many units that failed stop the campaign, or this share of the units that have ended. */
  readonly stopAfter: { readonly failures: number; readonly percent: number };
  /** Tries for one unit. */
  readonly attempts: number;
  /** Minutes before the second try, doubled for each further one. */
  readonly retryMinutes: number;
  /** When stations may load and when they may install; absent: always. In the site's time zone. */
  readonly downloadHours?: WeekHours;
  readonly installHours?: WeekHours;
  /** Minutes within which a unit must have loaded ahead of its installation. */
  readonly downloadMinutes: number;
  /** Minutes within which a unit must have reported the version after it was told to install. */
  readonly confirmMinutes: number;
  /** Minutes that it must then stay well: connected, heartbeats, no new fault, credentials that work. */
  readonly healthyMinutes: number;
  /** Units that are left alone. */
  readonly exclude: readonly string[];
  /** Units held at a version. */
  readonly pins: Readonly<Record<string, string>>;
  /** Units with an older version are left alone: the image does not install on them. */
  readonly floor?: string;
}

/** One controller of a unit. */
export interface CampaignPart {
  readonly station: string;
  readonly model: string;
  readonly connectors: number;
  /** As its last BootNotification said; absent: never seen. */
  readonly version?: string;
  readonly online: boolean;
  /** A transaction runs or a reservation stands on one of its connectors. */
  readonly busy: boolean;
  /** Connected, heartbeats in time, no fault since it booted, its credentials work. */
  readonly healthy: boolean;
}

/** Where a unit stands; the last four are ends. */
export const UNIT_STATES = [
  "pending",
  "downloading",
  "downloaded",
  "installing",
  "checking",
  "confirmed",
  "failed",
  "skipped",
  "unconfirmed",
] as const;
/** One of them. */
export type UnitState = (typeof UNIT_STATES)[number];

/** One unit of a campaign: all parts are updated and verified together (pair, cabinet and dispenser). */
export interface CampaignUnit {
  readonly id: string;
  /** Index of its ring. */
  readonly ring: number;
  readonly state: UnitState;
  /** Wall milliseconds of the last change of state. */
  readonly since: number;
  /** Tries begun. */
  readonly attempts: number;
  /** It failed in a way that no further try mends: a signature that does not verify, a model that does not fit. */
  readonly final?: true;
  readonly parts: readonly CampaignPart[];
}

/** Everything that the next steps depend on. */
export interface CampaignFacts {
  readonly plan: CampaignPlan;
  readonly units: readonly CampaignUnit[];
  /** Index of the ring that is under way. */
  readonly ring: number;
  /** A person let the ring after this one begin, though it holds. */
  readonly released: boolean;
  /** Wall milliseconds. */
  readonly now: number;
  /** Monday 00:00 in the site's time zone is 0. */
  readonly minuteOfWeek: number;
  /** Connectors of the whole site, and those out of service for other reasons than this campaign. */
  readonly connectors: { readonly all: number; readonly out: number };
}

/** What is to be done next. "skip", "end" and "phase" are bookkeeping; "download" and "install" reach stations. */
export type CampaignStep =
  | { readonly step: "download" | "install"; readonly unit: string }
  | { readonly step: "skip"; readonly unit: string; readonly why: string }
  | {
    readonly step: "end";
    readonly unit: string;
    readonly as: "confirmed" | "unconfirmed" | "failed";
    readonly why: string;
  }
  | { readonly step: "check"; readonly unit: string }
  | { readonly step: "pause"; readonly why: string }
  | { readonly step: "hold"; readonly ring: string }
  | { readonly step: "next-ring"; readonly ring: number }
  | { readonly step: "complete" };
