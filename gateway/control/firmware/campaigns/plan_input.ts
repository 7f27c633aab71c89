import { z } from "zod";
import type { CampaignPlan, CampaignRing } from "../../../../policies/campaign_types.ts";
import { RULE_DAYS } from "../../../../policies/ocpp_rule.ts";
import { minuteOfDay, type WeekHours } from "../../../../policies/week_hours.ts";
import { GatewayError } from "../../../core/errors.ts";
import type { CommandArgs } from "../../contract.ts";

/** A plan as people write it: the defaults suit a garage. */
const DEFAULTS = {
  rings: "canary:1:24h;early:25%:4h;rest:100%",
  parallel: "4",
  "out-percent": "25",
  "stop-failures": "3",
  "stop-percent": "20",
  attempts: "2",
  retry: "15m",
  load: "2h",
  confirm: "45m",
  healthy: "15m",
} as const;

const UNITS: Readonly<Record<string, number>> = { s: 1 / 60, m: 1, h: 60, d: 1_440 };
const MOST_MINUTES = 60 * 1_440;

const Whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** Options of `firmware campaign new` that shape the plan, by name: what is wanted of each. */
const NUMBERS = {
  parallel: { schema: Whole(1, 1_000), wanted: "a whole number of units, 1 to 1000" },
  "out-percent": { schema: Whole(1, 100), wanted: "a share in percent, 1 to 100" },
  "stop-failures": { schema: Whole(1, 5_000), wanted: "a whole number of units, 1 to 5000" },
  "stop-percent": { schema: Whole(1, 100), wanted: "a share in percent, 1 to 100" },
  attempts: { schema: Whole(1, 10), wanted: "a whole number of tries, 1 to 10" },
} as const;

/**
 * Reads the plan of a campaign from the options of a command.
 * @throws GatewayError FIRMWARE_CAMPAIGN_INVALID naming the option, its value and what was wanted
 */
export function readPlan(args: CommandArgs, version: string): CampaignPlan {
  const option = (name: string): string | undefined => typeof args[name] === "string" ? args[name] : undefined;
  const number = (name: keyof typeof NUMBERS) => readNumber(name, option(name) ?? DEFAULTS[name]);
  const minutes = (name: "confirm" | "healthy" | "load" | "retry") =>
    readMinutes(`--${name}`, option(name) ?? DEFAULTS[name]);
  const download = readHours("--download-hours", option("download-hours"));
  const install = readHours("--install-hours", option("install-hours"));
  const floor = option("from");
  return {
    version: option("reports") ?? version,
    rings: readRings(option("rings") ?? DEFAULTS.rings),
    maxParallelUnits: number("parallel"),
    maxConnectorsOutPercent: number("out-percent"),
    stopAfter: { failures: number("stop-failures"), percent: number("stop-percent") },
    attempts: number("attempts"),
    retryMinutes: minutes("retry"),
    ...download ? { downloadHours: download } : {},
    ...install ? { installHours: install } : {},
    downloadMinutes: minutes("load"),
    confirmMinutes: minutes("confirm"),
    healthyMinutes: minutes("healthy"),
    exclude: list(option("exclude")),
    pins: readPins(option("pin")),
    ...floor === undefined ? {} : { floor },
  };
}

/** "90s", "15m", "4h", "2d" as minutes. */
export function readMinutes(what: string, text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const minutes = digits === undefined ? Number.NaN : Number(digits) * UNITS[unit!]!;
  if (minutes >= 0 && minutes <= MOST_MINUTES) return minutes;
  throw invalid(`${what} "${text}" is no time`, "Write a number and its unit, as 90s, 15m, 4h or 2d; at most 60d");
}

/** "canary:1:24h:hold;early:25%:4h;rest:100%": name, units of each model or share of all, soak, whether to hold. */
export function readRings(text: string): readonly CampaignRing[] {
  const rings = text.split(";").map((ring) => ring.trim()).filter((ring) => ring !== "").map(readRing);
  if (rings.length === 0 || rings.length > 10) {
    throw invalid(`--rings "${text}" names ${rings.length} rings`, "Name 1 to 10, as canary:1:24h;rest:100%");
  }
  const last = rings.at(-1)!.size;
  if (!("upToPercent" in last) || last.upToPercent !== 100) {
    throw invalid(`--rings "${text}" leaves units out`, "End it with a ring of 100%");
  }
  const names = rings.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    throw invalid(`--rings "${text}" names a ring twice`, "Give each its own name");
  }
  return rings;
}

function readRing(text: string): CampaignRing {
  const [name = "", size = "", soak = "0m", hold, ...more] = text.split(":").map((part) => part.trim());
  const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(size) ?? [];
  const count = Number(digits);
  const isSize = digits !== undefined && count >= 1 && (percent !== "%" || count <= 100);
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name) || !isSize || more.length > 0 || (hold !== undefined && hold !== "hold")) {
    throw invalid(
      `Ring "${text}" is not understood`,
      "Write NAME:SIZE:SOAK and, to wait for a person, :hold; SIZE is 1 (of each model) or 25% (of all)",
    );
  }
  return {
    name,
    size: percent === "%" ? { upToPercent: count } : { ofEachModel: count },
    soakMinutes: readMinutes(`The soak of ring ${name}`, soak),
    ...hold === "hold" ? { hold: true } : {},
  };
}

/** "22:00-06:00", or "sat,sun 08:00-20:00", in the site's time zone. */
export function readHours(what: string, text: string | undefined): WeekHours | undefined {
  if (text === undefined) return undefined;
  const [, days, from = "", to = ""] = /^(?:([a-z]{3}(?:,[a-z]{3})*) )?(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text.trim()) ??
    [];
  const wanted = days?.split(",") ?? [];
  const isDay = (day: string): day is (typeof RULE_DAYS)[number] => (RULE_DAYS as readonly string[]).includes(day);
  const unknown = wanted.find((day) => !isDay(day));
  if (minuteOfDay(from) === undefined || minuteOfDay(to) === undefined || from === to || unknown !== undefined) {
    throw invalid(`${what} "${text}" is no span of hours`, "Write 22:00-06:00, or with days: sat,sun 08:00-20:00");
  }
  return { from, to, ...wanted.length > 0 ? { days: wanted.filter(isDay) } : {} };
}

/** "bay-07=5.22.1,bay-08=5.20.2": units held at a version. */
function readPins(text: string | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list(text).map((pin) => {
      const [unit = "", version = "", ...more] = pin.split("=");
      if (unit === "" || version === "" || more.length > 0) {
        throw invalid(`--pin "${pin}" is not understood`, "Write UNIT=VERSION, several joined by commas");
      }
      return [unit, version];
    }),
  );
}

function readNumber(name: keyof typeof NUMBERS, text: string): number {
  const { schema, wanted } = NUMBERS[name], read = /^\d{1,6}$/.test(text) ? schema.safeParse(text) : undefined;
  if (read?.success) return read.data;
  throw invalid(`--${name} "${text}" is not understood`, `Pass ${wanted}`);
}

/** A list joined by commas. */
export function list(text: string | undefined): readonly string[] {
  return [...new Set((text ?? "").split(",").map((one) => one.trim()).filter((one) => one !== ""))];
}

/** An error about a plan or a wish that makes no sense. */
export function invalid(what: string, hint: string): GatewayError {
  return new GatewayError("FIRMWARE_CAMPAIGN_INVALID", what, { hint });
}
