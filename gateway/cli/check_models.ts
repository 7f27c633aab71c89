import { modelFaults, modelOf, type StationModel } from "../../policies/station_model.ts";
import { STATION_MODELS } from "../../profiles/station_models.ts";
import { parseSocketAddress } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import { type Finding, foundWarning } from "./finding.ts";

/**
 * Stations whose model is known not to reach any listener of their security profile: a port it cannot dial, a root it
 * cannot verify. A warning, since the table is what others have seen, and firmware changes.
 */
export function checkModels({ stations, ocpp }: Site, models: readonly StationModel[] = STATION_MODELS): Finding[] {
  return stations.flatMap((station, at) => {
    const profile = station.ocpp?.securityProfile ?? 0;
    const model = modelOf(models, station.vendor, station.model);
    if (!model || profile === 0) return [];
    const usable = (ocpp?.listeners ?? []).filter(({ tls }) => (tls !== undefined) === profile >= 2);
    const faults = usable.map(({ listen, tls }) =>
      modelFaults(model, {
        profile,
        port: parseSocketAddress(listen)?.port ?? 0,
        rootKey: tls && !tls.identities ? "ec" : undefined, // the site CA's; of other roots nothing is known here
        isSiteCa: tls !== undefined && tls.identities === undefined,
      })
    );
    const [first] = faults;
    if (!first || faults.some((each) => each.length === 0)) return [];
    const path = ["stations", at, "ocpp", "securityProfile"];
    return first.map((fault) => foundWarning(path, `${station.id}: ${fault} (${model.source})`));
  });
}
