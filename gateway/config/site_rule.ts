import type { Fault } from "./fault.ts";
import type { Materials } from "./materials.ts";
import type { Site } from "./schema.ts";

/** One check across several keys of a site that passed the schema. Pure. */
export interface SiteRule {
  readonly name: string;
  /** Top-level keys it looks at: it is left out while one of them breaks the schema, to avoid faults that follow. */
  readonly reads: readonly (keyof Site)[];
  /** `materials` holds the files that could be read. */
  check(site: Site, materials: Materials): Fault[];
}
