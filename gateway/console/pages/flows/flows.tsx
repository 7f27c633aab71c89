import {
  applySegmentation,
  closeMaintenance,
  confirmSegmentation,
  planSegmentation,
  readSegmentation,
  type SegmentationView,
  undoSegmentation,
} from "../../api/segmentation.ts";
import { Disclosure, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, Notice, PageHead, State, Table } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { FlowMatrix, FlowTable } from "./flow_tables.tsx";
import { FLOWS } from "./texts.ts";

/** What may pass between zones: the state of the rules, the matrix, what was refused and how to allow it. */
export const flows: Page = {
  path: "/flows",
  title: { en: "Flows", de: "Flüsse" },
  nav: { group: "network", icon: "link" },
  needs: readSegmentation.needs,
  show: async (visit) => {
    const t = FLOWS.in(visit.language);
    const view = await readSegmentation.call(visit.person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          {view.isOn ? <Parts visit={visit} view={view} plan={await planOf(visit, view)} /> : (
            <Card>
              <Empty icon="link" title={t("off")}>{t("offDo")}</Empty>
            </Card>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/flows/apply", applySegmentation, (visit, { applied }) => ({
      see: "/flows",
      flash: { tone: applied ? "warn" : "good", text: FLOWS.in(visit.language)(applied ? "applied" : "nothing") },
    })),
    act("/flows/confirm", confirmSegmentation, (visit) => ({
      see: "/flows",
      flash: { tone: "good", text: FLOWS.in(visit.language)("confirmed") },
    })),
    act("/flows/undo", undoSegmentation, (visit) => ({
      see: "/flows",
      flash: { tone: "good", text: FLOWS.in(visit.language)("undoneNow") },
    })),
    act("/flows/openings/:station/close", closeMaintenance, (visit) => ({
      see: "/flows",
      flash: { tone: "good", text: FLOWS.in(visit.language)("closed") },
    })),
  ],
};

type Plan = Awaited<ReturnType<typeof planSegmentation.call>>;

/** The plan is made only where there is something to decide: it has the kernel try the rules out. */
async function planOf(visit: Visit, view: SegmentationView): Promise<Plan | undefined> {
  const isWanted = view.differs && view.state.pending === undefined && visit.person.may(planSegmentation.needs);
  return isWanted ? await planSegmentation.call(visit.person, {}) : undefined;
}

function Parts({ visit, view, plan }: { visit: Visit; view: SegmentationView; plan: Plan | undefined }) {
  const t = FLOWS.in(visit.language);
  return (
    <>
      <Card title={t("state")}>
        <Rules visit={visit} view={view} plan={plan} />
      </Card>
      <Card title={t("denied")} lead={t("deniedLead")} flush>
        <Denied visit={visit} view={view} />
      </Card>
      <Card title={t("matrix")} lead={t("matrixLead")} flush>
        <FlowMatrix visit={visit} view={view} />
      </Card>
      <Card title={t("openings")} flush>
        <Openings visit={visit} view={view} />
      </Card>
      <Card title={t("flows")} flush>
        <FlowTable visit={visit} rows={view.flows} />
      </Card>
    </>
  );
}

function Rules({ visit, view, plan }: { visit: Visit; view: SegmentationView; plan: Plan | undefined }) {
  const t = FLOWS.in(visit.language);
  const { pending, confirmed, isLoaded, undone } = view.state;
  const may = (needs: string) => visit.person.may(needs);
  return (
    <div class="stack">
      <div>
        {pending
          ? <State tone="warn">{t("waits", { seconds: pending.secondsLeft })}</State>
          : confirmed === undefined
          ? <State tone="warn">{t("none")}</State>
          : isLoaded
          ? <State tone="good">{t("inForce")}</State>
          : <State tone="bad">{t("missing")}</State>}
      </div>
      {pending && <p>{t("waitsLead")}</p>}
      {undone && (
        <p class="small muted">
          {t("undone", { why: "" })}
          <span lang="en">{undone.why}</span>, <Time at={undone.at} style={visit.time} />
        </p>
      )}
      {pending && may(confirmSegmentation.needs) && (
        <Form action="/flows/confirm" token={visit.token} inline>
          <Submit>{t("confirm")}</Submit>
        </Form>
      )}
      {pending && may(undoSegmentation.needs) && (
        <Form action="/flows/undo" token={visit.token} inline>
          <Submit kind="quiet">{t("undo")}</Submit>
        </Form>
      )}
      {plan && <PlanView visit={visit} plan={plan} />}
      {!pending && view.differs && may(applySegmentation.needs) && (
        <Form action="/flows/apply" token={visit.token} inline>
          <Submit>{t("apply")}</Submit>
        </Form>
      )}
    </div>
  );
}

