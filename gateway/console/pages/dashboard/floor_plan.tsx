import type { StationRow } from "../../api/stations.ts";
import { State } from "../../components/parts.tsx";
import { STATION_STATE, StationState, toneOf } from "../../components/station_state.tsx";
import type { Language } from "../../i18n/language.ts";
import { DASHBOARD } from "./texts.ts";

/** Bays on each side of one driveway. */
const BAYS_PER_SIDE = 6;

/** Where a station stands: rows of bays on both sides of driveways. */
export interface Lane {
  readonly above: readonly StationRow[];
  readonly below: readonly StationRow[];
}

/** Sorts stations into lanes by their ids, numbers as numbers, so that neighbours on the wall are neighbours here. */
export function layLanes(stations: readonly StationRow[]): readonly Lane[] {
  const collator = new Intl.Collator("en", { numeric: true });
  const sorted = [...stations].sort((a, b) => collator.compare(a.id, b.id));
  const lanes: Lane[] = [];
  for (let at = 0; at < sorted.length; at += 2 * BAYS_PER_SIDE) {
    const own = sorted.slice(at, at + 2 * BAYS_PER_SIDE);
    const above = Math.min(BAYS_PER_SIDE, Math.ceil(own.length / 2));
    lanes.push({ above: own.slice(0, above), below: own.slice(above) });
  }
  return lanes;
}

/** The garage from above, each bay with its station. */
export function FloorPlan({ stations, language }: { stations: readonly StationRow[]; language: Language }) {
  const t = DASHBOARD.in(language);
  return (
    <div class="plan" role="region" aria-label={t("plan")} tabindex={0}>
      {layLanes(stations).map(({ above, below }, at) => (
        <div class="lane">
          <div class="row-of-bays">
            {above.map((station) => <Bay station={station} language={language} />)}
            {vacant(above).map(() => <div class="bay vacant" aria-hidden="true"></div>)}
          </div>
          <div class="driveway" aria-hidden="true">
            <span>{t("driveway", { number: at + 1 })}</span>
          </div>
          <div class="row-of-bays">
            {below.map((station) => <Bay station={station} language={language} isBelow />)}
            {vacant(below).map(() => <div class="bay below vacant" aria-hidden="true"></div>)}
          </div>
        </div>
      ))}
    </div>
  );
}

/** A row is as long as the others: what has no station is an empty bay. */
const vacant = (row: readonly StationRow[]): readonly undefined[] => Array.from({ length: BAYS_PER_SIDE - row.length });

function Bay({ station, language, isBelow }: { station: StationRow; language: Language; isBelow?: boolean }) {
  const { tone } = toneOf(station);
  const { vendor, model } = station.facts;
  const weak = station.securityProfile !== null && station.securityProfile < 2;
  const classes = ["bay", isBelow ? "below" : "", tone === "bad" ? "bad" : ""].filter((part) => part).join(" ");
  return (
    <a class={classes} id={`bay-${station.id}`} href={`/stations/${encodeURIComponent(station.id)}`}>
      <span class="id">{station.id}</span>
      {(vendor ?? model) && <small>{[vendor, model].filter((part) => part).join(" ")}</small>}
      <span class="marks">
        <StationState station={station} language={language} />
        {weak && (
          <State tone="warn">{STATION_STATE.in(language)("profile", { profile: station.securityProfile! })}</State>
        )}
      </span>
    </a>
  );
}
