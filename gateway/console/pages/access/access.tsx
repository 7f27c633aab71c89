import {
  addGrant,
  addRequest,
  decideRequest,
  endLease,
  type LeaseRow,
  listGrants,
  listLeases,
  listRequests,
  removeGrant,
  withdrawRequest,
} from "../../api/access.ts";
import { listTokens, revokeToken } from "../../api/people.ts";
import { listRecordings } from "../../api/recordings.ts";
import { Disclosure, Form, Submit } from "../../components/form.tsx";
import { Card, Empty, PageHead } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { act } from "../act.ts";
import type { Page } from "../page.ts";
import { TokensCard } from "../account/tokens.tsx";
import { AskForm } from "./ask_form.tsx";
import { GrantForm } from "./grant_form.tsx";
import { livePart } from "./live_sessions.tsx";
import { GrantTable } from "./grant_table.tsx";
import { deviceRoleWord } from "./grant_words.ts";
import { Requests } from "./requests.tsx";
import { RECORDINGS } from "./recordings.tsx";
import { ACCESS } from "./texts.ts";

const good = (text: string) => ({ see: "/access", flash: { tone: "good" as const, text } });

/** Who may open which controller's page, who asks for it, and who does now. */
export const access: Page = {
  path: "/access",
  title: { en: "Access", de: "Zugang" },
  nav: { group: "security", icon: "key" },
  show: async (visit) => {
    const t = ACCESS.in(visit.language);
    const { person } = visit;
    const [requests, leases] = await Promise.all([
      person.may(listRequests.needs) ? listRequests.call(person, {}) : [],
      person.may(listLeases.needs) ? listLeases.call(person, {}) : [],
    ]);
    return {
      title: t("title"),
      body: (
        <div class="stack">
          <PageHead title={t("title")} lead={t("lead")}>
            {person.may(listRecordings.needs) && (
              <a class="button quiet" href="/access/recordings">{RECORDINGS.in(visit.language)("title")}</a>
            )}
          </PageHead>
          <div class="columns wide-first">
            <Requests visit={visit} rows={requests} />
            <div class="stack">
              <div hx-ext="sse" sse-connect="/live/device-sessions" sse-swap="part" hx-swap="innerHTML">
                {await livePart(visit)}
              </div>
              <Open visit={visit} rows={leases} />
            </div>
          </div>
          {person.may(addRequest.needs) && <AskForm visit={visit} />}
          {person.session.roles.includes("administrator") && (
            <TokensCard visit={visit} rows={await listTokens.call(person, {})} of="all" />
          )}
          {person.may(listGrants.needs) && <GrantTable visit={visit} />}
          {person.may(addGrant.needs) && <GrantForm visit={visit} />}
        </div>
      ),
    };
  },
  acts: [
    act("/access/requests", addRequest, (visit) => good(ACCESS.in(visit.language)("asked"))),
    act("/access/requests/:id/decision", decideRequest, (visit, { state, person, station, minutes }) => {
      const t = ACCESS.in(visit.language);
      return good(state === "approved" ? t("approved", { person, station, minutes }) : t("denied"));
    }),
    act("/access/requests/:id/withdraw", withdrawRequest, (visit) => good(ACCESS.in(visit.language)("withdrawn"))),
    act("/access/open/:id/end", endLease, (visit) => good(ACCESS.in(visit.language)("closed"))),
    act("/access/tokens/:id/revoke", revokeToken, (visit) => good(ACCESS.in(visit.language)("tokenRevoked"))),
    act("/access/grants", addGrant, (visit, { id }) => good(ACCESS.in(visit.language)("added", { id }))),
    act(
      "/access/grants/:id/remove",
      removeGrant,
      (visit, _, { id }) => good(ACCESS.in(visit.language)("removed", { id })),
    ),
  ],
};

function Open({ visit, rows }: { visit: Visit; rows: readonly LeaseRow[] }) {
  const t = ACCESS.in(visit.language);
  return (
    <Card title={t("open")} lead={t("openLead")} flush>
      {rows.length === 0 ? <Empty icon="lock" title={t("noOpen")} /> : (
        <ul class="log narrow">
          {rows.map((row) => (
            <li>
              <div class="what">
                <strong>{row.person}</strong> · {row.station} · {deviceRoleWord(row.deviceRole, visit.language)}
                <div class="small muted">
                  {row.reason} · {t("until")} <Time at={row.until} style={visit.time} />
                </div>
              </div>
              <Disclosure summary={t("close")} small kind="danger">
                <Form action={`/access/open/${encodeURIComponent(row.id)}/end`} token={visit.token}>
                  <Submit kind="danger" small>{t("close")}</Submit>
                </Form>
              </Disclosure>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
