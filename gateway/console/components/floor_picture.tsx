import type { Child } from "hono/jsx";
import type { AlarmRow } from "../api/overview.ts";
import type { FloorRow, PlaceRow } from "../api/plan.ts";
import type { StationRow } from "../api/stations.ts";
import { defineTexts, type Language } from "../i18n/language.ts";
import { IconLines } from "./icon.tsx";
import type { Tone } from "./parts.tsx";
import { STATION_STATE, toneOf } from "./station_state.tsx";

/** Words on a floor plan. */
export const FLOOR_PICTURE = defineTexts("floor-picture", {
  plan: "Plan of {name}",
  stations: "Stations on the plan of {name}",
  alarm: "1 alarm",
  alarms: "{count} alarms",
}, {
  plan: "Grundriss von {name}",
  stations: "Stationen auf dem Grundriss von {name}",
  alarm: "1 Alarm",
  alarms: "{count} Alarme",
});

/** One station on a plan. */
export interface Mark {
  readonly station: StationRow;
  readonly place: PlaceRow;
  readonly alarms: number;
}

/** What stands on one floor. Alarms of a station are those about it, or about something of it ("CP001 EV-23"). */
export function marksOf(
  floor: FloorRow,
  places: readonly PlaceRow[],
  stations: readonly StationRow[],
  alarms: readonly AlarmRow[],
): readonly Mark[] {
  return places.filter((place) => place.floor === floor.id).flatMap((place) => {
    const station = stations.find(({ id }) => id === place.station);
    if (!station) return [];
    const own = alarms.filter(({ subject, state }) => state !== "cleared" && subject.split(" ")[0] === station.id);
    return [{ station, place, alarms: own.length }];
  });
}

/** A plan with its stations. Each is a shape, a drawing and its name, so that colour says nothing alone. */
export function FloorPicture(
  { floor, marks, language, arrange }: {
    floor: FloorRow;
    marks: readonly Mark[];
    language: Language;
    /** The stations are to be moved: they lead nowhere, and a script makes them movable. */
    arrange?: Readonly<Record<`data-${string}`, string>>;
  },
) {
  const t = FLOOR_PICTURE.in(language), { id, name, picture } = floor;
  return (
    <div class="floor" {...arrange}>
      <img
        id={`floor-${id}-${picture.sha256.slice(0, 8)}`}
        hx-preserve="true"
        src={`/plan/floors/${id}/picture?v=${picture.sha256.slice(0, 16)}`}
        width={picture.width}
        height={picture.height}
        alt={t("plan", { name })}
        draggable={false}
      />
      <svg class="marks" role="group" aria-label={t("stations", { name })}>
        {marks.map((mark) => <MarkAt mark={mark} language={language} moves={arrange !== undefined} />)}
      </svg>
    </div>
  );
}

/** How a station stands, its alarms too, in words. */
export function markWords({ station, alarms }: Mark, language: Language): string {
  const state = STATION_STATE.in(language)(toneOf(station).word), t = FLOOR_PICTURE.in(language);
  const warned = alarms === 0 ? [] : [alarms === 1 ? t("alarm") : t("alarms", { count: alarms })];
  return [state, ...warned].join(", ");
}

/** The place is in percent and the mark in pixels: a nested svg has both without a style of its own. */
function MarkAt({ mark, language, moves }: { mark: Mark; language: Language; moves: boolean }) {
  const { station: { id }, place: { x, y } } = mark;
  const words = `${id}: ${markWords(mark, language)}`;
  const drawn = (
    <>
      <MarkShape mark={mark} />
      <text y="26" aria-hidden="true">{id}</text>
    </>
  );
  return (
    <svg class={`mark ${toneOf(mark.station).tone}`} x={`${x}%`} y={`${y}%`} data-station={id}>
      {moves
        ? <g class="handle" aria-label={words} data-x={x} data-y={y}>{drawn}</g>
        : <a id={`mark-${id}`} href={`/stations/${encodeURIComponent(id)}`} aria-label={words}>{drawn}</a>}
    </svg>
  );
}

const SHAPES: Readonly<Record<Tone, Child>> = {
  good: <circle class="shape" r="13" />,
  warn: <path class="shape" d="M0-15 15 12H-15z" />,
  bad: <path class="shape" d="M0-16 16 0 0 16-16 0z" />,
  info: <circle class="shape" r="13" />,
  off: <rect class="shape" x="-12" y="-12" width="24" height="24" rx="3" />,
};

function MarkShape({ mark: { station, alarms } }: { mark: Mark }) {
  const { tone, icon } = toneOf(station);
  return (
    <>
      {SHAPES[tone]}
      <g class="drawing" transform="translate(-8 -8) scale(0.667)">
        <IconLines name={icon} />
      </g>
      {alarms > 0 && (
        <g class="warned" transform="translate(12 -12)">
          <path d="M0-9 9 7H-9z" />
          <path class="bang" d="M0-3v5M0 4.500v.2" />
        </g>
      )}
    </>
  );
}
