import type { PartKind, PartTask, PartWay } from "../../../../policies/campaign_parts.ts";
import type { CampaignPlan, UnitState } from "../../../../policies/campaign_types.ts";

/** Where a campaign stands; the last two are ends. */
export const CAMPAIGN_STATES = ["draft", "approved", "running", "paused", "completed", "aborted"] as const;
/** One of them. An aborted one still brings units under way to their end. */
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Something that happened, for the report. */
export interface Note {
  /** Wall milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** One campaign as it is stored. Times are wall milliseconds. */
export interface CampaignRecord {
  readonly id: string;
  readonly name: string;
  /** The image, by its SHA-256. */
  readonly sha256: string;
  readonly vendor: string;
  readonly plan: CampaignPlan;
  readonly state: CampaignState;
  readonly madeBy: string;
  readonly madeAt: number;
  /** Persons other than its maker who approved it, and how many it needs. */
  readonly approvals: readonly { readonly who: string; readonly at: number }[];
  readonly needsApprovals: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Index of the ring that is under way. */
  readonly ring: number;
  /** A person let the ring behind a hold begin. */
  readonly released: boolean;
  /** The ring that waits for that word. */
  readonly holds?: string;
  /** Why it is paused or was aborted. */
  readonly why?: string;
  readonly notes: readonly Note[];
}

/** What a part was told, with what is needed to follow it. */
export interface TaskRecord extends PartTask {
  /** Of the OCPP request; absent where the image does not come by OCPP. */
  readonly requestId?: number;
  /** Permission to fetch the image; absent: closed, or none was needed. */
  readonly grantId?: string;
  /** When it was stored, before it was told. */
  readonly at: number;
  /** When something of the station was last heard about it, or it was last asked. */
  readonly heardAt: number;
  /** How often it was asked how far it is. */
  readonly nudges: number;
  /** It reports nothing itself: only a person can say when it has the version. */
  readonly byPerson?: true;
}

/** What a part was before, to see whether it is well afterwards. */
export interface PartBefore {
  readonly version?: string;
  readonly securityProfile?: number;
  readonly faulted: readonly string[];
}

/**
 * How the version of a part is known: it reported it by OCPP, the driver of its page read it there, or a person said so and
 * nobody else can (marked as such wherever it is shown).
 */
export const PART_PROOFS = ["reported", "read", "word"] as const;
/** One of them. */
export type PartProof = typeof PART_PROOFS[number];

/** One controller of a unit. */
export interface PartRecord {
  readonly station: string;
  readonly kind: PartKind;
  readonly way: PartWay;
  readonly before?: PartBefore;
  readonly task?: TaskRecord;
  /** Who takes the image to it, where a person has to. */
  readonly person?: string;
  /** A person's word that it has the version, in this try. */
  readonly word?: { readonly who: string; readonly at: number };
  /** How its version is known, when it has that of the campaign. */
  readonly proof?: PartProof;
  /** When it was first told in this try, to load or to install. */
  readonly toldAt?: number;
  /** What came of trying the credentials of its page after the update. */
  readonly credentials?: "proven" | "refused";
}

/** One unit of a campaign as it is stored. */
export interface UnitRecord {
  readonly campaign: string;
  readonly id: string;
  readonly ring: number;
  readonly state: UnitState;
  readonly since: number;
  readonly attempts: number;
  readonly final?: true;
  /** Why it stands there. */
  readonly why?: string;
  readonly parts: readonly PartRecord[];
  readonly notes: readonly Note[];
}

/** Whether a campaign takes new units or finishes those under way. */
export function isOpen({ state }: Pick<CampaignRecord, "state">): boolean {
  return state === "running" || state === "paused" || state === "aborted";
}
