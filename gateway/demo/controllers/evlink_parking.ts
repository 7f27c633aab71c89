import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { page, type SimPages } from "./simulated_device.ts";

/** A simulated EVlink Parking, with what tests look into. */
export interface EvlinkPages {
  readonly pages: SimPages;
  readonly accounts: SimAccounts;
  expire(): void;
}

const CGI = "/cgi-bin/cgiServer";

/**
 * Schneider EVlink Parking, firmware 3.x: one program for all pages, 200 whatever the password, a cookie tells; locked
 * for 30 minutes after six wrong tries.
 */
export function evlinkPages(passwords: SimPasswords, now?: () => number): EvlinkPages {
  const accounts = new SimAccounts(passwords, now), sessions = new SimTokens();
  const pages: SimPages = ({ method, path, query, headers, body }) => {
    if (path !== CGI) {
      return path === "/" ? { status: 302, headers: { location: `${CGI}?worker=Login` } } : { status: 404 };
    }
    const worker = query.get("worker");
    if (worker === "Login" && method === "POST") {
      const form = new URLSearchParams(body);
      const end = accounts.try(form.get("login") ?? "", (right) => right === form.get("password"));
      if (end !== "in") return page("Login", end === "locked" ? "<p>Locked</p>" : "<p>Wrong name or password</p>");
      const cookies = [`SESSIONID=${sessions.give("admin")}; Path=/`, "CURLTOKEN=a1b2; Path=/"];
      return { ...page("Welcome", ""), headers: { "content-type": "text/html", "set-cookie": cookies } };
    }
    const cookie = /(?:^|;\s*)SESSIONID=([^;]+)/.exec(headers.cookie ?? "")?.[1];
    if (!sessions.owner(cookie)) return { status: 302, headers: { location: `${CGI}?worker=Login&lang=en` } };
    if (worker === "ExportFile") {
      const type = { "content-type": "application/octet-stream" };
      return { status: 200, headers: type, body: "CDR_ID;Energy_kWh\n1;12,5\n" };
    }
    return worker === "IndexNew"
      ? page("EVlink Parking", `<a href="${CGI}?worker=Cluster">Cluster</a>`)
      : { status: 404 };
  };
  return { pages, accounts, expire: () => sessions.endAll() };
}