function PlanView({ visit, plan }: { visit: Visit; plan: Plan }) {
  const t = FLOWS.in(visit.language);
  return (
    <>
      <Notice tone="info" title={t("differs")}>
        {t("added")}: {plan.added.length} · {t("removed")}: {plan.removed.length}
      </Notice>
      {plan.dryRun !== "ok" && (
        <Notice tone="bad">
          <span lang="en">{plan.dryRun}</span>
        </Notice>
      )}
      {plan.warnings.map((warning) => (
        <Notice tone="warn">
          <span lang="en">{warning}</span>
        </Notice>
      ))}
      {plan.added.length > 0 && (
        <Disclosure summary={`${t("added")} (${plan.added.length})`}>
          <FlowTable visit={visit} rows={plan.added} />
        </Disclosure>
      )}
      {plan.removed.length > 0 && (
        <Disclosure summary={`${t("removed")} (${plan.removed.length})`}>
          <FlowTable visit={visit} rows={plan.removed} />
        </Disclosure>
      )}
    </>
  );
}

function Denied({ visit, view }: { visit: Visit; view: SegmentationView }) {
  const t = FLOWS.in(visit.language);
  return (
    <Table
      caption={t("denied")}
      rows={view.denied}
      empty={<Empty icon="check" title={t("deniedNone")}>{t("deniedNoneDo")}</Empty>}
      columns={[
        { head: t("from"), cell: ({ from }) => <span class="mono">{from}</span> },
        { head: t("to"), cell: ({ to }) => <span class="mono">{to}</span> },
        { head: t("what"), tight: true, cell: ({ what }) => <span class="mono">{what}</span> },
        { head: t("packets"), cell: ({ packets }) => <span class="number">{packets}</span> },
        { head: t("last"), cell: ({ lastAt }) => <Ago at={lastAt} style={visit.time} /> },
        {
          head: t("allow"),
          cell: ({ rule, allow }) => (
            <>
              <code>{allow}</code>
              <div class="small muted">{rule}</div>
            </>
          ),
        },
      ]}
    />
  );
}

function Openings({ visit, view }: { visit: Visit; view: SegmentationView }) {
  const t = FLOWS.in(visit.language);
  return (
    <Table
      caption={t("openings")}
      rows={view.openings}
      empty={<Empty icon="lock" title={t("openNone")}>{t("openNoneDo")}</Empty>}
      columns={[
        { head: t("station"), cell: ({ stationId }) => stationId },
        { head: t("what"), tight: true, cell: ({ port }) => <span class="mono">tcp/{port}</span> },
        { head: t("from"), cell: ({ source }) => <span class="mono">{source}</span> },
        { head: t("by"), cell: ({ by, reason }) => `${by}: ${reason}` },
        { head: t("until"), cell: ({ until }) => <Time at={until} style={visit.time} /> },
        {
          head: "",
          cell: ({ stationId }) =>
            visit.person.may(closeMaintenance.needs) && (
              <Form action={`/flows/openings/${encodeURIComponent(stationId)}/close`} token={visit.token}>
                <Submit kind="quiet" small>{t("close")}</Submit>
              </Form>
            ),
        },
      ]}
    />
  );
}
