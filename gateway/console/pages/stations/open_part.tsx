import { type LeaseRow, listLeases, listRequests, type RequestRow } from "../../api/access.ts";
import { TOKEN_FIELD } from "../../components/form.tsx";
import { Notice } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { deviceRoleWord } from "../access/grant_words.ts";
import { PAGES_TEXTS } from "./pages_texts.ts";

/**
 * What stands open to this person at a station, and what became of the last request: it keeps itself up to date, so that
 * who asked sees the approval and opens the page with one click.
 */
export async function openPart(visit: Visit) {
  const { person, params } = visit, station = params["station"]!, own = person.session.person;
  const [leases, requests] = await Promise.all([
    person.may(listLeases.needs) ? listLeases.call(person, {}) : [],
    person.may(listRequests.needs) ? listRequests.call(person, {}) : [],
  ]);
  const isOwn = (row: { readonly person: string; readonly station: string }) =>
    row.person === own && row.station === station;
  const open = leases.filter(isOwn);
  const asked = requests.filter(isOwn).filter(({ deviceRole }) =>
    !open.some((lease) => lease.deviceRole === deviceRole)
  );
  return (
    <>
      {open.map((row) => <OpenWay visit={visit} row={row} />)}
      <Asked visit={visit} rows={asked} />
    </>
  );
}

function OpenWay({ visit, row: { id, deviceRole, until, capabilities } }: { visit: Visit; row: LeaseRow }) {
  const t = PAGES_TEXTS.in(visit.language);
  return (
    <Notice tone="good">
      {deviceRoleWord(deviceRole, visit.language)} · {t("now")} <Time at={until} style={visit.time} />
      {capabilities.some((capability) => capability !== "tunnel") && (
        <OpenButton visit={visit} action={`/access/open/${encodeURIComponent(id)}/pages`} id={id} text={t("again")} />
      )}
    </Notice>
  );
}

/** The newest request that counts: one that waits, or one that is approved and still lasts, with the way in. */
function Asked({ visit, rows }: { visit: Visit; rows: readonly RequestRow[] }) {
  const t = PAGES_TEXTS.in(visit.language);
  const { now } = visit.time;
  const lasting = rows.filter(({ state, until }) => state === "approved" && until !== undefined && now < until).at(-1);
  if (!lasting) {
    return rows.some(({ state }) => state === "pending") ? <Notice tone="info">{t("waiting")}</Notice> : null;
  }
  const { id, station, deviceRole, capability, reason, decidedBy = "" } = lasting;
  return (
    <Notice tone="good" live>
      {deviceRoleWord(deviceRole, visit.language)} · {t("approved", { by: decidedBy })}
      {capability !== "tunnel" && (
        <OpenButton
          visit={visit}
          action={`/stations/${encodeURIComponent(station)}/pages`}
          id={id}
          text={t("open")}
          fields={{ deviceRole, capability, reason }}
        />
      )}
    </Notice>
  );
}

function OpenButton(
  { visit, action, id, text, fields = {} }: {
    visit: Visit;
    action: string;
    id: string;
    text: string;
    fields?: Readonly<Record<string, string>>;
  },
) {
  return (
    <form method="post" action={action} target="_blank" rel="noopener">
      <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
      {Object.entries(fields).map(([name, value]) => <input type="hidden" name={name} value={value} />)}
      <div class="buttons">
        <button type="submit" class="button small" id={`open-${id}`}>{text}</button>
      </div>
    </form>
  );
}
