import type { StepEnds } from "../../policies/decommission.ts";
import type { LeavingStation } from "../store/station_eraser.ts";

/** What OCPP can clear at a station. */
export const CLEAR_PARTS = ["cache", "list", "customer", "certificates"] as const;
/** One of them. */
export type ClearPart = typeof CLEAR_PARTS[number];

/** What came of one part. "begun": asked, and nobody knows whether it was done: it is asked again. */
export interface Cleared {
  readonly part: ClearPart;
  readonly state: "begun" | "cleared" | "none" | "refused";
  /** The station's own words. */
  readonly answer: string;
  readonly at: number;
}

/** How it is known that the controller is as from the factory. */
export interface ResetProof {
  /** "default-login": a documented password of the factory works there. The others are what a person saw. */
  readonly kind: "default-login" | "photo" | "seen" | "destroyed";
  /** Who did it at the station, by name. */
  readonly person: string;
  readonly note: string;
  /** SHA-256 of a photo that the person keeps, lower-case hex. */
  readonly photo?: string;
  readonly at: number;
}

/** What one eraser did. */
export interface ErasedPlace {
  readonly name: string;
  readonly holds: string;
  readonly entries: number;
  readonly files: number;
}

/** What a search of the disk came to. */
export interface EraseSearch {
  readonly at: number;
  /** Erasers that found something still there, and how much. */
  readonly left: readonly { readonly name: string; readonly left: number }[];
  /** Pieces of sealed values that were deleted, and how many of them stand in the store's files. */
  readonly pieces: number;
  readonly found: number;
  /** The store's file was written anew; false: it is not a file of this box. */
  readonly scrubbed: boolean;
}

/** What was ended while the gateway ran. */
export interface EndedLive {
  readonly certificates: readonly string[];
  readonly credential: boolean;
  readonly secrets: number;
  readonly cards: number;
  /** Secrets that another part of the unit has, too: changed there. */
  readonly changed: readonly string[];
  readonly sessions: number;
  readonly months: readonly string[];
}

/** A decommissioning as it is stored: before each step is made, so that it goes on where it was. Times are wall milliseconds. */
export interface DecommissionRecord {
  readonly number: number;
  readonly station: string;
  readonly known: LeavingStation;
  /** The unit that it is a part of. Whether it is the last one is known when it is erased. */
  readonly unit?: string;
  readonly label: { readonly vendor?: string; readonly model?: string; readonly serial?: string };
  readonly reason: string;
  readonly by: string;
  readonly startedAt: number;
  readonly needsApprovals: number;
  readonly approvals: readonly { readonly who: string; readonly at: number }[];
  readonly steps: StepEnds;
  /** What the step that is next waits for. */
  readonly why?: string;
  readonly isInoperative?: boolean;
  readonly cleared: readonly Cleared[];
  readonly proof?: ResetProof;
  /** Files that site.yaml named for it. */
  readonly files: readonly string[];
  /** "erasing": control's next start erases; "erased": it has. */
  readonly phase?: "erasing" | "erased";
  readonly live?: EndedLive;
  readonly erased?: readonly ErasedPlace[];
  readonly search?: EraseSearch;
}
