import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import { EVLINK_PARKING_PAGES, EVLINK_PARKING_PATCHES } from "../../../profiles/controllers/evlink_parking.ts";
import type { Driver } from "./driver.ts";

const LOGIN = "/cgi-bin/cgiServer?worker=Login";

/**
 * Schneider EVlink Parking, City and Smart Wallbox, firmware 3.x. It answers 200 to every login, so what counts is the
 * cookie that it sets: SESSIONID with a value.
 */
export const EVLINK_PARKING: Driver = {
  id: "evlink-parking",
  title: "Schneider EVlink Parking, City and Smart Wallbox",
  evidence: "field",
  pages: { rows: EVLINK_PARKING_PAGES },
  patches: EVLINK_PARKING_PATCHES,
  accounts: ACCOUNT_NAMES["evlink-parking"],
  *login({ name, password }) {
    const answer = yield {
      method: "POST",
      target: LOGIN,
      headers: [["content-type", "application/x-www-form-urlencoded"]],
      body: new URLSearchParams({ lang: "en", login: name, password, remember: "on" }).toString(),
    };
    if (answer.status >= 400) return { outcome: "strange", why: `POST ${LOGIN} answered ${answer.status}` };
    const cookies = answer.headers.get("set-cookie") ?? [];
    const value = cookies.map((cookie) => /^SESSIONID=([^;]*)/.exec(cookie)?.[1]).find((found) => found !== undefined);
    return value === undefined || /^(?:|0|deleted|null)$/i.test(value)
      ? { outcome: "refused" }
      : { outcome: "in", session: { headers: [] } };
  },
  isLoggedOut: ({ status, headers }) => {
    const to = headers.get("location")?.[0] ?? "";
    return status === 401 || (status >= 300 && status < 400 && /[?&]worker=Login\b/.test(to));
  },
};
