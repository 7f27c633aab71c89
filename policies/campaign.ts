import type {
  CampaignFacts,
  CampaignPart,
  CampaignPlan,
  CampaignStep,
  CampaignUnit,
  RingSize,
} from "./campaign_types.ts";
import { compareVersions } from "./version.ts";
import { isWithinHours } from "./week_hours.ts";

const MINUTE = 60_000;
const ENDED = ["confirmed", "failed", "skipped", "unconfirmed"];
const UNDER_WAY = ["downloading", "downloaded", "installing", "checking"];
const OUT_OF_SERVICE = ["installing", "checking"];

/**
 * The next steps of a running campaign. Asked again after every change and every minute; the same facts give the same
 * steps, so that a restart in any state goes on where it was. A campaign that must stop takes no new unit and does not
 * interrupt those under way: an interrupted installation is how stations are bricked.
 */
export function nextSteps(facts: CampaignFacts): readonly CampaignStep[] {
  const bookkeeping = facts.units.flatMap((unit) => stepOfUnit(unit, facts));
  if (bookkeeping.length > 0) return bookkeeping;
  const stop = reasonToStop(facts);
  if (stop !== undefined) return [{ step: "pause", why: stop }];
  const work = startable(facts);
  return work.length > 0 ? work : stepOfRing(facts);
}

/**
 * What is still done for a campaign that is paused or aborted: units under way come to their end, and one whose parts have
 * different versions is tried again, whatever the hour, since a mixed pair is worse than an update (BC-03).
 */
export function windDownSteps(facts: CampaignFacts): readonly CampaignStep[] {
  const open = facts.units.filter(({ state }) => state !== "pending");
  const bookkeeping = open.flatMap((unit) => stepOfUnit(unit, facts));
  if (bookkeeping.length > 0) return bookkeeping;
  const { downloadHours: _, installHours: __, ...plan } = facts.plan;
  return startable({ ...facts, plan, units: open.filter((unit) => isMixed(unit, plan) || isUnderWay(unit)) })
    .filter((step) => "unit" in step && isMixed(open.find(({ id }) => id === step.unit)!, plan));
}

/** Some parts of it have the version and others have not. */
export function isMixed({ parts }: Pick<CampaignUnit, "parts">, { version }: Pick<CampaignPlan, "version">): boolean {
  const updated = parts.filter((part) => part.version === version).length;
  return updated > 0 && updated < parts.length;
}

/** Whether a unit is between its first message and its end. */
export function isUnderWay({ state }: Pick<CampaignUnit, "state">): boolean {
  return UNDER_WAY.includes(state);
}

/** What speaks against a plan before anybody approves it: it could never end as it promises. One sentence each. */
export function planFaults(
  plan: CampaignPlan,
  units: readonly Pick<CampaignUnit, "id" | "parts">[],
  connectors: number,
): readonly string[] {
  const faults: string[] = [];
  const most = connectors * plan.maxConnectorsOutPercent / 100;
  for (const { id, parts } of units) {
    const own = connectorsOf(parts);
    if (own > most) {
      faults.push(`Unit ${id} has ${own} of ${connectors} connectors, more than ${plan.maxConnectorsOutPercent} %`);
    }
  }
  if (plan.rings.length === 0) faults.push("It has no ring: name at least a canary");
  const percents = plan.rings.flatMap(({ size }) => "upToPercent" in size ? [size.upToPercent] : []);
  if (percents.some((percent, at) => at > 0 && percent <= percents[at - 1]!)) {
    faults.push(`Its rings take up to ${percents.join(", ")} %: each must take more than the one before`);
  }
  return faults;
}

/** The ring of each unit, by the order of the units, which the caller keeps stable. */
export function assignRings(
  units: readonly Pick<CampaignUnit, "id" | "parts">[],
  rings: readonly { readonly size: RingSize }[],
): ReadonlyMap<string, number> {
  const assigned = new Map<string, number>();
  for (const [ring, { size }] of rings.entries()) {
    const rest = units.filter(({ id }) => !assigned.has(id));
    const isLast = ring === rings.length - 1;
    for (const { id } of isLast ? rest : chosen(rest, size, units.length, assigned.size)) assigned.set(id, ring);
  }
  return assigned;
}

