import type { FloorRow } from "../../api/plan.ts";
import { type Mark, markWords } from "../../components/floor_picture.tsx";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, State, Table } from "../../components/parts.tsx";
import { toneOf } from "../../components/station_state.tsx";
import type { Visit } from "../../context.ts";
import { PLAN } from "./texts.ts";

/** Places in a row that stations begin at, in percent of the width. */
const FIRST_PLACES = 12;

/** The stations of a floor with their places as numbers. */
export function PlaceTable(
  { visit, floor, marks, mayMove }: { visit: Visit; floor: FloorRow; marks: readonly Mark[]; mayMove: boolean },
) {
  const { language } = visit, t = PLAN.in(language);
  return (
    <Card title={t("places", { name: floor.name })} lead={t("placesLead")} flush>
      <Table
        caption={t("places", { name: floor.name })}
        rows={marks}
        empty={<Empty icon="plug" title={t("placesNone")}>{t("placesNoneDo")}</Empty>}
        columns={[
          {
            head: t("station"),
            cell: ({ station: { id } }) => <a href={`/stations/${encodeURIComponent(id)}`}>{id}</a>,
          },
          {
            head: t("state"),
            cell: (mark) => {
              const { tone, icon } = toneOf(mark.station);
              return <State tone={tone} icon={icon}>{markWords(mark, language)}</State>;
            },
          },
          { head: t("place"), cell: (mark) => <PlaceCell visit={visit} floor={floor} mark={mark} mayMove={mayMove} /> },
        ]}
      />
    </Card>
  );
}

function PlaceCell(
  { visit, floor, mark, mayMove }: { visit: Visit; floor: FloorRow; mark: Mark; mayMove: boolean },
) {
  const { token, language } = visit, { station: { id }, place: { x, y } } = mark, t = PLAN.in(language);
  const place = <span id={`place-${id}`}>{x} %, {y} %</span>;
  if (!mayMove) return place;
  return (
    <div class="place">
      {place}
      <Disclosure summary={t("changePlace")} small>
        <Form action="/plan/places" token={token} inline>
          <input type="hidden" name="station" value={id} />
          <input type="hidden" name="floor" value={floor.id} />
          <Percent name="x" label={t("left")} value={x} station={id} />
          <Percent name="y" label={t("above")} value={y} station={id} />
          <Submit small>{t("keep")}</Submit>
        </Form>
        <Form action="/plan/places/remove" token={token} inline>
          <input type="hidden" name="station" value={id} />
          <Submit small kind="quiet">{t("takeOff")}</Submit>
        </Form>
      </Disclosure>
    </div>
  );
}

function Percent({ name, label, value, station }: { name: "x" | "y"; label: string; value: number; station: string }) {
  return (
    <Field name={name} label={label} type="number" value={String(value)} min={0} max={100} step={0.1} scope={station} />
  );
}

/** Stations without a place, each with a button that puts it on this floor. */
export function Unplaced(
  { visit, floor, stations, mayMove }: {
    visit: Visit;
    floor: FloorRow;
    stations: readonly string[];
    mayMove: boolean;
  },
) {
  const t = PLAN.in(visit.language);
  if (stations.length === 0) return null;
  return (
    <Card title={t("unplaced")} lead={t("unplacedLead")}>
      <ul class="plain chips">
        {stations.map((id, at) => (
          <li>
            {!mayMove ? id : (
              <Form action="/plan/places" token={visit.token} inline>
                <input type="hidden" name="station" value={id} />
                <input type="hidden" name="floor" value={floor.id} />
                <input type="hidden" name="x" value={firstPlace(at).x} />
                <input type="hidden" name="y" value={firstPlace(at).y} />
                <Submit small kind="quiet">
                  {id} <span class="hidden-visually">{t("putOn", { name: floor.name })}</span>
                </Submit>
              </Form>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Side by side from the lower left, row above row, so that no station hides another. */
function firstPlace(at: number): { readonly x: string; readonly y: string } {
  const column = at % FIRST_PLACES, row = Math.floor(at / FIRST_PLACES);
  return { x: String(6 + 8 * column), y: String(Math.max(4, 92 - 8 * row)) };
}
