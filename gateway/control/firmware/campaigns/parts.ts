import type { FirmwareTransfers } from "../../../core/firmware_transfer_api.ts";
import type { GuidedStep } from "../../../core/device_operations_api.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import type { TransactionBook } from "../../../inventory/migration/transaction_book.ts";
import type { StationParts } from "../../../inventory/station_commands.ts";
import type { ControlContext } from "../../contract.ts";
import type { StationFeed } from "../station_feed.ts";
import type { CampaignBook } from "./book.ts";

/** What came of bringing an image to a part by the page of its controller. */
export type PagePushOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: string; readonly isFinal?: true };

/**
 * The pages of controllers, as far as campaigns need them: a driver that can upload takes the place of a person, and one
 * that can log in proves credentials after an update.
 */
export interface ControllerPages {
  canUpload(station: string): boolean;
  /** Its driver can ask the controller which version it runs. */
  canReadVersion(station: string): boolean;
  /** The version that the controller says it runs; undefined: it could not be asked now. */
  readVersion(station: string, who: string): Promise<string | undefined>;
  /** What a person does to bring an image to this controller. */
  step(station: string): GuidedStep;
  /** Resolves when the controller has the image and installs it. */
  upload(station: string, sha256: string, who: string): Promise<PagePushOutcome>;
  /** "unknown": nobody can tell. */
  proveCredentials(station: string): Promise<"proven" | "refused" | "unknown">;
}

/** What campaigns work with. */
export interface CampaignParts {
  readonly context: ControlContext;
  readonly stations: Pick<StationParts["stations"], "all" | "get">;
  readonly live: Pick<StationParts["live"], "ofStation">;
  readonly facts: Pick<StationParts["facts"], "learn" | "of" | "onLearned">;
  readonly transactions: Pick<TransactionBook, "whyBusy">;
  readonly vault: Pick<ImageVault, "image" | "images" | "onWithdrawn" | "papers" | "rehash">;
  readonly transfers: Pick<FirmwareTransfers, "busyWith" | "closeGrant" | "grant" | "lockWith">;
  readonly feed: Pick<StationFeed, "onStatus">;
  readonly pages: ControllerPages | undefined;
  readonly book: CampaignBook;
  /** Minutes of the week in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
}
