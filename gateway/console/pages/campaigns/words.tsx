import type { Child } from "hono/jsx";
import type { CampaignRow, UnitRow } from "../../api/campaigns.ts";
import { State, type Tone } from "../../components/parts.tsx";
import type { Language } from "../../i18n/language.ts";
import { CAMPAIGNS } from "./texts.ts";

const CAMPAIGN_TONES: Readonly<Record<string, Tone>> = {
  draft: "off",
  approved: "info",
  running: "info",
  paused: "warn",
  completed: "good",
  aborted: "bad",
};

const UNIT_TONES: Readonly<Record<UnitRow["state"], Tone>> = {
  pending: "off",
  downloading: "info",
  downloaded: "info",
  installing: "info",
  checking: "info",
  confirmed: "good",
  failed: "bad",
  skipped: "off",
  unconfirmed: "bad",
};

/** States of campaigns that have a word. */
const STATES = ["draft", "approved", "running", "paused", "completed", "aborted"] as const;

/** Where a campaign stands. */
export function CampaignState({ state, language }: { state: string; language: Language }) {
  const t = CAMPAIGNS.in(language), known = STATES.find((one) => one === state);
  return <State tone={CAMPAIGN_TONES[state] ?? "off"}>{known ? t(`state.${known}`) : state}</State>;
}

/** Where a unit stands. */
export function UnitState({ state, language }: { state: UnitRow["state"]; language: Language }) {
  const icon = state === "downloaded" || state === "checking" || state === "pending" ? { icon: "clock" as const } : {};
  return <State tone={UNIT_TONES[state]} {...icon}>{CAMPAIGNS.in(language)(`unit.${state}`)}</State>;
}

/** "3 confirmed, 1 installing" as words; nothing that is zero. */
export function Counts({ counts, language }: { counts: CampaignRow["counts"]; language: Language }): Child {
  const t = CAMPAIGNS.in(language);
  const some = Object.entries(counts).filter(([, count]) => count > 0) as [UnitRow["state"], number][];
  return <>{some.map(([state, count]) => `${count} ${t(`unit.${state}`)}`).join(", ") || "–"}</>;
}
