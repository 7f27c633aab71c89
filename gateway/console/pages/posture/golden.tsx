import {
  approveGoldenFix,
  askGoldenFix,
  cancelGoldenFix,
  type GoldenFix,
  type GoldenStanding,
  listGolden,
  listGoldenFixes,
  undoGoldenFix,
} from "../../api/golden.ts";
import { approveRollout, askRollout, cancelRollout, listRollouts, resumeRollout } from "../../api/rollouts.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import type { Answer, Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { DecidedBy } from "./decided_by.tsx";
import { GOLDEN } from "./golden_texts.ts";
import { RolloutsCard } from "./rollouts_card.tsx";

/** Fixes that are shown; the newest. */
const SHOWN = 50;

/** Every station against the golden configuration of its model, and the fixes. */
export const golden: Page = {
  path: "/golden",
  title: { en: "Golden configuration", de: "Soll-Konfiguration" },
  needs: listGolden.needs,
  show: async (visit) => {
    const t = GOLDEN.in(visit.language), { person } = visit;
    const standings = await listGolden.call(person, {});
    const fixes = person.may(listGoldenFixes.needs) ? await listGoldenFixes.call(person, {}) : [];
    const rollouts = person.may(listRollouts.needs) ? await listRollouts.call(person, {}) : undefined;
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} crumb={{ href: "/posture", text: t("back") }} />
          <Card flush>
            <Standings visit={visit} rows={standings} />
          </Card>
          {rollouts && <RolloutsCard visit={visit} rollouts={rollouts} standings={standings} />}
          <Card title={t("fixes")} flush>
            <Fixes visit={visit} rows={fixes.toReversed().slice(0, SHOWN)} />
          </Card>
        </div>
      ),
    };
  },
  acts: [
    act("/golden/:station/fix", askGoldenFix, (visit, { id, station }) => told(visit, "asked", { id, station })),
    act("/golden/fixes/:fix/approve", approveGoldenFix, (visit, { id, station }) => {
      return told(visit, "approved", { id, station });
    }),
    act("/golden/fixes/:fix/cancel", cancelGoldenFix, (visit, { id, station }) => {
      return told(visit, "cancelled", { id, station });
    }),
    act("/golden/fixes/:fix/undo", undoGoldenFix, (visit, { id, station }) => told(visit, "asked", { id, station })),
    act("/golden/profiles/:profile/rollout", askRollout, (visit, { id }) => told(visit, "asked", { id })),
    act("/golden/rollouts/:rollout/approve", approveRollout, (visit, { id }) => told(visit, "rolloutApproved", { id })),
    act("/golden/rollouts/:rollout/cancel", cancelRollout, (visit, { id }) => told(visit, "cancelled", { id })),
    act("/golden/rollouts/:rollout/resume", resumeRollout, (visit, { id }) => told(visit, "resumed", { id })),
  ],
};

function told(
  visit: Visit,
  word: "approved" | "asked" | "cancelled" | "resumed" | "rolloutApproved",
  params: { readonly id: string; readonly station?: string },
): Answer {
  return { see: "/golden", flash: { tone: "good", text: GOLDEN.in(visit.language)(word, { station: "", ...params }) } };
}

function Standings({ visit, rows }: { visit: Visit; rows: readonly GoldenStanding[] }) {
  const t = GOLDEN.in(visit.language);
  const count = ({ findings }: GoldenStanding, state: string) => findings.filter((one) => one.state === state).length;
  return (
    <Table
      caption={t("title")}
      rows={rows}
      empty={<Empty icon="plug" title={t("none")}>{t("noneDo")}</Empty>}
      columns={[
        {
          head: t("station"),
          cell: ({ station }) => <a href={`/posture/${encodeURIComponent(station)}#golden`}>{station}</a>,
        },
        {
          head: t("profile"),
          cell: ({ profile, title }) =>
            profile
              ? <span class="small" lang="en">{title ?? profile}</span>
              : <span class="muted small">{t("noProfile")}</span>,
        },
        { head: t("same"), cell: (row) => <span class="number">{row.profile ? count(row, "same") : "-"}</span> },
        {
          head: t("drifted"),
          cell: (row) => {
            const drifted = count(row, "drifted");
            if (!row.profile) return <span class="muted">-</span>;
            return <State tone={drifted > 0 ? "bad" : "good"}>{drifted}</State>;
          },
        },
        { head: t("unknown"), cell: (row) => <span class="number">{row.profile ? count(row, "unknown") : "-"}</span> },
        {
          head: t("which"),
          cell: ({ findings }) => {
            const drifted = findings.filter(({ state }) => state === "drifted");
            if (drifted.length === 0) return <span class="muted">-</span>;
            return drifted.map(({ setting }) => (
              <div>
                <code class="small nowrap">{setting}</code>
              </div>
            ));
          },
        },
        {
          head: t("fix"),
          cell: (row) => row.fix ? <FixState visit={visit} fix={row.fix} /> : <AskFix visit={visit} row={row} />,
        },
      ]}
    />
  );
}

