import { decideRequest, type RequestRow } from "../../api/access.ts";
import { Field, Form, Submit, TOKEN_FIELD } from "../../components/form.tsx";
import { Card, Empty, State, type Tone } from "../../components/parts.tsx";
import { Ago } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { COMMON } from "../../i18n/common.ts";
import { capabilityWord, deviceRoleWord } from "./grant_words.ts";
import { ACCESS } from "./texts.ts";

/** Who asks for access, and what became of the last ones. */
export function Requests({ visit, rows }: { visit: Visit; rows: readonly RequestRow[] }) {
  const t = ACCESS.in(visit.language);
  const pending = rows.filter(({ state }) => state === "pending");
  const decided = rows.filter(({ state }) => state !== "pending").slice(-5).reverse();
  return (
    <Card title={t("requests")} lead={t("requestsLead")} flush>
      {pending.length === 0 && <Empty icon="inbox" title={t("noRequests")}>{t("noRequestsDo")}</Empty>}
      <ul class="log">
        {pending.map((row) => <PendingRequest visit={visit} row={row} />)}
        {decided.map((row) => (
          <li>
            <Ago at={row.decidedAt ?? row.createdAt} style={visit.time} />
            <div class="what">
              {row.person} {wish(visit, row)}
              <div class="small muted">{[row.decidedBy, row.note].filter((part) => part).join(": ")}</div>
            </div>
            <State tone={DECIDED[row.state]}>{t(`state.${row.state}`)}</State>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const DECIDED: Readonly<Record<RequestRow["state"], Tone>> = {
  approved: "good",
  denied: "bad",
  pending: "info",
  withdrawn: "off",
};

function wish({ language }: Visit, { station, deviceRole, capability, minutes }: RequestRow): string {
  const words = { role: deviceRoleWord(deviceRole, language), capability: capabilityWord(capability, language) };
  return ACCESS.in(language)("wants", { ...words, station, minutes });
}

/** One request that waits, with what can be done about it. `brief`: without a field for a note, where it is replaced alive. */
export function PendingRequest({ visit, row, brief = false }: { visit: Visit; row: RequestRow; brief?: boolean }) {
  return (
    <li>
      <Ago at={row.createdAt} style={visit.time} />
      <div class="what">
        <strong>{row.person}</strong> {wish(visit, row)}
        <div class="small muted">{row.reason}</div>
        <div class="act">
          <Decision visit={visit} row={row} brief={brief} />
        </div>
      </div>
    </li>
  );
}

function Decision({ visit, row, brief }: { visit: Visit; row: RequestRow; brief: boolean }) {
  const t = ACCESS.in(visit.language);
  const base = `/access/requests/${encodeURIComponent(row.id)}`;
  if (row.person === visit.person.session.person) {
    return (
      <Form action={`${base}/withdraw`} token={visit.token}>
        <Submit kind="quiet" small>{t("withdraw")}</Submit>
      </Form>
    );
  }
  if (!visit.person.may(decideRequest.needs)) return null;
  return (
    <form method="post" action={`${base}/decision`}>
      <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
      <div class="fields">
        {!brief && (
          <Field
            name="note"
            scope={row.id}
            label={`${COMMON.in(visit.language)("reason")} (${COMMON.in(visit.language)("optional")})`}
            maxlength={200}
          />
        )}
        <div class="buttons">
          <button type="submit" name="decision" value="approve" class="button small" id={`approve-${row.id}`}>
            {t("approve")}
          </button>
          <button type="submit" name="decision" value="deny" class="button danger small" id={`deny-${row.id}`}>
            {t("deny")}
          </button>
        </div>
      </div>
    </form>
  );
}
