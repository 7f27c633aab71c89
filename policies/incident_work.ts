import type { SeenRecord } from "./incident_signals.ts";
import type { WorkKind } from "./incident_types.ts";

/** How long work explains what follows it: a station restarts some minutes later. */
const AFTER_MS = 600_000;
/** Hardware that was replaced goes on being set up. */
const AFTER_REPLACEMENT_MS = 3_600_000;
/** Work whose end was never heard of explains nothing for ever. */
export const LONGEST_WORK_MS = 86_400_000;

/** What a record says of work at stations. */
export interface WorkNews {
  readonly stations: readonly string[];
  readonly kind: WorkKind;
  /** One piece of work of a station: its end names the same. */
  readonly name: string;
  readonly by: string;
  /** Milliseconds that it explains from now on. */
  readonly forMs: number;
}

/** How one audit event tells of work. */
interface WorkRow {
  readonly event: string;
  readonly kind: WorkKind;
  readonly name: string | ((record: SeenRecord) => string);
  readonly stations?: (record: SeenRecord) => readonly string[];
  readonly forMs: number;
  readonly when?: (record: SeenRecord) => boolean;
}

const word = ({ detail }: SeenRecord, name: string): string => String(detail?.[name] ?? "");
const words = (record: SeenRecord, name: string): readonly string[] =>
  word(record, name).split(" ").filter((one) => one !== "");
/** Operations that change something at a controller; reading and proving a login change nothing. */
const CHANGING: ReadonlySet<string> = new Set(["configuration", "firmware", "password", "reboot", "write"]);
/** CALLs that change something at a station. */
const CALLS: ReadonlySet<string> = new Set([
  "ChangeAvailability",
  "ChangeConfiguration",
  "ClearCache",
  "DataTransfer",
  "Reset",
  "SendLocalList",
  "SetVariables",
  "UpdateFirmware",
]);

const ROWS: readonly WorkRow[] = [
  {
    event: "device.session.opened",
    kind: "access",
    name: (record) => `pages ${word(record, "session")}`,
    forMs: LONGEST_WORK_MS,
  },
  {
    event: "device.session.ended",
    kind: "access",
    name: (record) => `pages ${word(record, "session")}`,
    forMs: AFTER_MS,
  },
  { event: "segmentation.opening.made", kind: "access", name: "port", forMs: LONGEST_WORK_MS },
  { event: "segmentation.opening.closed", kind: "access", name: "port", forMs: AFTER_MS },
  { event: "segmentation.opening.ended", kind: "access", name: "port", forMs: AFTER_MS },
  {
    event: "secret.rotation.started",
    kind: "rotation",
    name: (record) => `secret ${record.target} ${word(record, "slot")}`,
    stations: (record) => words(record, "stations"),
    forMs: LONGEST_WORK_MS,
  },
  {
    event: "device.operation.done",
    kind: "gateway",
    name: (record) => `operation ${word(record, "operation")}`,
    when: (record) => CHANGING.has(word(record, "operation")) && record.outcome !== "refused",
    forMs: AFTER_MS,
  },
  {
    event: "station.call.sent",
    kind: "gateway",
    name: (record) => `call ${word(record, "action")}`,
    when: (record) => CALLS.has(word(record, "action")),
    forMs: AFTER_MS,
  },
  { event: "station.climb.started", kind: "gateway", name: "climb", forMs: LONGEST_WORK_MS },
  { event: "station.climb.ended", kind: "gateway", name: "climb", forMs: AFTER_MS },
  { event: "station.credential.renewed", kind: "gateway", name: "credential", forMs: AFTER_MS },
  { event: "firmware.campaign.unit-ended", kind: "gateway", name: "campaign", forMs: AFTER_MS },
  { event: "transfer.request.ended", kind: "gateway", name: "update", forMs: AFTER_MS },
  { event: "station.entry.adopted", kind: "replacement", name: "adoption", forMs: AFTER_REPLACEMENT_MS },
  { event: "station.entry.replaced", kind: "replacement", name: "replacement", forMs: AFTER_REPLACEMENT_MS },
];

/** What a record of the audit chain says of work at stations; undefined for most. */
export function workOf(record: SeenRecord): WorkNews | undefined {
  const row = ROWS.find(({ event, when }) => event === record.event && (when?.(record) ?? true));
  if (!row) return undefined;
  const { kind, forMs } = row, name = typeof row.name === "string" ? row.name : row.name(record);
  const stations = row.stations?.(record) ?? [record.target ?? record.who];
  return { stations, kind, name, by: `${record.who}: ${name}`, forMs };
}

/** A secret's change has ended: the stations are not named any more, so its name finds them. */
export function endedWork(record: SeenRecord): { readonly name: string; readonly forMs: number } | undefined {
  if (record.event !== "secret.rotation.ended") return undefined;
  return { name: `secret ${record.target} ${word(record, "slot")}`, forMs: AFTER_MS };
}
