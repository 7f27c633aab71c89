import type { UpdatingPart } from "../../../../policies/campaign_parts.ts";
import { isUnderWay } from "../../../../policies/campaign.ts";
import type { CampaignFacts, CampaignPart, CampaignPlan, CampaignUnit } from "../../../../policies/campaign_types.ts";
import { canPreload } from "./messages.ts";
import type { CampaignRecord, PartRecord, UnitRecord } from "./record.ts";
import type { SiteLook, StationLook } from "./site_view.ts";

/** A person was asked to bring the image, or to look whether it is there, and has not said so: that takes as long as it takes. */
export function awaitsPerson({ way, task, word }: Pick<PartRecord, "task" | "way" | "word">): boolean {
  return task !== undefined && word === undefined && (way === "guided" || task.byPerson === true);
}

/** A controller that is not in the inventory any more: it can only be waited for. */
const GONE: StationLook = { online: false, faulted: [], connectors: 0, model: "" };

/** Everything that the next steps of a campaign depend on. */
export function campaignFacts(
  { plan, ring, released }: CampaignRecord,
  units: readonly UnitRecord[],
  site: SiteLook,
  now: number,
  minuteOfWeek: number,
): CampaignFacts {
  const underWay = new Set(units.filter(isUnderWay).flatMap(({ parts }) => parts.map(({ station }) => station)));
  let all = 0, out = 0;
  for (const [station, { connectors, online, faulted }] of site) {
    all += connectors;
    if (!underWay.has(station)) out += online ? Math.min(faulted.length, connectors) : connectors;
  }
  return {
    plan,
    units: units.map((unit) => unitFacts(unit, plan, site, now)),
    ...{ ring, released, now, minuteOfWeek },
    connectors: { all, out },
  };
}

/** One unit as the policy sees it. */
export function unitFacts(unit: UnitRecord, plan: CampaignPlan, site: SiteLook, now: number): CampaignUnit {
  const { id, ring, state, attempts, final } = unit;
  return {
    ...{ id, ring, state, attempts },
    since: sinceOf(unit, plan, site, now),
    ...final ? { final } : {},
    parts: unit.parts.map((part) => partFacts(part, site.get(part.station) ?? GONE)),
  };
}

/** The parts of a unit as the policy of parts sees them. */
export function updatingParts(
  unit: UnitRecord,
  plan: CampaignPlan,
  site: SiteLook,
  hasSignature: boolean,
): readonly UpdatingPart[] {
  return unit.parts.map(({ station, kind, way, task }) => {
    const { online, busy, version, protocol } = site.get(station) ?? GONE;
    return {
      ...{ station, kind, way, online },
      busy: busy !== undefined,
      canPreload: protocol !== undefined && canPreload(protocol, hasSignature),
      hasVersion: version === plan.version,
      ...task ? { task } : {},
    };
  });
}

/**
 * From when the time of a state counts. An installation counts from the moment the part whose turn it is was told: while
 * nobody was told, or a person is to do it, the unit is not late.
 */
function sinceOf({ state, since, parts }: UnitRecord, plan: CampaignPlan, site: SiteLook, now: number): number {
  if (state !== "installing") return since;
  const turn = parts.filter(({ station }) => site.get(station)?.version !== plan.version);
  const told = turn.flatMap((part) => part.toldAt === undefined ? [] : [awaitsPerson(part) ? now : part.toldAt]);
  return turn.length === 0 ? since : told.length === 0 ? now : Math.max(...told);
}

function partFacts(part: PartRecord, look: StationLook): CampaignPart {
  const { station } = part, { model, connectors, version, online, busy } = look;
  return {
    ...{ station, model, connectors, online },
    busy: busy !== undefined,
    ...version === undefined ? {} : { version },
    healthy: online && whyIll(part, look) === undefined,
  };
}

/** Why a part is not well after its update; undefined: it is. */
export function whyIll({ before, task, credentials }: PartRecord, look: StationLook): string | undefined {
  if (!look.online) return "it is not connected";
  if (credentials === "refused") return "the credentials of its page are refused";
  const faulted = look.faulted.find((connector) => !before?.faulted.includes(connector));
  if (faulted !== undefined) return `connector ${faulted} is faulted`;
  const { securityProfile, since } = look;
  if (securityProfile === undefined) return undefined; // it has no connection of its own
  if (before?.securityProfile !== undefined && securityProfile < before.securityProfile) {
    return `it came back with security profile ${securityProfile}, it had ${before.securityProfile}`;
  }
  return task && since !== undefined && since <= task.at
    ? "it has not proven its credentials since the update"
    : undefined;
}
