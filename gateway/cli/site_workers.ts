import type { LoadedSite } from "../config/load.ts";
import { packMaterials } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import { controlWorker } from "../control/mod.ts";
import { siteFiles } from "../control/site_files.ts";
import type { Conduit, WorkerSpec } from "../core/conduit.ts";
import { VERSION } from "./version.ts";

/** Every Worker a site needs: control first, all others after it. */
export function siteWorkers(
  { site, box, materials, text }: LoadedSite,
  conduits: readonly Conduit<Site>[],
): readonly WorkerSpec[] {
  // site.yaml itself goes along, so that a backup holds what runs and not what somebody is editing.
  const packed = packMaterials(new Map([...materials, [box.configFile, new TextEncoder().encode(text)]]));
  const files = siteFiles(() => packed);
  const others = conduits.flatMap((conduit) => conduit.workers(site, box, files));
  const control = controlWorker(site, box, packed, VERSION);
  return [control, ...others.map((spec) => ({ ...spec, after: ["control", ...spec.after] }))];
}
