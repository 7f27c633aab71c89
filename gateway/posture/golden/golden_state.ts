import { goldenFor, judgeGolden, wayOf } from "../../../policies/golden.ts";
import type { GoldenFinding, GoldenProfile, GoldenWay } from "../../../policies/golden_types.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { Station } from "../../inventory/config.ts";
import type { WantedSetting } from "../ocpp_reader.ts";
import { driverName, ocppName } from "../station_reader.ts";

/** What a golden configuration is judged by. */
export interface GoldenKnowledge {
  readonly station: Station;
  /** The model that the station has told, where site.yaml names none. */
  readonly model?: string | undefined;
  /** The OCPP version that it speaks, or is configured for; absent: nobody knows. */
  readonly protocol?: string | undefined;
  /** What was read of it last, by the names of station_reader.ts. */
  readonly read: Readonly<Record<string, Evidence>>;
}

/** How the settings of one station stand against the profile of its model. */
export interface GoldenStanding {
  readonly station: string;
  /** Absent: no profile is about it. */
  readonly profile?: GoldenProfile;
  readonly findings: readonly GoldenFinding[];
}

/** Judges every setting of the profile of a station by what was read of it. */
export function goldenStanding(profiles: readonly GoldenProfile[], known: GoldenKnowledge): GoldenStanding {
  const { station, read } = known;
  const profile = profileOf(profiles, known);
  if (!profile) return { station: station.id, findings: [] };
  const spoken = station.ocpp ? wayOf(known.protocol) : undefined;
  const findings = profile.settings.map((setting) => {
    const evidence: Partial<Record<GoldenWay, Evidence>> = {};
    const { driver } = setting.ways, spokenTarget = spoken && setting.ways[spoken];
    if (spoken && spokenTarget) evidence[spoken] = read[ocppName(wantedOf(setting.ways))] ?? NOT_ASKED;
    if (station.ui && driver) evidence.driver = read[driverName(driver.name)] ?? NOT_ASKED;
    return judgeGolden(setting, evidence);
  });
  return { station: station.id, profile, findings };
}

/** What has to be read of a station for its profile. */
export function goldenWants(profiles: readonly GoldenProfile[], known: Omit<GoldenKnowledge, "read">) {
  const settings = profileOf(profiles, known)?.settings ?? [];
  return {
    ocpp: settings.map(({ ways }) => wantedOf(ways)).filter(({ key, variable }) => key ?? variable),
    driver: known.station.ui ? settings.flatMap(({ ways }) => ways.driver?.name ?? []) : [],
  };
}

function profileOf(profiles: readonly GoldenProfile[], { station, model }: Omit<GoldenKnowledge, "read">) {
  if (!station.ocpp && !station.ui) return undefined;
  return goldenFor(profiles, { vendor: station.vendor, model: station.model ?? model });
}

function wantedOf(ways: Readonly<Partial<Record<GoldenWay, { readonly name: string }>>>): WantedSetting {
  return { key: ways["ocpp1.6"]?.name, variable: ways.ocpp2?.name };
}

const NOT_ASKED: Evidence = { is: "unknown", why: "it has not been asked yet" };