const TONES: Readonly<Record<GoldenFix["state"], Tone>> = {
  waits: "warn",
  approved: "info",
  writing: "info",
  restarting: "info",
  done: "good",
  failed: "bad",
  cancelled: "off",
  expired: "off",
};

/** How a fix stands, with a word beside the colour. */
export function FixState({ visit, fix: { id, state } }: { visit: Visit; fix: GoldenFix }) {
  const t = GOLDEN.in(visit.language);
  return (
    <>
      <span class="mono">{id}</span> <State tone={TONES[state]}>{t(`fix.${state}`)}</State>
    </>
  );
}

/** A button that asks for a fix of what drifted and the gateway may write; nothing where there is none. */
export function AskFix({ visit, row, setting }: { visit: Visit; row: GoldenStanding; setting?: string }) {
  const t = GOLDEN.in(visit.language);
  const mine = row.findings.filter(({ setting: id, state, fixedBy }) =>
    state === "drifted" && fixedBy === "gateway" && (setting === undefined || id === setting)
  );
  if (mine.length === 0 || row.fix || !visit.person.may(askGoldenFix.needs)) return <span class="muted">-</span>;
  return (
    <Form action={`/golden/${encodeURIComponent(row.station)}/fix`} token={visit.token}>
      {setting !== undefined && <input type="hidden" name="settings" value={setting} />}
      <Submit kind="quiet" small>{t(setting === undefined ? "askAll" : "askOne")}</Submit>
    </Form>
  );
}

function Fixes({ visit, rows }: { visit: Visit; rows: readonly GoldenFix[] }) {
  const t = GOLDEN.in(visit.language);
  return (
    <Table
      caption={t("fixes")}
      rows={rows}
      empty={<Empty icon="check" title={t("fixesNone")}>{t("fixesNoneDo")}</Empty>}
      columns={[
        {
          head: t("fix"),
          cell: (fix) => (
            <>
              <FixState visit={visit} fix={fix} />
              {fix.why !== undefined && <div class="small muted" lang="en">{fix.why}</div>}
            </>
          ),
        },
        {
          head: t("station"),
          cell: ({ station, undoes }) => (
            <>
              <a href={`/posture/${encodeURIComponent(station)}#golden`}>{station}</a>
              {undoes !== undefined && <div class="small muted">{t("undoes", { id: undoes })}</div>}
            </>
          ),
        },
        {
          head: t("setting"),
          cell: ({ items }) => (
            <span class="small mono">{items.map(({ name, value }) => `${name}=${value}`).join(" ")}</span>
          ),
        },
        {
          head: t("state"),
          cell: (fix) => <DecidedBy visit={visit} row={fix} />,
        },
        { head: "", cell: (fix) => <Decide visit={visit} fix={fix} /> },
      ]}
    />
  );
}

const UNDOABLE: readonly GoldenFix["state"][] = ["done", "failed"];

function Decide({ visit, fix: { id, state, madeBy, items } }: { visit: Visit; fix: GoldenFix }) {
  const t = GOLDEN.in(visit.language), { person, token } = visit, at = `/golden/fixes/${id}`;
  const isOwn = person.session.person === madeBy;
  const hasBefore = items.some(({ before, outcome }) => before !== undefined && outcome === "applied");
  return (
    <div class="buttons">
      {state === "waits" && !isOwn && person.may(approveGoldenFix.needs) && (
        <Form action={`${at}/approve`} token={token}>
          <Submit small>{t("approve")}</Submit>
        </Form>
      )}
      {(state === "waits" || state === "approved") && person.may(cancelGoldenFix.needs) && (
        <Form action={`${at}/cancel`} token={token}>
          <Submit kind="quiet" small>{t("cancel")}</Submit>
        </Form>
      )}
      {UNDOABLE.includes(state) && hasBefore && person.may(undoGoldenFix.needs) && (
        <Form action={`${at}/undo`} token={token}>
          <Submit kind="quiet" small>{t("undo")}</Submit>
        </Form>
      )}
    </div>
  );
}
