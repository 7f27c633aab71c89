import { assignRings, planFaults } from "../../../../policies/campaign.ts";
import type { CampaignPlan } from "../../../../policies/campaign_types.ts";
import { inOrder, type PartWay } from "../../../../policies/campaign_parts.ts";
import type { ImageRecord } from "../../../core/firmware_api.ts";
import type { Station } from "../../../inventory/config.ts";
import { campaignFacts, unitFacts } from "./facts.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import type { CampaignParts } from "./parts.ts";
import { invalid } from "./plan_input.ts";
import type { CampaignRecord, PartRecord, UnitRecord } from "./record.ts";
import { type SiteLook, stationsOf } from "./site_view.ts";

/** The unit a controller belongs to: itself, when it stands alone. */
export const unitOf = ({ unit, id }: Pick<Station, "id" | "unit">): string => unit ?? id;

/**
 * The units of a new campaign: all controllers that the image is for, or those of the named stations; a unit comes with
 * all its parts that the image is for, since parts with different versions are not left behind.
 * @throws GatewayError FIRMWARE_CAMPAIGN_INVALID
 */
export function makeUnits(
  parts: CampaignParts,
  campaign: string,
  image: ImageRecord,
  named: readonly string[],
  plan: CampaignPlan,
  site: SiteLook,
): readonly UnitRecord[] {
  const fitting = stationsOf(parts, image);
  const stranger = named.find((id) => !fitting.some((station) => station.id === id || station.unit === id));
  if (stranger !== undefined) {
    const models = image.models.length === 0 ? "all models" : image.models.join(", ");
    throw invalid(
      `"${stranger}" is no station or unit that the image is for (${image.vendor}, ${models})`,
      "See `firmware inventory` for vendors and models as the stations tell them",
    );
  }
  const chosen = new Set(fitting.filter((one) => isNamed(named, one)).map(unitOf));
  const byUnit = Map.groupBy(fitting.filter((one) => chosen.has(unitOf(one))), unitOf);
  if (byUnit.size === 0) {
    throw invalid(
      `No station of the inventory is of ${image.vendor} and a model that the image is for`,
      "See `firmware inventory`",
    );
  }
  if (byUnit.size > CAMPAIGN_LIMITS.units) {
    throw invalid(`${byUnit.size} units are more than ${CAMPAIGN_LIMITS.units}`, "Pass some with --stations");
  }
  const odd = [...plan.exclude, ...Object.keys(plan.pins)].find((id) => !byUnit.has(id));
  if (odd !== undefined) {
    throw invalid(`Unit "${odd}" is not in this campaign`, "Name units of it in --exclude and --pin");
  }
  const bare = [...byUnit].toSorted(([a], [b]) => a < b ? -1 : 1).map(([id, stations]): UnitRecord => ({
    ...{ campaign, id, ring: 0, state: "pending", since: parts.context.clock.now(), attempts: 0, notes: [] },
    parts: inOrder(stations.map((station) => ({ ...partOf(parts, station) }))),
  }));
  return intoRings(bare, plan, site, parts.context.clock.now());
}

/** What speaks against starting it now. */
export function faultsOf(record: CampaignRecord, units: readonly UnitRecord[], site: SiteLook): readonly string[] {
  const { units: known, connectors } = campaignFacts(record, units, site, 0, 0);
  return planFaults(record.plan, known, connectors.all);
}

function intoRings(units: readonly UnitRecord[], plan: CampaignPlan, site: SiteLook, now: number) {
  const rings = assignRings(units.map((unit) => unitFacts(unit, plan, site, now)), plan.rings);
  return units.map((unit): UnitRecord => ({ ...unit, ring: rings.get(unit.id) ?? plan.rings.length - 1 }));
}

function isNamed(named: readonly string[], { id, unit }: Station): boolean {
  return named.length === 0 || named.includes(id) || (unit !== undefined && named.includes(unit));
}

function partOf({ pages }: CampaignParts, { id, part, ocpp }: Station): PartRecord {
  const way: PartWay = ocpp ? "ocpp" : pages?.canUpload(id) ? "driver" : "guided";
  return { station: id, kind: part, way };
}
