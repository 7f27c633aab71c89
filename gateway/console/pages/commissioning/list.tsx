import { listCommissioning, type ProtocolRow, startCommissioning } from "../../api/commissioning.ts";
import { listStations } from "../../api/stations.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { COMMISSIONING } from "./texts.ts";

const TONES: Readonly<Record<ProtocolRow["state"], Tone>> = {
  "draft": "off",
  "in-progress": "warn",
  "ready": "info",
  "signed": "info",
  "counter-signed": "info",
  "closed": "good",
};

/** The way to one protocol. */
export const bayPath = (bay: string): string => `/commissioning/${encodeURIComponent(bay)}`;

/** State of a protocol: what breaks a line of the maker's guide shows at once. */
export function ProtocolState({ visit, row: { state, faults } }: {
  visit: Visit;
  row: Pick<ProtocolRow, "faults" | "state">;
}) {
  const t = COMMISSIONING.in(visit.language);
  return (
    <>
      <State tone={TONES[state]}>{t(`state.${state}`)}</State>
      {faults.length > 0 && (
        <div class="small">
          <State tone="bad">{[...new Set(faults.map(({ rule }) => rule))].join(", ")}</State>
        </div>
      )}
    </>
  );
}

/** All bays: how far their protocols are, and which have none. */
export const commissioning: Page = {
  path: "/commissioning",
  title: { en: "Commissioning", de: "Inbetriebnahme" },
  nav: { group: "stations", icon: "check" },
  needs: listCommissioning.needs,
  show: async (visit) => {
    const t = COMMISSIONING.in(visit.language), { person } = visit;
    const rows = await listCommissioning.call(person, {});
    const stations = person.may(listStations.needs) ? await listStations.call(person, {}) : [];
    const covered = new Set(rows.flatMap((row) => row.stations));
    const waiting = stations.map(({ id }) => id).filter((id) => !covered.has(id));
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card flush>
            <Table
              caption={t("title")}
              rows={rows}
              empty={<Empty icon="check" title={t("none")}>{t("noneDo")}</Empty>}
              columns={[
                {
                  head: t("bay"),
                  cell: ({ bay, id, stations: own }) => (
                    <>
                      <a href={bayPath(String(id))}>{bay}</a>
                      <div class="small muted">{own.filter((one) => one !== bay).join(", ")}</div>
                    </>
                  ),
                },
                { head: t("state"), cell: (row) => <ProtocolState visit={visit} row={row} /> },
                {
                  head: t("steps"),
                  cell: ({ done, of }) => (
                    <>
                      <progress class="steps" max={of} value={done} aria-label={t("stepsOf", { done, of })} />
                      <div class="small">{t("stepsOf", { done, of })}</div>
                    </>
                  ),
                },
                {
                  head: t("begun"),
                  cell: ({ startedAt, startedBy }) => (
                    <>
                      <Ago at={startedAt} style={visit.time} />
                      <div class="small muted">{startedBy}</div>
                    </>
                  ),
                },
              ]}
            />
          </Card>
          {waiting.length > 0 && person.may(startCommissioning.needs) && (
            <Card title={t("waiting")} lead={t("waitingLead")}>
              <ul class="plain chips">
                {waiting.map((id) => (
                  <li>
                    <Form action={`${bayPath(id)}/start`} token={visit.token} inline>
                      <Submit small kind="quiet">
                        {id} <span class="hidden-visually">{t("start")}</span>
                      </Submit>
                    </Form>
                  </li>
                ))}
              </ul>
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/commissioning/:bay/start", startCommissioning, (visit, { id, bay }) => ({
      see: bayPath(String(id)),
      flash: { tone: "good", text: COMMISSIONING.in(visit.language)("started", { bay }) },
    })),
  ],
};
