import type { Evidence, PostureCheck } from "../../policies/posture_types.ts";
import type { DefaultVerdict, DeviceSetting, OperationResult } from "../core/device_operations_api.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import { type AskStation, readSettings, type WantedSetting } from "./ocpp_reader.ts";
import type { SubjectRecord } from "./posture_book.ts";

/** A connection to one station, as far as reading goes. */
export interface StationLine {
  readonly protocol: string | undefined;
  /** A transaction runs, as far as anybody knows. */
  isBusy(): Promise<boolean>;
  readonly ask: AskStation;
}

/** The controller's pages of one station, as far as reading goes. */
export interface DeviceLine {
  /** Its driver knows how to read settings. */
  readonly canRead: boolean;
  read(keys: readonly string[]): Promise<OperationResult<{ readonly settings: readonly DeviceSetting[] }>>;
  /** Whether documented passwords of the factory work; each is tried at most once, ever. */
  defaults(): Promise<readonly DefaultVerdict[]>;
}

/** What is looked at from outside of the station: its ports and its TLS. */
export interface ProbeLine {
  /** Evidence by the names "ports" and "probe FACT". */
  look(): Promise<Readonly<Record<string, Evidence>>>;
}

/** The ways to find out something of a station; an absent one is not there now. */
export interface StationWays {
  readonly line?: StationLine | undefined;
  readonly device?: DeviceLine | undefined;
  readonly probe?: ProbeLine | undefined;
}

/** Settings that are wanted of a station. */
export interface Wanted {
  readonly ocpp: readonly WantedSetting[];
  /** Names as the controller's page has them. */
  readonly driver: readonly string[];
  readonly hasDefaults: boolean;
  readonly hasProbes: boolean;
}

/** What is wanted by these checks. */
export function wantedBy(checks: readonly PostureCheck[]): Wanted {
  const driver = checks.flatMap((check) => check.by === "driver" ? [check.setting] : []);
  return {
    ocpp: checks.filter((check) => check.by === "ocpp"),
    driver: [...new Set(driver.filter((setting) => setting !== DEFAULTS))],
    hasDefaults: driver.includes(DEFAULTS),
    hasProbes: checks.some(({ by }) => by === "ports" || by === "probe"),
  };
}

/** The name under which the answer to a check is kept; undefined: nothing is read for it. */
export function readName(check: PostureCheck): string | undefined {
  switch (check.by) {
    case "ocpp":
      return ocppName(check);
    case "driver":
      return driverName(check.setting);
    case "ports":
      return "ports";
    case "probe":
      return `probe ${check.fact}`;
    default:
      return undefined;
  }
}

/** The name under which what OCPP told of a setting is kept. */
export const ocppName = ({ key, variable }: WantedSetting): string => key ?? variable ?? "";

/** The name under which what a controller's page told of a setting is kept. */
export const driverName = (setting: string): string => `driver ${setting.toLowerCase()}`;

const DEFAULTS = "default-password";

/**
 * Asks a station for what is wanted, by each way that is there, one after the other. What it answers replaces what was
 * known; what it does not answer leaves it as it was.
 */
export async function readStation(
  wanted: Wanted,
  { line, device, probe }: StationWays,
  before: Pick<SubjectRecord, "read" | "readAt"> | undefined,
  now: () => number,
): Promise<Pick<SubjectRecord, "read" | "readAt">> {
  const found: Record<string, Evidence> = {};
  if (line && wanted.ocpp.length > 0) {
    const answers = await readSettings(wanted.ocpp, line.protocol, line.ask, now);
    for (const [at, setting] of wanted.ocpp.entries()) found[ocppName(setting)] = answers[at]!;
  }
  if (device) Object.assign(found, await readDevice(wanted, device, now));
  if (probe && wanted.hasProbes) Object.assign(found, await probe.look());
  const kept = before?.read ?? {}, read: Record<string, Evidence> = { ...kept };
  for (const [name, given] of Object.entries(found)) {
    const old = kept[name];
    read[name] = given.is === "unknown" && old !== undefined && old.is !== "unknown" ? old : given;
  }
  const isAnswered = Object.values(found).some(({ is }) => is !== "unknown");
  const readAt = isAnswered ? now() : before?.readAt;
  return { read, ...readAt === undefined ? {} : { readAt } };
}

async function readDevice(
  { driver, hasDefaults }: Wanted,
  device: DeviceLine,
  now: () => number,
): Promise<Record<string, Evidence>> {
  const found: Record<string, Evidence> = {};
  if (hasDefaults) found[driverName(DEFAULTS)] = defaultsEvidence(await device.defaults());
  if (driver.length === 0) return found;
  const result = device.canRead ? await device.read(driver) : undefined;
  const has = new Map(result?.ok ? result.settings.map(([name, value]) => [name.toLowerCase(), value]) : []);
  for (const setting of driver) {
    const value = has.get(setting.toLowerCase());
    if (!result?.ok) {
      found[driverName(setting)] = unknown(result ? result.why : "its driver knows no way to read settings");
    } else if (value === undefined) found[driverName(setting)] = { is: "absent", at: now() };
    else found[driverName(setting)] = { is: "value", value: value.slice(0, POSTURE_LIMITS.valueChars), at: now() };
  }
  return found;
}

/** "on": a password of the factory works; "off": each that is known was refused or replaced. */
export function defaultsEvidence(verdicts: readonly DefaultVerdict[]): Evidence {
  if (verdicts.length === 0) return unknown("no password of the factory is publicly known");
  const works = verdicts.find(({ verdict }) => verdict === "default");
  const open = verdicts.find(({ verdict }) => verdict === "unknown");
  if (!works && open) return unknown(open.why ?? `it is not known whether the default password of ${open.name} works`);
  const at = Math.min(...verdicts.map((verdict) => verdict.at ?? 0));
  return works ? { is: "value", value: "on", at: works.at ?? 0 } : { is: "value", value: "off", at };
}

const unknown = (why: string): Evidence => ({ is: "unknown", why });
