import type { Neighbours } from "../../hal/neighbours.ts";
import type { Logger } from "../core/log.ts";
import { describeError } from "../core/errors.ts";
import type { AdmissionFacts } from "../../policies/station_admission.ts";
import type { Station } from "./config.ts";

/**
 * Whose network card answers for the address that a station without credential comes from. What nobody can see is
 * "unknown", never "own": hald away, the station behind a router, two devices with one address.
 */
export async function neighbourOf(
  station: Station,
  source: string,
  neighbours: Neighbours | undefined,
  log: Logger,
): Promise<NonNullable<AdmissionFacts["neighbour"]>> {
  if (station.ocpp?.binding === "address-alone-on-isolated-segment") return "unasked";
  if (!neighbours || station.mac === undefined) return "unknown";
  try {
    const mac = await neighbours.macOf(source);
    if (mac === undefined) return "unknown";
    return mac === station.mac.toLowerCase() ? "own" : "other";
  } catch (error) {
    log.warn("stations.neighbour.unseen", { station: station.id, msg: describeError(error) });
    return "unknown";
  }
}
