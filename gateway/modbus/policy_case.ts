import { z } from "zod";
import type { ModbusRule } from "../../policies/modbus_rule.ts";
import { minuteOfWeek } from "../../policies/ocpp_case.ts";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { faultText } from "../config/fault.ts";
import { CONFIG_LIMITS } from "../config/limits.ts";
import { ModbusRuleEntry } from "../config/modbus_rule_schema.ts";
import { jsonSchemaOf, schemaFaults } from "../config/schema_faults.ts";
import { Text } from "../config/values.ts";
import { parseYaml } from "../config/yaml_source.ts";
import { ConfigError } from "../core/errors.ts";
import { encodeRequest } from "./codec_request.ts";
import { createModbusPolicy } from "./policy.ts";
import { buildRequest } from "./policy_request.ts";
import type { Profile } from "./profile.ts";
import type { UnitConfig } from "./worker_config.ts";

const Case = z.strictObject({
  case: Text.describe("What happens, in a few words"),
  role: Text.optional().describe("Role of the client's certificate; absent: it has none"),
  client: Text.optional().describe("Common name of its certificate; client when absent"),
  listener: Text.optional().describe("Listener that it comes by; listener when absent"),
  source: Text.optional().describe("Its address; 192.0.2.1 when absent"),
  unit: z.int().min(0).max(255).describe("Unit id that it asks"),
  read: z.array(Text).min(1).optional().describe("Points that it reads in one request"),
  write: z.record(z.string(), z.union([z.number(), z.string()])).optional().describe(
    "Points and values that it writes",
  ),
  function: z.int().optional().describe("Function code without addresses"),
  subfunction: z.int().optional().describe("Of diagnostics"),
  at: z.string().refine((text) => minuteOfWeek(text) !== undefined, { error: 'a day and a time, as "mon 22:30"' })
    .optional().describe('When it comes, as "mon 22:30"; a Monday at noon when absent'),
  expect: z.enum(["pass", "refuse", "mask", "clamp"]).describe("What has to become of it"),
  rule: Text.optional().describe("The rule that has to decide, as it stands in the rules file or built in"),
});

const Cases = z.strictObject({
  conduit: z.literal("modbus").describe("Whose cases they are"),
  units: z.record(z.string(), Text).optional().describe("Profiles by unit, as 11: bender-cc; absent: the site's units"),
  rules: z.array(ModbusRuleEntry).max(POLICY_LIMITS.rules).optional().describe(
    "Rules of these cases; absent: the site's",
  ),
  cases: z.array(Case).min(1).max(10_000).describe("The cases"),
});

/** A cases file for Modbus. */
export type ModbusCases = z.infer<typeof Cases>;
type ModbusCase = ModbusCases["cases"][number];

/** Whether a cases file is about Modbus. */
export function isModbusCases(text: string): boolean {
  return /^conduit:\s*modbus\b/m.test(text);
}

/** Reads a cases file. @throws ConfigError CFG_INVALID with every fault and its line */
export function readModbusCases(file: string, text: string): ModbusCases {
  const source = parseYaml(text);
  const result = Cases.safeParse(source.value, { reportInput: true });
  if (result.success && source.faults.length === 0) return result.data;
  const lines = source.faults.map((fault) => faultText(file, fault.place, fault));
  if (!result.success) {
    const found = schemaFaults(result.error.issues, jsonSchemaOf(Cases), (path) => source.sourceOf(path));
    lines.push(...found.map((fault) => faultText(file, source.placeOf(fault.path, fault.at), fault)));
  }
  const shown = lines.slice(0, CONFIG_LIMITS.faultsShown).map((line) => line.replace(" site.yaml: ", " cases: "));
  throw new ConfigError("CFG_INVALID", `The cases file "${file}" cannot be used`, { faults: shown });
}

/** What cases are judged with: the site's rules and units, or those of their file. */
export interface CaseWorld {
  readonly rules: readonly ModbusRule[];
  readonly units: readonly UnitConfig[];
  readonly profiles: readonly Profile[];
}

/** What came of a case. `why` says what was decided instead. */
export type ModbusCaseResult = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** The world of a file: its own units and rules where it brings them. */
export function worldOf({ units, rules }: ModbusCases, site: CaseWorld): CaseWorld {
  const own = units &&
    Object.entries(units).map(([unit, profile]) => ({ unit: Number(unit), line: "", device: 1, profile }));
  return { ...site, ...own && { units: own }, ...rules && { rules: rules as readonly ModbusRule[] } };
}

/** Runs one case: the request is built, judged and forwarded as the gateway would, without anything that happened before. */
export function runModbusCase(tried: ModbusCase, { rules, units, profiles }: CaseWorld): ModbusCaseResult {
  const { role, client = "client", listener = "listener", source = "192.0.2.1", unit, expect, rule } = tried;
  const profile = profiles.find(({ id }) => id === units.find((each) => each.unit === unit)?.profile);
  const built = buildRequest(profile, tried);
  if ("fault" in built) return { ok: false, why: `the request cannot be made: ${built.fault}` };
  const policy = createModbusPolicy({ units, profiles, rules, mode: "enforce", timeZone: "UTC" });
  const { request } = built;
  const asker = { client, listener, source, ...role === undefined ? {} : { role } };
  const verdict = policy.judge({ asker, unit, request, pdu: encodeRequest(request) }, momentOf(tried.at));
  const got = verdict.do === "refuse"
    ? "refuse"
    : verdict.masked.length > 0
    ? "mask"
    : verdict.granted && verdict.granted.clamped.length > 0
    ? "clamp"
    : "pass";
  const isRule = rule === undefined || verdict.rule === rule || verdict.rule === `site.${rule}`;
  if (got === expect && isRule) return { ok: true };
  const reason = verdict.do === "refuse" ? `: ${verdict.reason}` : "";
  return {
    ok: false,
    why: `expected ${expect}${rule === undefined ? "" : ` by ${rule}`}, got ${got} by ${verdict.rule}${reason}`,
  };
}

/** A Monday of 2026, and the minute of its week. */
const MONDAY = Date.parse("2026-07-06T00:00:00Z");

function momentOf(at: string | undefined) {
  return { monotonic: 0, wall: MONDAY + (minuteOfWeek(at ?? "mon 12:00") ?? 0) * 60_000 };
}