function chosen<T extends Pick<CampaignUnit, "id" | "parts">>(
  rest: readonly T[],
  size: RingSize,
  all: number,
  taken: number,
): readonly T[] {
  if ("upToPercent" in size) return rest.slice(0, Math.max(0, Math.ceil(all * size.upToPercent / 100) - taken));
  const byModel = Map.groupBy(rest, ({ parts }) => parts.map(({ model }) => model).sort().join("+"));
  return [...byModel.values()].flatMap((units) => units.slice(0, size.ofEachModel));
}

/** What became of one unit since the last look. */
function stepOfUnit(unit: CampaignUnit, { plan, now, ring }: CampaignFacts): CampaignStep[] {
  const age = (now - unit.since) / MINUTE;
  switch (unit.state) {
    case "pending": {
      const why = unit.ring <= ring ? reasonToSkip(unit, plan) : undefined;
      return why === undefined ? [] : [{ step: "skip", unit: unit.id, why }];
    }
    case "installing":
      if (unit.parts.every((part) => part.online && part.version === plan.version)) {
        return [{ step: "check", unit: unit.id }];
      }
      return age < plan.confirmMinutes
        ? []
        : [{ step: "end", unit: unit.id, as: "unconfirmed", why: unlike(unit, plan) }];
    case "checking":
      return stepOfCheck(unit, plan, age);
    case "downloading":
      return age < plan.downloadMinutes ? [] : [{
        step: "end",
        unit: unit.id,
        as: "failed",
        why: `it has not loaded within ${plan.downloadMinutes} minutes`,
      }];
    case "downloaded":
    case "confirmed":
    case "failed":
    case "skipped":
    case "unconfirmed":
      return [];
  }
}

function stepOfCheck(unit: CampaignUnit, plan: CampaignPlan, age: number): CampaignStep[] {
  const changed = unit.parts.find(({ version }) => version !== plan.version);
  if (changed) {
    const why = `${changed.station} went back to version ${changed.version ?? "unknown"}`;
    return [{ step: "end", unit: unit.id, as: "failed", why }];
  }
  if (age < plan.healthyMinutes) return [];
  const ill = unit.parts.find((part) => !part.online || !part.healthy);
  return [
    ill
      ? { step: "end", unit: unit.id, as: "failed", why: `${ill.station} is not well with the new version` }
      : { step: "end", unit: unit.id, as: "confirmed", why: `all parts report ${plan.version} and stayed well` },
  ];
}

function reasonToSkip(unit: CampaignUnit, plan: CampaignPlan): string | undefined {
  if (plan.exclude.includes(unit.id)) return "it is excluded";
  const pin = plan.pins[unit.id];
  if (pin !== undefined && pin !== plan.version) return `it is held at version ${pin}`;
  const versions = unit.parts.map(({ version }) => version);
  if (versions.every((version) => version === plan.version)) return `all its parts have version ${plan.version}`;
  const newer = versions.find((version) => version !== undefined && compareVersions(version, plan.version) > 0);
  if (newer !== undefined) return `it has the newer version ${newer}`;
  const { floor } = plan;
  const older = versions.find((version) =>
    floor !== undefined && version !== undefined && compareVersions(version, floor) < 0
  );
  return older === undefined ? undefined : `it has version ${older}, the image needs ${floor} at least`;
}

function unlike({ parts }: CampaignUnit, plan: CampaignPlan): string {
  const late = parts.find((part) => !part.online || part.version !== plan.version)!;
  return late.online
    ? `${late.station} reports version ${late.version ?? "none"}, not ${plan.version}`
    : `${late.station} has not come back`;
}

