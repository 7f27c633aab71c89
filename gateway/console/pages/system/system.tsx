import { readStatus, type Status } from "../../api/overview.ts";
import { applyReload, makeBackup, planReload, readSupportBundle, type Reload } from "../../api/system.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Facts, Notice, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { SYSTEM } from "./texts.ts";

/** The gateway itself: its parts, backup, configuration, support. */
export const system: Page = {
  path: "/system",
  title: { en: "System", de: "System" },
  nav: { group: "system", icon: "system" },
  needs: readStatus.needs,
  show: async (visit) => {
    const t = SYSTEM.in(visit.language);
    const { person, token } = visit;
    const status = await readStatus.call(person, {});
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")}>
            <State tone={status.ready ? "good" : "bad"}>{t(status.ready ? "ready" : "notReady")}</State>
          </PageHead>
          <Card title={t("workers")} lead={t("workersLead")} flush>
            <WorkerTable visit={visit} status={status} />
          </Card>
          <div class="columns">
            <About visit={visit} status={status} />
            <div class="stack">
              {person.may(planReload.needs) && (
                <Card title={t("reload")} lead={t("reloadLead")}>
                  <Form action="/system/reload/plan" token={token}>
                    <Submit kind="quiet">{t("reloadPlan")}</Submit>
                  </Form>
                </Card>
              )}
              {person.may(makeBackup.needs) && (
                <Card title={t("backup")} lead={t("backupLead")}>
                  <Form action="/system/backup" token={token}>
                    <Submit kind="quiet">{t("backupNow")}</Submit>
                  </Form>
                </Card>
              )}
              {person.may(readSupportBundle.needs) && (
                <Card title={t("support")} lead={t("supportLead")}>
                  <Form action="/system/support" token={token}>
                    <Submit kind="quiet">{t("supportMake")}</Submit>
                  </Form>
                </Card>
              )}
              <Card title={t("api")} lead={t("apiLead")}>
                <a href="/api/v1/openapi.json">{t("apiDocument")}</a>
              </Card>
            </div>
          </div>
        </div>
      ),
    };
  },
  acts: [
    act("/system/backup", makeBackup, (visit, { ok, text }) => ({
      see: "/system",
      flash: {
        tone: ok ? "good" : "bad",
        text: `${SYSTEM.in(visit.language)(ok ? "backupDone" : "backupPart")} ${ok ? "" : text}`.trim(),
      },
    })),
    act("/system/reload/plan", planReload, (visit, reload) => showPlan(visit, reload)),
    act(
      "/system/reload",
      applyReload,
      (visit, reload) =>
        reload.applied
          ? { see: "/system", flash: { tone: "good", text: SYSTEM.in(visit.language)("applied") } }
          : showPlan(visit, reload),
    ),
    act("/system/support", readSupportBundle, (_, bundle) => ({
      file: { name: `bulkhead-support-${bundle.made.replace(/\W/g, "")}.json`, type: "application/json" },
      text: JSON.stringify(bundle, undefined, 1),
    })),
  ],
};

const TONES: Readonly<Record<string, Tone>> = { ok: "good", degraded: "warn", failed: "bad" };

function WorkerTable({ visit, status }: { visit: Visit; status: Status }) {
  const t = SYSTEM.in(visit.language);
  return (
    <Table
      caption={t("workers")}
      rows={Object.entries(status.workers)}
      columns={[
        { head: t("part"), cell: ([name]) => name },
        {
          head: t("state"),
          cell: ([, { state, health }]) => (
            <>
              <State tone={state === "ready" ? TONES[health?.state ?? "ok"] ?? "off" : "bad"}>
                {health?.state ?? state}
              </State>
              {health?.why && <div class="small muted" lang="en">{health.why}</div>}
            </>
          ),
        },
        {
          head: t("listens"),
          cell: ([, { listening = {} }]) => <span class="mono small">{Object.values(listening).join(" ") || "–"}</span>,
        },
        { head: t("restarts"), cell: ([, { restarts }]) => <span class="number">{restarts}</span> },
        {
          head: t("fault"),
          cell: ([, { lastFault }]) => lastFault ? <span lang="en" class="small">{lastFault.slice(0, 160)}</span> : "–",
        },
      ]}
    />
  );
}

function About({ visit, status }: { visit: Visit; status: Status }) {
  const t = SYSTEM.in(visit.language);
  const { version, site, audit, keyStore, outages } = status;
  const modes = Object.entries(outages.modes).map(([csms, mode]) => `${csms}: ${mode}`).join(", ");
  return (
    <Card title={t("about")}>
      <Facts
        rows={[
          [t("site"), `${visit.site.name} (${site})`],
          [t("version"), version],
          [t("audit"), <span class="number">{audit.sequence}</span>],
          [t("rootKey"), <span lang="en">{keyStore.protectedBy}</span>],
          modes ? [t("offline"), modes] : undefined,
          [t("kept"), <span class="number">{outages.messages}</span>],
        ]}
      />
      {keyStore.note && (
        <Notice tone="warn">
          <span lang="en">{keyStore.note}</span>
        </Notice>
      )}
    </Card>
  );
}

function showPlan(visit: Visit, { faults, plan, diff }: Reload): Answer {
  const t = SYSTEM.in(visit.language);
  const isBad = faults.length > 0;
  const isSame = !isBad && diff.length === 0 && plan.length === 0;
  return {
    title: t("planTitle"),
    ...isBad ? { status: 422 as const } : {},
    body: (
      <div class="stack">
        <PageHead title={t("planTitle")} crumb={{ href: "/system", text: t("title") }} />
        {isBad && (
          <Notice tone="bad" live title={t("planFaults")}>
            <ul>
              {faults.map((fault) => (
                <li lang="en">
                  <code>{fault}</code>
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {isSame && <Notice tone="info">{t("planNothing")}</Notice>}
        {diff.length > 0 && (
          <Card title={t("planDiff")}>
            <pre class="diff" tabindex={0}>{diff.map((line) => <DiffLine line={line} />)}</pre>
          </Card>
        )}
        {!isBad && !isSame && (
          <Card title={t("planSteps")}>
            {plan.length === 0
              ? <p class="muted">{t("planNoSteps")}</p>
              : <ul>{plan.map((step) => <li lang="en">{step}</li>)}</ul>}
            <Form action="/system/reload" token={visit.token}>
              <Submit>{t("apply")}</Submit>
            </Form>
          </Card>
        )}
      </div>
    ),
  };
}

/** Its sign says what happened to the line; the colour only helps. */
function DiffLine({ line }: { line: string }) {
  const kind = line.startsWith("+") ? "came" : line.startsWith("-") ? "went" : "same";
  return <span class={kind}>{`${line}\n`}</span>;
}
