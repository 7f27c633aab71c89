import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { json, objectOf, page, type SimPages } from "./simulated_device.ts";

/** A simulated CHARX, with what tests look into. */
export interface CharxPages {
  readonly pages: SimPages;
  readonly accounts: SimAccounts;
  /** Images that were uploaded, as texts, and their SHA-256. */
  readonly uploads: string[];
  readonly images: string[];
  /** File names that were to be installed. */
  readonly installs: string[];
  /** How often it was restarted. */
  readonly restarts: () => number;
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
  const uploads: string[] = [], images: string[] = [], installs: string[] = [], unused = new Set(unchanged);
  let restarts = 0;
  const pages: SimPages = ({ method, path, headers, body, sha256 }) => {
    if (path === "/") return page("CHARX web-based management", '<a href="/api/v1.0/web/system">System</a>');
    if (path === `${API}/login` && method === "POST") {
      const { username, password } = objectOf(body);
      const name = String(username);
      const end = accounts.try(name, (right) => right === password);
      if (end === "locked") return { status: 429 };
      if (end === "wrong") return { status: 401 };
      if (!activated.includes(name)) return { status: 403, body: "User not activated" };
      return json({ token: tokens.give(name), role: name, passwordChanged: !unused.has(name) });
    }
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (!path.startsWith(`${API}/`)) return { status: 404 };
    const who = tokens.owner(bearer);
    if (!who) return json({ error: "token expired" }, 401);
    if (path === `${API}/user/change-password`) {
      const { username, password, password_new: next } = objectOf(body);
      const name = String(username);
      if (accounts.try(name, (right) => right === password) !== "in") return json({ error: "wrong password" }, 403);
      if (String(next).length < 8) return json({ error: "password too short" });
      accounts.change(name, String(next));
      unused.delete(name);
      tokens.endAll(); // everybody is logged out, the one who asked too
      return json({ status: "ok" });
    }
    if (unused.has(who)) return json({ error: "password must be changed" }, 403);
    if (path === `${API}/update2-upload-stream`) {
      uploads.push(body);
      images.push(sha256);
      return json({ received: body.length });
    }
    if (path === `${API}/update2-install`) {
      if (who !== "manufacturer") return json({ error: "forbidden" }, 403);
      installs.push(String(objectOf(body)["filename"]));
      return json({ status: "installing" });
    }
    if (path === `${API}/reboot-all`) {
      restarts++;
      tokens.endAll();
      return { status: 200, drops: true };
    }
    if (path === `${API}/download/logs`) return logs();
    if (path === `${API}/export`) {
      return { status: 200, headers: { "content-type": "application/zip" }, body: "PK-config" };
    }
    return json({ path: path.slice(API.length), role: who });
  };
  return { pages, accounts, uploads, images, installs, restarts: () => restarts, expire: () => tokens.endAll() };
}

function logs() {
  return {
    status: 200,
    headers: { "content-type": "application/zip", "content-disposition": 'attachment; filename="logs.zip"' },
    body: "PK-logs",
  };
}
