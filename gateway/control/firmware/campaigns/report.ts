import { UNIT_STATES, type UnitState } from "../../../../policies/campaign_types.ts";
import type { PartWay } from "../../../../policies/campaign_parts.ts";
import type { Json } from "../../../core/control_api.ts";
import type { GuidedStep } from "../../../core/device_operations_api.ts";
import { toCsv } from "../../../core/csv.ts";
import { formatTable } from "../../../core/format_table.ts";
import { awaitsPerson, whyIll } from "./facts.ts";
import type { CampaignRecord, Note, PartProof, PartRecord, UnitRecord } from "./record.ts";
import type { SiteLook } from "./site_view.ts";

/** One part in a report. */
export interface PartLine {
  readonly station: string;
  readonly part: string;
  readonly way: PartWay;
  readonly model: string;
  readonly before: string;
  readonly version: string;
  readonly phase: string;
  readonly online: boolean;
  /** Why it is waited for, or is not well; empty: nothing. */
  readonly why: string;
  /** A person is to say that it has the version. */
  readonly awaitsPerson: boolean;
  /** Who brings the image to it, or said that it has the version; empty: no person does. */
  readonly person: string;
  /** How its version is known; empty: it has not that of the campaign. */
  readonly proof: PartProof | "";
  /** What that person does; only while they are waited for. */
  readonly step?: GuidedStep;
}

/** One unit in a report. */
export interface UnitLine {
  readonly unit: string;
  readonly ring: string;
  readonly state: UnitState;
  /** ISO 8601. */
  readonly since: string;
  readonly attempts: number;
  readonly why: string;
  readonly parts: readonly PartLine[];
  readonly history: readonly { readonly at: string; readonly text: string }[];
}

/** A campaign as people see it. */
export interface CampaignReport {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignRecord["state"];
  readonly why: string;
  readonly image: string;
  readonly vendor: string;
  readonly version: string;
  readonly madeBy: string;
  readonly madeAt: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly approvals: readonly { readonly who: string; readonly at: string }[];
  readonly needsApprovals: number;
  /** The ring that waits for a person's word; empty: none. */
  readonly holds: string;
  readonly rings: readonly RingLine[];
  readonly counts: Readonly<Record<UnitState, number>>;
  readonly units: readonly UnitLine[];
  readonly history: readonly { readonly at: string; readonly text: string }[];
  /** What the plan promises, as text by its option. */
  readonly plan: Readonly<Record<string, string>>;
}

/** One ring in a report. */
export interface RingLine {
  readonly name: string;
  readonly state: "over" | "running" | "waiting";
  readonly units: number;
  readonly counts: Readonly<Record<UnitState, number>>;
  readonly soak: string;
  readonly hold: boolean;
}

/** Everything about one campaign. */
export function campaignReport(
  record: CampaignRecord,
  units: readonly UnitRecord[],
  site: SiteLook,
  stepFor: (station: string) => GuidedStep,
): CampaignReport {
  const { id, name, state, why = "", sha256, vendor, plan, madeBy, needsApprovals, holds = "" } = record;
  return {
    ...{ id, name, state, why, image: sha256, vendor, version: plan.version, madeBy, needsApprovals, holds },
    ...{ madeAt: iso(record.madeAt), startedAt: iso(record.startedAt), endedAt: iso(record.endedAt) },
    approvals: record.approvals.map(({ who, at }) => ({ who, at: iso(at) })),
    rings: plan.rings.map((ring, at) => ({
      name: ring.name,
      state: at < record.ring || state === "completed"
        ? "over"
        : at === record.ring && record.startedAt
        ? "running"
        : "waiting",
      units: units.filter((unit) => unit.ring === at).length,
      counts: countStates(units.filter((unit) => unit.ring === at)),
      soak: span(ring.soakMinutes),
      hold: ring.hold === true,
    })),
    counts: countStates(units),
    units: units.map((unit) => unitLine(unit, record, site, stepFor)),
    history: historyOf(record.notes),
    plan: planLines(record),
  };
}

/** How many units stand in each state. */
export function countStates(units: readonly Pick<UnitRecord, "state">[]): Readonly<Record<UnitState, number>> {
  const counts = Object.fromEntries(UNIT_STATES.map((state) => [state, 0])) as Record<UnitState, number>;
  for (const { state } of units) counts[state]++;
  return counts;
}

/** "12 pending, 3 confirmed". */
export function sumUp(counts: Readonly<Record<UnitState, number>>): string {
  const some = UNIT_STATES.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  return some.length === 0 ? "no unit" : some.join(", ");
}

/** The report as text for people. */
export function reportText(report: CampaignReport): string {
  const { id, name, state, why, version, vendor, counts, holds } = report;
  const head = `${id} ${name}: ${state}${why === "" ? "" : ` (${why})`}; ${vendor} ${version}; ${sumUp(counts)}` +
    (holds === "" ? "" : `\nRing ${holds} is over: \`firmware campaign release ${id}\` lets the next one begin`);
  const rings = formatTable(
    ["ring", "state", "units", "soak", ""],
    report.rings.map((ring) => [ring.name, ring.state, sumUp(ring.counts), ring.soak, ring.hold ? "holds" : ""]),
  );
  const units = formatTable(
    ["unit", "ring", "state", "tries", "station", "way", "before", "version", "known by", "phase", "why"],
    report.units.flatMap((unit) =>
      unit.parts.map((part, at) => [
        ...at === 0 ? [unit.unit, unit.ring, unit.state, String(unit.attempts)] : ["", "", "", ""],
        ...[
          part.station,
          part.way,
          part.before,
          part.version,
          knownBy(part),
          part.phase,
          at === 0 && unit.why !== "" ? unit.why : part.why,
        ],
      ])
    ),
  );
  return [head, rings, units].join("\n\n");
}

