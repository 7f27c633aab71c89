import { type Decision, deny } from "./decision.ts";
import { classifyKey, type KeyTable } from "./device_key.ts";
import { refuseForAll } from "./device_setting.ts";
import {
  GOLDEN_WAYS,
  type GoldenFinding,
  type GoldenProfile,
  type GoldenSetting,
  type GoldenTarget,
  type GoldenWay,
} from "./golden_types.ts";
import { KEYS_16, NETWORK_COMPONENT_2, VARIABLES_2 } from "./ocpp_rehoming_keys.ts";
import { sameWord, unmetBy } from "./posture.ts";
import type { Evidence } from "./posture_types.ts";

/** What a station is, as far as profiles ask. */
export interface GoldenSubject {
  readonly vendor?: string | undefined;
  readonly model?: string | undefined;
}

/** Names that hold secrets: what is read is kept and shown, what is written would stand in the audit. */
const SECRET = /passw|pwd|puk|secret|authorizationkey|sharedkey|pin(number|code)/i;
/** Currents and what trips them, whatever the maker calls them: site.yaml and the fitter say them, no profile of a model. */
const SAFETY =
  /maxintensity|currentlimit|maxcurrent|ratedcurrent|loadshedding|degradedmode|fallback|upstreamprot|maxtevalue|imaxstation|headmeter|rcmb|voltage|phases?(number|rotation)/i;

/** The profile whose vendor and model are those of the station; the one that names models counts before one that does not. */
export function goldenFor(profiles: readonly GoldenProfile[], { vendor, model }: GoldenSubject) {
  const own = profiles.filter(({ vendors, models }) =>
    (vendors === undefined || vendors.includes(vendor?.toLowerCase() ?? "\0")) &&
    (models === undefined || models.some((start) => model?.toLowerCase().startsWith(start.toLowerCase())))
  );
  const rank = (profile: GoldenProfile) => (profile.models ? 2 : 0) + (profile.vendors ? 1 : 0);
  return own.toSorted((a, b) => rank(b) - rank(a))[0];
}

/** The way that a protocol speaks; undefined: none. */
export function wayOf(protocol: string | undefined): GoldenWay | undefined {
  return protocol === undefined ? undefined : protocol === "ocpp1.6" ? "ocpp1.6" : "ocpp2";
}

/**
 * How one setting stands: the first of the ways with evidence decides. `evidence` has what was read by each way that the
 * station has; a way that it lacks has no entry.
 */
export function judgeGolden(
  setting: GoldenSetting,
  evidence: Readonly<Partial<Record<GoldenWay, Evidence>>>,
): GoldenFinding {
  const reasons: string[] = [];
  let absent: GoldenFinding | undefined;
  for (const way of GOLDEN_WAYS) {
    const target = setting.ways[way], read = evidence[way];
    if (!target || !read) continue;
    const part = { setting: setting.id, way, name: target.name, wanted: target.value };
    if (read.is === "value") return { ...part, ...compare(setting, target, read.value), at: read.at };
    if (read.is === "unknown") reasons.push(read.why);
    else absent ??= { ...part, state: "absent", why: `it has no setting ${target.name}`, at: read.at };
  }
  if (reasons.length === 0 && absent) return absent;
  const why = reasons.length === 0 ? "it has no way that this setting is reached by" : [...new Set(reasons)].join("; ");
  return { setting: setting.id, state: "unknown", why };
}

/** Whether a value that was read is as good as the wanted one. */
export function isGolden(setting: Pick<GoldenSetting, "accept">, { value: wanted }: GoldenTarget, value: string) {
  return setting.accept ? unmetBy(value, setting.accept) === undefined : sameList(wanted, value);
}

/**
 * Why a profile may not name this setting; undefined: it may. The one rule for the linter and for the moment before a
 * value is written: the way to the CSMS belongs to the gateway, secrets to the vault, currents to site.yaml and the fitter.
 */
export function refuseGolden(way: GoldenWay, { name, value }: GoldenTarget, tables: readonly KeyTable[]) {
  const folded = name.trim().toLowerCase();
  const isRehomed = way === "ocpp2"
    ? VARIABLES_2.has(folded) || folded.startsWith(`${NETWORK_COMPONENT_2}.`)
    : KEYS_16.has(folded) || KEYS_16.has(folded.replace(/_[a-z]+$/, ""));
  if (isRehomed) {
    return deny("golden.rehomed", `${name} belongs to the way to the CSMS, which is the gateway's own`, SITE);
  }
  const short = way === "ocpp2" ? folded.slice(folded.indexOf(".") + 1) : folded;
  if (SECRET.test(short)) {
    return deny("golden.secret", `${name} is a secret`, "The vault keeps secrets: `secret rotate`");
  }
  if (SAFETY.test(short)) return deny("golden.safety", `${name} protects people or the installation`, SITE);
  return way === "ocpp2" ? undefined : refuseByTable(name, value, tables);
}

const SITE = "Take it out of the profile: site.yaml and the fitter say it";

function refuseByTable(name: string, value: string, tables: readonly KeyTable[]): Decision | undefined {
  for (const table of tables) {
    const key = classifyKey(name, table);
    if (!key.known) continue;
    if (key.secret || key.rolePassword) {
      return deny("golden.secret", `${name} is a secret`, "The vault keeps secrets: `secret rotate`");
    }
    if (key.safety) return deny("golden.safety", `${name} protects people or the installation`, SITE);
    const refused = refuseForAll(key, value, "import");
    if (refused?.effect === "deny") return deny("golden.device", refused.reason, refused.hint);
  }
  return undefined;
}

function compare(setting: GoldenSetting, target: GoldenTarget, has: string) {
  const isSame = isGolden(setting, target, has), shown = has === "" ? "empty" : has;
  return {
    state: isSame ? "same" : "drifted",
    has,
    why: isSame ? `${target.name} is ${shown}` : `${target.name} is ${shown}, wanted ${target.value}`,
  } as const;
}

/** Devices write lists with and without blanks, numbers with and without zeros. */
function sameList(wanted: string, has: string): boolean {
  if (sameWord(wanted, has)) return true;
  const plain = (text: string) => text.split(",").map((part) => part.trim().toLowerCase()).join(",");
  if (plain(wanted) === plain(has)) return true;
  return wanted.trim() !== "" && has.trim() !== "" && Number(wanted) === Number(has);
}
