import {
  type DeviceSessionRow,
  endDeviceSession,
  joinDeviceSession,
  listDeviceSessions,
  type RequestEvent,
  watchDeviceSession,
} from "../../api/devices.ts";
import { listTunnels } from "../../api/tunnels.ts";
import { Disclosure, Form, Submit, TOKEN_FIELD } from "../../components/form.tsx";
import { Card, Empty, Facts, PageHead, State, Table } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { GatewayError } from "../../../core/errors.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { OpenTunnels } from "../stations/tunnel.tsx";
import { capabilityWord, deviceRoleWord } from "./grant_words.ts";
import { LIVE } from "./live_texts.ts";

const pathOf = (session: string) => `/access/sessions/${encodeURIComponent(session)}`;

/** Who is on a controller's page now, and the tunnels: a part that keeps itself up to date. */
export async function livePart(visit: Visit) {
  const { person, language } = visit;
  const t = LIVE.in(language);
  const [sessions, tunnels] = await Promise.all([
    person.may(listDeviceSessions.needs) ? listDeviceSessions.call(person, {}) : [],
    person.may(listTunnels.needs) ? listTunnels.call(person, {}).then(({ open }) => open) : [],
  ]);
  return (
    <Card title={t("title")} lead={t("lead")} flush>
      {sessions.length === 0 && tunnels.length === 0 && <Empty icon="people" title={t("none")} />}
      <ul class="log narrow">
        {sessions.map((session) => (
          <li>
            <div class="what">
              <strong>{session.person}</strong> · {session.station} · {deviceRoleWord(session.deviceRole, language)}
              {session.watches !== undefined && <State tone="info">{t("looksOn")}</State>}
              <div class="small muted">
                {session.source} · <Ago at={session.lastActivity} style={visit.time} />
              </div>
            </div>
            {person.may(watchDeviceSession.needs) && (
              <a class="button quiet small" id={`watch-${session.id}`} href={pathOf(session.id)}>{t("watch")}</a>
            )}
          </li>
        ))}
      </ul>
      <OpenTunnels visit={visit} rows={tunnels} />
    </Card>
  );
}

/** One live session: what is asked and decided in it, as it happens. */
export const deviceSession: Page = {
  path: "/access/sessions/:session",
  title: { en: "Device session", de: "Gerätesitzung" },
  needs: watchDeviceSession.needs,
  show: async (visit) => {
    const t = LIVE.in(visit.language);
    const crumb = { href: "/access", text: t("toAccess") };
    const session = visit.params["session"]!;
    const watched = await watchIt(visit, session);
    if (!watched) {
      const body = (
        <>
          <PageHead title={t("unknown")} crumb={crumb} />
          <Empty icon="lock" title={t("unknown")}>{t("unknownDo")}</Empty>
        </>
      );
      return { title: t("unknown"), status: 404, body };
    }
    const { person, station } = watched.session;
    const title = t("session", { person, station });
    return {
      title,
      body: (
        <div class="stack">
          <PageHead title={title} crumb={crumb} lead={t("sessionLead")}>
            <Acts visit={visit} session={watched.session} />
          </PageHead>
          <div
            hx-ext="sse"
            sse-connect={`/live/device-session/${encodeURIComponent(session)}`}
            sse-swap="part"
            hx-swap="innerHTML"
          >
            {await sessionPart(visit)}
          </div>
        </div>
      ),
    };
  },
  acts: [
    act("/access/sessions/:session/end", endDeviceSession, (visit) => ({
      see: "/access",
      flash: { tone: "good", text: LIVE.in(visit.language)("ended") },
    })),
    act("/access/sessions/:session/join", joinDeviceSession, (visit, { url }) => {
      const t = LIVE.in(visit.language);
      return {
        go: url,
        title: t("joining", { station: new URL(url).hostname }),
        lead: t("joiningLead"),
        link: t("goOn"),
      };
    }),
  ],
};

function Acts({ visit, session: { id, watches } }: { visit: Visit; session: DeviceSessionRow }) {
  const t = LIVE.in(visit.language);
  return (
    <>
      {watches === undefined && visit.person.may(joinDeviceSession.needs) && (
        <form method="post" action={`${pathOf(id)}/join`} target="_blank" rel="noopener">
          <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
          <button type="submit" class="button quiet" title={t("joinNote")}>{t("join")}</button>
        </form>
      )}
      <Disclosure summary={t("end")} kind="danger">
        <Form action={`${pathOf(id)}/end`} token={visit.token}>
          <Submit kind="danger">{t("end")}</Submit>
        </Form>
      </Disclosure>
    </>
  );
}

/** The part of a session's page that keeps itself up to date. */
export async function sessionPart(visit: Visit) {
  const t = LIVE.in(visit.language);
  const watched = await watchIt(visit, visit.params["session"]!);
  if (!watched) return <Empty icon="lock" title={t("unknown")}>{t("unknownDo")}</Empty>;
  const { session, events } = watched;
  return (
    <div class="columns wide-first">
      <Card title={t("requests")} flush>
        <Requests visit={visit} events={events.toReversed()} />
      </Card>
      <Card title={t("facts")}>
        <Facts
          rows={[
            [t("person"), session.person],
            [t("as"), deviceRoleWord(session.deviceRole, visit.language)],
            [t("grant"), <span class="mono">{session.grant}</span>],
            [t("from"), <span class="mono">{session.source}</span>],
            [t("since"), <Time at={session.since} style={visit.time} />],
            [t("idle"), <Time at={session.idleAt} style={visit.time} />],
            [t("ends"), <Time at={session.endsAt} style={visit.time} />],
          ]}
        />
      </Card>
    </div>
  );
}

function Requests({ visit, events }: { visit: Visit; events: readonly RequestEvent[] }) {
  const t = LIVE.in(visit.language);
  return (
    <Table
      caption={t("requests")}
      rows={events}
      empty={<Empty icon="audit" title={t("noRequests")} />}
      columns={[
        { head: t("time"), tight: true, cell: ({ request }) => <Time at={request.at} style={visit.time} /> },
        {
          head: t("what"),
          cell: ({ request: { method, page, capability, settings, count } }) => (
            <>
              <span class="mono">{method} {page}</span>
              <div class="small muted">
                {capabilityWord(capability as never, visit.language)}
                {count > 1 && ` · ${t("times", { count })}`}
              </div>
              {settings && settings.length > 0 && <div class="small mono">{settings.join(", ")}</div>}
            </>
          ),
        },
        {
          head: t("decision"),
          cell: ({ request: { decision, rule } }) => (
            <>
              <State tone={decision === "allowed" ? "good" : "bad"}>{t(decision)}</State>
              <div class="small mono">{rule}</div>
            </>
          ),
        },
        { head: t("status"), tight: true, cell: ({ request: { status } }) => status === 0 ? t("noAnswer") : status },
        {
          head: t("bytes"),
          tight: true,
          cell: ({ request: { bytesIn, bytesOut } }) => `${bytesIn}, ${bytesOut}`,
        },
      ]}
    />
  );
}

/** The session and what happened in it; undefined when it is over. */
async function watchIt(visit: Visit, session: string) {
  try {
    return await watchDeviceSession.call(visit.person, { session, after: 0 });
  } catch (error) {
    if (error instanceof GatewayError && error.code === "UI_SESSION_UNKNOWN") return undefined;
    throw error;
  }
}
