import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { json, objectOf, page, type SimPages } from "./simulated_device.ts";

/** A simulated CHARX, with what tests look into. */
export interface CharxPages {
  readonly pages: SimPages;
  readonly accounts: SimAccounts;
  /** Images that were uploaded, as texts. */
  readonly uploads: string[];
  expire(): void;
}

const API = "/api/v1.0/web";

/**
 * Phoenix Contact CHARX SEC-3xxx by the public study: a JSON Web Token; accounts that the manufacturer activates; a first
 * login that has to change the password.
 */
export function charxPages(
  passwords: SimPasswords,
  options: {
    readonly activated?: readonly string[];
    readonly unchanged?: readonly string[];
    readonly now?: () => number;
  } = {},
): CharxPages {
  const accounts = new SimAccounts(passwords, options.now);
  const tokens = new SimTokens((random) => `${btoa('{"alg":"HS256"}')}.${btoa(random)}.c2ln`);
  const { activated = Object.keys(passwords), unchanged = [] } = options;
  const uploads: string[] = [];
  const pages: SimPages = ({ method, path, headers, body }) => {
    if (path === "/") return page("CHARX web-based management", '<a href="/api/v1.0/web/system">System</a>');
    if (path === `${API}/login` && method === "POST") {
      const { username, password } = objectOf(body);
      const name = String(username);
      const end = accounts.try(name, (right) => right === password);
      if (end === "locked") return { status: 429 };
      if (end === "wrong") return { status: 401 };
      if (!activated.includes(name)) return { status: 403, body: "User not activated" };
      return json({ token: tokens.give(name), role: name, passwordChanged: !unchanged.includes(name) });
    }
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (!path.startsWith(`${API}/`)) return { status: 404 };
    const who = tokens.owner(bearer);
    if (!who) return json({ error: "token expired" }, 401);
    if (path === `${API}/update2-upload-stream`) {
      uploads.push(body);
      return json({ received: body.length });
    }
    if (path === `${API}/download/logs`) return logs();
    if (path === `${API}/export`) {
      return { status: 200, headers: { "content-type": "application/zip" }, body: "PK-config" };
    }
    return json({ path: path.slice(API.length), role: who });
  };
  return { pages, accounts, uploads, expire: () => tokens.endAll() };
}

function logs() {
  return {
    status: 200,
    headers: { "content-type": "application/zip", "content-disposition": 'attachment; filename="logs.zip"' },
    body: "PK-logs",
  };
}
