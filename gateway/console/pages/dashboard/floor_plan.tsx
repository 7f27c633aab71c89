import type { AlarmRow } from "../../api/overview.ts";
import { placeStation, type Plan } from "../../api/plan.ts";
import type { StationRow } from "../../api/stations.ts";
import { FloorPicture, marksOf } from "../../components/floor_picture.tsx";
import { State } from "../../components/parts.tsx";
import { STATION_STATE, StationState, toneOf } from "../../components/station_state.tsx";
import type { Visit } from "../../context.ts";
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

/** The plans of all floors with their stations, and in rows of bays what stands on none of them. */
export function FloorPlans(
  { stations, alarms, plan, visit }: {
    stations: readonly StationRow[];
    alarms: readonly AlarmRow[];
    plan: Plan;
    visit: Visit;
  },
) {
  const { language, person } = visit, t = DASHBOARD.in(language);
  if (plan.floors.length === 0) return <Bays stations={stations} language={language} />;
  const placed = new Set(plan.places.map(({ station }) => station));
  const others = stations.filter(({ id }) => !placed.has(id));
  return (
    <>
      <div class="floors">
        {plan.floors.map((floor) => (
          <section>
            <h3>{floor.name}</h3>
            <FloorPicture
              floor={floor}
              marks={marksOf(floor, plan.places, stations, alarms)}
              language={language}
            />
          </section>
        ))}
        <Legend language={language} />
      </div>
      {others.length > 0 && (
        <>
          <p class="floors-rest">
            {t("planRest", { count: others.length })}{" "}
            {person.may(placeStation.needs) && <a href="/plan">{t("planArrange")}</a>}
          </p>
          <Bays stations={others} language={language} />
        </>
      )}
    </>
  );
}

/** What the shapes mean, in words. */
function Legend({ language }: { language: Language }) {
  const t = STATION_STATE.in(language);
  return (
    <ul class="plain legend" aria-label={DASHBOARD.in(language)("planLegend")}>
      <li>
        <State tone="good" icon="plug">{t("connected")}</State>
      </li>
      <li>
        <State tone="bad" icon="unplug">{t("away")}</State>
      </li>
      <li>
        <State tone="off" icon="circle">{t("none")}</State>
      </li>
      <li>
        <State tone="warn" icon="alert">{DASHBOARD.in(language)("planAlarm")}</State>
      </li>
    </ul>
  );
}

/** The garage from above without a plan, each bay with its station. */
function Bays({ stations, language }: { stations: readonly StationRow[]; language: Language }) {
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
