import { defineTexts, type Language } from "../i18n/language.ts";
import type { StationRow } from "../api/stations.ts";
import { State, type Tone } from "./parts.tsx";
import type { IconName } from "./icon.tsx";

/** Words for how a station stands. */
export const STATION_STATE = defineTexts("station-state", {
  connected: "Connected",
  away: "Away",
  none: "No OCPP",
  plain: "Not encrypted",
  unproven: "No credential",
  profile: "Profile {profile}",
}, {
  connected: "Verbunden",
  away: "Getrennt",
  none: "Kein OCPP",
  plain: "Nicht verschlüsselt",
  unproven: "Ohne Nachweis",
  profile: "Profil {profile}",
});

/** How a station stands, for colour and drawing. */
export function toneOf({ connected, securityProfile }: StationRow): { tone: Tone; icon: IconName; word: StateWord } {
  if (securityProfile === null) return { tone: "off", icon: "circle", word: "none" };
  return connected ? { tone: "good", icon: "plug", word: "connected" } : { tone: "bad", icon: "unplug", word: "away" };
}

type StateWord = "away" | "connected" | "none";

/** A station's link as word, drawing and colour. */
export function StationState({ station, language }: { station: StationRow; language: Language }) {
  const { tone, icon, word } = toneOf(station);
  return <State tone={tone} icon={icon}>{STATION_STATE.in(language)(word)}</State>;
}

/** A station's security profile; what is weak says so in words. */
export function ProfileState({ station, language }: { station: StationRow; language: Language }) {
  const t = STATION_STATE.in(language);
  const { securityProfile } = station;
  if (securityProfile === null) return <span class="muted">–</span>;
  const profile = t("profile", { profile: securityProfile });
  if (securityProfile >= 2) return <State tone="good" icon="lock">{profile}</State>;
  return <State tone="warn">{`${profile}: ${t(securityProfile === 1 ? "plain" : "unproven")}`}</State>;
}
