import {
  type DecommissionRow,
  type ErasedRow,
  listDecommissions,
  readErasureCertificate,
  readmitStation,
  startDecommission,
} from "../../api/decommission.ts";
import { Disclosure, Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { DECOMMISSION } from "./texts.ts";

/** The way to a station that leaves. */
export const leavingPath = (station: string): string => `/decommissioning/${encodeURIComponent(station)}`;

/** Stations that leave, those that have left with their certificates, and the form that begins. */
export const decommissioning: Page = {
  path: "/decommissioning",
  title: { en: "Decommissioning", de: "Außerbetriebnahme" },
  nav: { group: "stations", icon: "arrow" },
  needs: listDecommissions.needs,
  show: async (visit) => {
    const t = DECOMMISSION.in(visit.language);
    const { running, over } = await listDecommissions.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          <Card title={t("running")} flush>
            <Leaving visit={visit} rows={running} />
          </Card>
          {visit.person.may(startDecommission.needs) && <Begin visit={visit} />}
          {over.length > 0 && (
            <Card title={t("over")} flush>
              <Gone visit={visit} rows={over} />
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/decommissioning", startDecommission, (visit, { station }) => ({
      see: leavingPath(station),
      flash: { tone: "good", text: DECOMMISSION.in(visit.language)("begun", { station }) },
    })),
    act("/decommissioning/:station/readmit", readmitStation, (visit, { station }) => ({
      see: "/decommissioning",
      flash: { tone: "good", text: DECOMMISSION.in(visit.language)("readmitted", { station }) },
    })),
  ],
};

/** The signed certificate, for the browser to keep. */
export const erasureCertificate: Page = {
  path: "/decommissioning/certificates/:name",
  title: { en: "Certificate of erasure", de: "Löschbescheinigung" },
  needs: readErasureCertificate.needs,
  show: async ({ person, params }) => {
    const { number, station, file } = await readErasureCertificate.call(person, { name: params["name"] ?? "" });
    const name = `${number}-${station.replace(/[^\w.-]/g, "_")}.erased.json`;
    return { file: { name, type: "application/json" }, text: file };
  },
};

function Leaving({ visit, rows }: { visit: Visit; rows: readonly DecommissionRow[] }) {
  const t = DECOMMISSION.in(visit.language);
  return (
    <Table
      caption={t("running")}
      rows={rows}
      empty={<Empty icon="check" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ station, number, reason }) => (
            <>
              <a href={leavingPath(station)}>{station}</a>
              <div class="small muted">{`${number}: ${reason}`}</div>
            </>
          ),
        },
        { head: t("next"), cell: ({ next }) => next && <State tone="warn">{t(`step.${next}`)}</State> },
        { head: t("waitsFor"), cell: ({ why }) => <span class="small" lang="en">{why ?? ""}</span> },
        {
          head: t("since"),
          cell: ({ startedAt, by }) => (
            <>
              <Ago at={startedAt} style={visit.time} />
              <div class="small muted">{by}</div>
            </>
          ),
        },
      ]}
    />
  );
}

function Begin({ visit }: { visit: Visit }) {
  const t = DECOMMISSION.in(visit.language);
  return (
    <Card title={t("begin")} lead={t("beginLead")}>
      <Disclosure summary={t("begin")} kind="danger">
        <Form action="/decommissioning" token={visit.token}>
          <Field
            name="station"
            label={t("typed")}
            hint={t("typedHint")}
            required
            maxlength={48}
            autocomplete="off"
            mono
          />
          <Field name="reason" label={t("reason")} hint={t("reasonHint")} required maxlength={300} scope="begin" />
          <Submit kind="danger">{t("begin")}</Submit>
        </Form>
      </Disclosure>
    </Card>
  );
}

function Gone({ visit, rows }: { visit: Visit; rows: readonly ErasedRow[] }) {
  const t = DECOMMISSION.in(visit.language), { person } = visit;
  return (
    <Table
      caption={t("over")}
      rows={rows}
      columns={[
        { head: t("station"), cell: ({ station }) => station },
        { head: t("number"), cell: ({ number }) => <span class="mono">{number}</span> },
        { head: t("when"), cell: ({ at }) => <Time at={at} style={visit.time} /> },
        {
          head: t("paper"),
          cell: ({ number }) =>
            person.may(readErasureCertificate.needs) && (
              <a class="button quiet small" href={`/decommissioning/certificates/${number}`}>
                {t("certificate")} <span class="hidden-visually">{number}</span>
              </a>
            ),
        },
        {
          head: t("act"),
          cell: ({ station, number }) =>
            person.may(readmitStation.needs) && (
              <Disclosure summary={t("readmit")} small>
                <p class="small">{t("readmitLead")}</p>
                <Form action={`${leavingPath(station)}/readmit`} token={visit.token}>
                  <Field name="reason" label={t("reason")} required maxlength={300} scope={number} />
                  <Submit small>{t("readmit")}</Submit>
                </Form>
              </Disclosure>
            ),
        },
      ]}
    />
  );
}
