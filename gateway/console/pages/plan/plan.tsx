import {
  type FloorRow,
  placeStation,
  type Plan,
  readPlan,
  readPlanPicture,
  removeFloor,
  setFloor,
  unplaceStation,
} from "../../api/plan.ts";
import { listStations, type StationRow } from "../../api/stations.ts";
import { listAlarms } from "../../api/overview.ts";
import { FloorPicture, marksOf } from "../../components/floor_picture.tsx";
import { Card, Empty, PageHead } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { AddFloor, ChangeFloor } from "./floor_forms.tsx";
import { PlaceTable, Unplaced } from "./places.tsx";
import { PLAN } from "./texts.ts";

const back = (floor: string, text: string): Answer => ({
  see: `/plan?floor=${encodeURIComponent(floor)}`,
  flash: { tone: "good", text },
});

/** The page that brings floor plans and says where stations stand. */
export const plan: Page = {
  path: "/plan",
  title: { en: "Floor plans", de: "Grundrisse" },
  nav: { group: "stations", icon: "plan" },
  needs: readPlan.needs,
  show: async (visit) => {
    const t = PLAN.in(visit.language);
    const all = await readPlan.call(visit.person, {});
    const wanted = visit.query.get("floor");
    const floor = all.floors.find(({ id }) => id === wanted) ?? all.floors[0];
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")}>
            {floor && <a class="button quiet" href="/">{t("onDashboard")}</a>}
          </PageHead>
          {!floor && (
            <Card>
              <Empty icon="plan" title={t("none")}>{t("noneDo")}</Empty>
            </Card>
          )}
          {all.floors.length > 1 && floor && <Floors floors={all.floors} current={floor} label={t("floors")} />}
          {floor && await arrangeFloor(visit, all, floor)}
          {visit.person.may(setFloor.needs) && <AddFloor visit={visit} />}
        </div>
      ),
    };
  },
  acts: [
    act("/plan/floors", setFloor, (visit, { id, name }) => back(id, PLAN.in(visit.language)("saved", { name }))),
    act("/plan/floors/remove", removeFloor, (visit) => ({
      see: "/plan",
      flash: { tone: "good", text: PLAN.in(visit.language)("removed") },
    })),
    act(
      "/plan/places",
      placeStation,
      (visit, { station, floor }) => back(floor, PLAN.in(visit.language)("placed", { station })),
    ),
    act("/plan/places/remove", unplaceStation, (visit, { station }) => ({
      see: "/plan",
      flash: { tone: "good", text: PLAN.in(visit.language)("takenOff", { station }) },
    })),
  ],
};

/** The picture of a floor, for the pages that show it. */
export const planPicture: Page = {
  path: "/plan/floors/:floor/picture",
  title: plan.title,
  needs: readPlanPicture.needs,
  show: async ({ person, params }) => {
    const { base64, type, sha256 } = await readPlanPicture.call(person, { floor: params["floor"]! });
    return { picture: { bytes: Uint8Array.fromBase64(base64), type, tag: sha256 } };
  },
};

function Floors({ floors, current, label }: { floors: readonly FloorRow[]; current: FloorRow; label: string }) {
  return (
    <nav class="tabs" aria-label={label}>
      {floors.map(({ id, name }) => (
        <a href={`/plan?floor=${encodeURIComponent(id)}`} aria-current={id === current.id ? "page" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

async function arrangeFloor(visit: Visit, all: Plan, floor: FloorRow) {
  const { person, language } = visit, t = PLAN.in(language);
  const ask = async <T,>(needs: string, what: () => Promise<readonly T[]>): Promise<readonly T[]> =>
    person.may(needs) ? await what() : [];
  const stations = await ask<StationRow>(listStations.needs, () => listStations.call(person, {}));
  const alarms = await ask(listAlarms.needs, () => listAlarms.call(person, {}));
  const marks = marksOf(floor, all.places, stations, alarms);
  const mayMove = person.may(placeStation.needs);
  const arrange = {
    "data-floor": floor.id,
    "data-token": visit.token,
    "data-moved": t("moved"),
    "data-fault": t("movedFault"),
    "data-away": t("movedAway"),
  } as const;
  return (
    <>
      <Card
        title={floor.name}
        {...mayMove && marks.length > 0 ? { lead: <span id="arrange-hint">{t("arrangeLead")}</span> } : {}}
      >
        <FloorPicture floor={floor} marks={marks} language={language} {...mayMove ? { arrange } : {}} />
        <p class="small muted" role="status" id="arrange-said"></p>
      </Card>
      <PlaceTable visit={visit} floor={floor} marks={marks} mayMove={mayMove} />
      <Unplaced visit={visit} floor={floor} stations={all.unplaced} mayMove={mayMove} />
      {person.may(setFloor.needs) && <ChangeFloor visit={visit} floor={floor} />}
    </>
  );
}
