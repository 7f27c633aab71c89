import type { ControlContext } from "../control/contract.ts";
import type { Station } from "../inventory/config.ts";
import type { DeniedWatch } from "./denied_watch.ts";
import type { Openings } from "./openings.ts";
import type { Segmenter } from "./segmenter.ts";

/** What the commands of segmentation work with. */
export interface SegmentationParts {
  readonly context: ControlContext;
  readonly stations: () => readonly Station[];
  readonly segmenter: Segmenter;
  readonly openings: Openings;
  readonly denied: DeniedWatch;
}