/** How a version is known, in words; a person's word is marked as one. */
function knownBy({ proof, person, awaitsPerson }: PartLine): string {
  if (awaitsPerson) return `awaits ${person}`;
  return proof === "word" ? `only the word of ${person}` : proof;
}

/** Columns of the CSV, in order. */
export const REPORT_COLUMNS = [
  "campaign",
  "unit",
  "ring",
  "state",
  "since",
  "tries",
  "why",
  "station",
  "part",
  "way",
  "model",
  "before",
  "version",
  "phase",
  "online",
  "proof",
  "person",
] as const;

/** The report as CSV: one row for each part. */
export function reportCsv({ id, units }: CampaignReport): string {
  const rows = units.flatMap((unit) =>
    unit.parts.map((part) => [
      ...[id, unit.unit, unit.ring, unit.state, unit.since, unit.attempts, unit.why || part.why],
      ...[part.station, part.part, part.way, part.model, part.before, part.version, part.phase, part.online],
      ...[part.proof, part.person],
    ])
  );
  return toCsv(REPORT_COLUMNS, rows);
}

/** The report as data. */
export function reportData(report: CampaignReport): Json {
  return report as unknown as Json;
}

function unitLine(
  unit: UnitRecord,
  record: CampaignRecord,
  site: SiteLook,
  stepFor: (station: string) => GuidedStep,
): UnitLine {
  const { id, state, since, attempts, why = "" } = unit, { plan } = record;
  return {
    ...{ unit: id, ring: plan.rings[unit.ring]?.name ?? "", state, since: iso(since), attempts, why },
    parts: unit.parts.map((part) => {
      const line = partLine(part, unit, record, site);
      return line.awaitsPerson ? { ...line, step: stepFor(part.station) } : line;
    }),
    history: historyOf(unit.notes),
  };
}

function partLine(part: PartRecord, { state }: UnitRecord, { plan, madeBy }: CampaignRecord, site: SiteLook): PartLine {
  const look = site.get(part.station), { before, task, kind, way, station } = part;
  const ill = look && (state === "checking" ? whyIll(part, look) : undefined);
  const isAwaited = state === "installing" && awaitsPerson(part) && look?.version !== plan.version;
  const waits = look && (state === "downloaded" || state === "pending") ? look.busy : undefined;
  return {
    ...{
      station,
      part: kind,
      way,
      model: look?.model ?? "",
      before: before?.version ?? "",
      version: look?.version ?? "",
    },
    phase: task?.phase ?? "",
    online: look?.online ?? false,
    awaitsPerson: isAwaited,
    person: part.word?.who ?? part.person ?? (isAwaited ? madeBy : ""),
    proof: part.proof ?? "",
    why: task?.why ?? ill ?? waits ?? (look?.online === false ? "it is not connected" : ""),
  };
}

function planLines({ plan }: CampaignRecord): Record<string, string> {
  const hours = (one: typeof plan.downloadHours) =>
    one && `${one.days ? `${one.days.join(",")} ` : ""}${one.from}-${one.to}`;
  const { stopAfter, exclude, pins, floor } = plan,
    download = hours(plan.downloadHours),
    install = hours(plan.installHours);
  return {
    parallel: `${plan.maxParallelUnits} units`,
    "out-percent": `${plan.maxConnectorsOutPercent} % of all connectors`,
    "stop-failures": `${stopAfter.failures} units`,
    "stop-percent": `${stopAfter.percent} % of those that ended`,
    attempts: String(plan.attempts),
    retry: span(plan.retryMinutes),
    ...download === undefined ? {} : { "download-hours": download },
    ...install === undefined ? {} : { "install-hours": install },
    load: span(plan.downloadMinutes),
    confirm: span(plan.confirmMinutes),
    healthy: span(plan.healthyMinutes),
    ...floor === undefined ? {} : { from: floor },
    ...exclude.length === 0 ? {} : { exclude: exclude.join(", ") },
    ...Object.keys(pins).length === 0 ? {} : { pin: Object.entries(pins).map((pin) => pin.join("=")).join(", ") },
  };
}

/** Minutes as people write them. */
export function span(minutes: number): string {
  if (minutes < 1) return `${Math.round(minutes * 60)}s`;
  if (minutes % 1_440 === 0 && minutes > 0) return `${minutes / 1_440}d`;
  return minutes % 60 === 0 && minutes > 0 ? `${minutes / 60}h` : `${Math.round(minutes)}m`;
}

const iso = (at: number | undefined): string => at === undefined ? "" : new Date(at).toISOString();
const historyOf = (notes: readonly Note[]) => notes.map(({ at, text }) => ({ at: iso(at), text }));
