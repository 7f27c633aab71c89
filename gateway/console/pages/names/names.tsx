import { type DeniedRow, type DnsStatus, forgetDeniedNames, listDeniedNames, readDnsStatus } from "../../api/names.ts";
import { Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead, State, Table, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { NAMES } from "./texts.ts";

/** Names of the OT side: what was refused and how to allow it, what is allowed, who is asked. */
export const names: Page = {
  path: "/names",
  title: { en: "Names (DNS)", de: "Namen (DNS)" },
  nav: { group: "network", icon: "link" },
  needs: listDeniedNames.needs,
  show: async (visit) => {
    const t = NAMES.in(visit.language);
    const station = visit.query.get("station") ?? undefined;
    const [denied, status] = await Promise.all([
      listDeniedNames.call(visit.person, station === undefined ? {} : { station }),
      visit.person.may(readDnsStatus.needs) ? readDnsStatus.call(visit.person, {}) : undefined,
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")} />
          {status?.mode === "observe" && <State tone="warn">{t("observe")}</State>}
          <Card title={t("denied")} lead={t("deniedLead")} flush aside={<Forget visit={visit} rows={denied} />}>
            <Denied visit={visit} rows={denied} />
          </Card>
          {status && (
            <>
              <Card title={t("allowed")} lead={t("allowedLead")} flush>
                <Allowed visit={visit} status={status} />
              </Card>
              <Card title={t("upstreams")} lead={t("kept", { count: status.cache.entries })} flush>
                <Upstreams visit={visit} status={status} />
              </Card>
            </>
          )}
        </div>
      ),
    };
  },
  acts: [
    act("/names/forget", forgetDeniedNames, (visit) => ({
      see: "/names",
      flash: { tone: "good", text: NAMES.in(visit.language)("forgotten") },
    })),
  ],
};

function Forget({ visit, rows }: { visit: Visit; rows: readonly DeniedRow[] }) {
  if (rows.length === 0 || !visit.person.may(forgetDeniedNames.needs)) return null;
  return (
    <Form action="/names/forget" token={visit.token}>
      <Submit kind="quiet" small>{NAMES.in(visit.language)("forget")}</Submit>
    </Form>
  );
}

function Denied({ visit, rows }: { visit: Visit; rows: readonly DeniedRow[] }) {
  const t = NAMES.in(visit.language);
  return (
    <Table
      caption={t("denied")}
      rows={rows}
      empty={<Empty icon="check" title={t("noDenied")}>{t("noDeniedDo")}</Empty>}
      columns={[
        {
          head: t("client"),
          cell: ({ client, isStation }) =>
            isStation ? <a href={`/stations/${encodeURIComponent(client)}`}>{client}</a> : (
              <>
                <span class="mono">{client}</span>
                <div class="small muted">{t("stranger")}</div>
              </>
            ),
        },
        {
          head: t("name"),
          cell: ({ name, types }) => (
            <>
              <span class="mono">{name}</span>
              <div class="small muted">{types.join(", ")}</div>
            </>
          ),
        },
        { head: t("asked"), cell: ({ count }) => <span class="number">{count}</span> },
        { head: t("lastSeen"), cell: ({ lastAt }) => <Ago at={lastAt} style={visit.time} /> },
        {
          head: t("howToAllow"),
          cell: ({ howToAllow, rule, observed }) => (
            <>
              <span class="small" lang="en">{howToAllow}</span>
              <div class="small muted">
                {t("rule")}: <code>{rule}</code>
                {observed && <State tone="info">{t("tried")}</State>}
              </div>
            </>
          ),
        },
      ]}
    />
  );
}

const EFFECT_TONES: Readonly<Record<DnsStatus["names"][number]["effect"], Tone>> = {
  allow: "good",
  answer: "info",
  deny: "bad",
};

function Allowed({ visit, status }: { visit: Visit; status: DnsStatus }) {
  const t = NAMES.in(visit.language);
  return (
    <Table
      caption={t("allowed")}
      rows={status.names}
      empty={<Empty icon="lock" title={t("noAllowed")}>{t("noAllowedDo")}</Empty>}
      columns={[
        { head: t("name"), cell: ({ name }) => <span class="mono">{name}</span> },
        {
          head: t("effect"),
          cell: ({ effect, answer }) => (
            <>
              <State tone={EFFECT_TONES[effect]}>{t(`effect.${effect}`)}</State>
              {answer !== "" && <div class="small mono">{answer}</div>}
            </>
          ),
        },
        { head: t("who"), cell: ({ who }) => who === "" ? t("everybody") : <span lang="en">{who}</span> },
        { head: t("rule"), cell: ({ rule }) => <code>{rule}</code> },
      ]}
    />
  );
}

const STATE_TONES: Readonly<Record<DnsStatus["upstreams"][number]["state"], Tone>> = {
  ok: "good",
  away: "bad",
  unused: "off",
};

function Upstreams({ visit, status }: { visit: Visit; status: DnsStatus }) {
  const t = NAMES.in(visit.language);
  return (
    <Table
      caption={t("upstreams")}
      rows={status.upstreams}
      empty={<Empty icon="link" title={t("noUpstream")}>{t("noUpstreamDo")}</Empty>}
      columns={[
        { head: t("server"), cell: ({ id }) => <span class="mono">{id}</span> },
        { head: t("by"), cell: ({ kind }) => kind === "https" ? t("by.https") : t("by.tls") },
        { head: t("state"), cell: ({ state }) => <State tone={STATE_TONES[state]}>{t(`state.${state}`)}</State> },
      ]}
    />
  );
}