/** Failures, and units of which nobody knows, which count as failures. */
function reasonToStop({ plan, units, ring }: CampaignFacts): string | undefined {
  const ended = units.filter(({ state }) => ENDED.includes(state) && state !== "skipped");
  const bad = ended.filter((unit) => unit.state !== "confirmed" && isOverFor(unit, plan));
  const { failures, percent } = plan.stopAfter;
  if (bad.length >= failures) return `${bad.length} units failed, the campaign stops at ${failures}`;
  const tried = ended.filter((unit) => unit.ring === ring);
  const isRingOver = units.every((unit) => unit.ring !== ring || isOverFor(unit, plan));
  if (isRingOver && tried.length > 0 && tried.every((unit) => unit.state !== "confirmed")) {
    return `no unit of ring ${plan.rings[ring]?.name ?? ring} took it`;
  }
  const share = ended.length === 0 ? 0 : (100 * bad.length) / ended.length;
  // A share of few is no share: the first failure of a canary is the number's to stop, unless it is set to one.
  if (bad.length > 1 && share >= percent) {
    return `${Math.round(share)} % of the units failed, the campaign stops at ${percent} %`;
  }
  return undefined;
}

/** Units that may begin to load or to install now, within all limits. */
function startable(facts: CampaignFacts): CampaignStep[] {
  const { plan, units, minuteOfWeek } = facts;
  const may = (hours: CampaignPlan["downloadHours"]) => hours === undefined || isWithinHours(hours, minuteOfWeek);
  const steps: CampaignStep[] = [];
  let connectorsOut = facts.connectors.out +
    units.filter(({ state }) => OUT_OF_SERVICE.includes(state)).reduce(sumConnectors, 0);
  const mostOut = facts.connectors.all * plan.maxConnectorsOutPercent / 100;
  for (const unit of may(plan.installHours) ? units.filter(({ state }) => state === "downloaded") : []) {
    const more = connectorsOf(unit.parts);
    if (!isIdle(unit) || connectorsOut + more > mostOut) continue;
    connectorsOut += more;
    steps.push({ step: "install", unit: unit.id });
  }
  let free = plan.maxParallelUnits - units.filter(({ state }) => UNDER_WAY.includes(state)).length;
  for (const unit of may(plan.downloadHours) ? units.filter((one) => isReady(one, facts)) : []) {
    if (free-- <= 0) break;
    steps.push({ step: "download", unit: unit.id });
  }
  return steps;
}

/** Its turn has come: new, or to be tried again after its wait. All parts must be there: none is left with another version. */
function isReady(unit: CampaignUnit, { plan, now, ring }: CampaignFacts): boolean {
  const { state, attempts, since } = unit;
  if (unit.ring > ring || !unit.parts.every(({ online }) => online)) return false;
  if (state === "pending") return true;
  if (!ENDED.includes(state) || isOverFor(unit, plan)) return false;
  return now - since >= plan.retryMinutes * 2 ** (attempts - 1) * MINUTE;
}

/** It has ended and is not tried again. */
function isOverFor({ state, attempts, final }: CampaignUnit, plan: CampaignPlan): boolean {
  if (state === "confirmed" || state === "skipped") return true;
  return ENDED.includes(state) && (final === true || attempts >= plan.attempts);
}

function isIdle({ parts }: CampaignUnit): boolean {
  return parts.every(({ online, busy }) => online && !busy);
}

/** The ring is over when every unit of it has ended for good and the last one has been well for long enough. */
function stepOfRing({ plan, units, ring, released, now }: CampaignFacts): CampaignStep[] {
  const mine = units.filter((unit) => unit.ring <= ring);
  if (!mine.every((unit) => isOverFor(unit, plan))) return [];
  if (ring === plan.rings.length - 1) return [{ step: "complete" }];
  const { soakMinutes, hold, name } = plan.rings[ring]!;
  const last = Math.max(0, ...mine.filter(({ state }) => state === "confirmed").map(({ since }) => since));
  if (now - last < soakMinutes * MINUTE) return [];
  return hold && !released ? [{ step: "hold", ring: name }] : [{ step: "next-ring", ring: ring + 1 }];
}

function connectorsOf(parts: readonly CampaignPart[]): number {
  return parts.reduce((sum, { connectors }) => sum + connectors, 0);
}

function sumConnectors(sum: number, { parts }: CampaignUnit): number {
  return sum + connectorsOf(parts);
}
