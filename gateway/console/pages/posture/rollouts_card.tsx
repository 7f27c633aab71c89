import type { GoldenStanding } from "../../api/golden.ts";
import { approveRollout, askRollout, cancelRollout, type GoldenRollout, resumeRollout } from "../../api/rollouts.ts";
import { Field, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, State, Table, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { DecidedBy } from "./decided_by.tsx";
import { GOLDEN } from "./golden_texts.ts";

/** Rollouts that are shown; the newest. */
const SHOWN = 20;
/** Stations that are named of one. */
const NAMED = 6;

const TONES: Readonly<Record<GoldenRollout["state"], Tone>> = {
  waits: "warn",
  running: "info",
  stopped: "bad",
  done: "good",
  cancelled: "off",
  expired: "off",
};

/** One approval for all stations of a model: asking for it, and how each stands. */
export function RolloutsCard(
  { visit, rollouts, standings }: {
    visit: Visit;
    rollouts: readonly GoldenRollout[];
    standings: readonly GoldenStanding[];
  },
) {
  const t = GOLDEN.in(visit.language);
  return (
    <Card title={t("rollouts")} lead={t("rolloutsLead")} flush>
      {visit.person.may(askRollout.needs) && <Asks visit={visit} rollouts={rollouts} standings={standings} />}
      <Table
        caption={t("rollouts")}
        rows={rollouts.toReversed().slice(0, SHOWN)}
        empty={<Empty icon="check" title={t("rolloutsNone")}>{t("rolloutsNoneDo")}</Empty>}
        columns={[
          {
            head: t("rollout"),
            cell: ({ id, state, why }) => (
              <>
                <span class="mono">{id}</span> <State tone={TONES[state]}>{t(`rollout.${state}`)}</State>
                {why !== undefined && <div class="small muted" lang="en">{why}</div>}
              </>
            ),
          },
          { head: t("profile"), cell: ({ profile }) => <span class="mono">{profile}</span> },
          {
            head: t("setting"),
            cell: ({ settings }) => (
              <span class="small mono">
                {settings.map(({ id, ways }) => `${id}=${Object.values(ways)[0]?.value ?? ""}`).join(" ")}
              </span>
            ),
          },
          { head: t("stations"), cell: (rollout) => <Progress visit={visit} rollout={rollout} /> },
          {
            head: t("state"),
            cell: (rollout) => <DecidedBy visit={visit} row={rollout} />,
          },
          { head: "", cell: (rollout) => <Decide visit={visit} rollout={rollout} /> },
        ]}
      />
    </Card>
  );
}

/** A form for each profile where something drifted that the gateway may write, and no rollout is open. */
function Asks(
  { visit, rollouts, standings }: {
    visit: Visit;
    rollouts: readonly GoldenRollout[];
    standings: readonly GoldenStanding[];
  },
) {
  const t = GOLDEN.in(visit.language);
  const open = new Set(rollouts.filter(({ state }) => OPEN.includes(state)).map(({ profile }) => profile));
  const drifted = new Map<string, number>();
  for (const { profile, findings } of standings) {
    const isMine = findings.some(({ state, fixedBy }) => state === "drifted" && fixedBy === "gateway");
    if (profile !== undefined && isMine && !open.has(profile)) drifted.set(profile, (drifted.get(profile) ?? 0) + 1);
  }
  if (drifted.size === 0) return null;
  return (
    <div class="padded stack">
      {[...drifted].map(([profile, count]) => (
        <Form action={`/golden/profiles/${encodeURIComponent(profile)}/rollout`} token={visit.token} inline>
          <Field name="reason" label={t("rolloutReason", { profile })} scope={profile} maxlength={500} />
          <Submit kind="quiet">{t("rolloutAsk", { count })}</Submit>
        </Form>
      ))}
    </div>
  );
}

const OPEN: readonly GoldenRollout["state"][] = ["running", "stopped", "waits"];

function Progress({ visit, rollout: { stations, results } }: { visit: Visit; rollout: GoldenRollout }) {
  const t = GOLDEN.in(visit.language);
  const of = (...outcomes: readonly string[]) =>
    stations.filter((station) => outcomes.includes(results[station]?.outcome ?? ""));
  const bad = of("failed"), out = of("left-out"), more = bad.length - NAMED;
  return (
    <span class="small">
      {t("rolloutDone", { done: of("done", "same").length, count: stations.length })}
      {bad.length > 0 && (
        <div>
          <State tone="bad">{t("rolloutFailed", { count: bad.length })}</State>{" "}
          <span class="mono">{bad.slice(0, NAMED).join(" ")}</span>
          {more > 0 && ` +${more}`}
        </div>
      )}
      {out.length > 0 && <div class="muted">{t("rolloutLeftOut", { count: out.length })}</div>}
    </span>
  );
}

function Decide({ visit, rollout: { id, state, madeBy } }: { visit: Visit; rollout: GoldenRollout }) {
  const t = GOLDEN.in(visit.language), { person, token } = visit, at = `/golden/rollouts/${id}`;
  const isOther = person.session.person !== madeBy;
  return (
    <div class="buttons">
      {state === "waits" && isOther && person.may(approveRollout.needs) && (
        <Form action={`${at}/approve`} token={token}>
          <Submit small>{t("approve")}</Submit>
        </Form>
      )}
      {state === "stopped" && isOther && person.may(resumeRollout.needs) && (
        <Form action={`${at}/resume`} token={token}>
          <Submit small>{t("resume")}</Submit>
        </Form>
      )}
      {OPEN.includes(state) && person.may(cancelRollout.needs) && (
        <Form action={`${at}/cancel`} token={token}>
          <Submit kind="quiet" small>{t("cancel")}</Submit>
        </Form>
      )}
    </div>
  );
}
