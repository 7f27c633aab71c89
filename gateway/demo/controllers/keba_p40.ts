import { SimAccounts, type SimPasswords, SimTokens } from "./sim_accounts.ts";
import { json, objectOf, type SimPages } from "./simulated_device.ts";

/** A simulated KEBA P40, with what tests look into. */
export interface KebaPages {
  readonly pages: SimPages;
  readonly accounts: SimAccounts;
  /** Tokens for requests end, those for renewal stay. */
  expire(): void;
  /** All tokens end, as after a restart. */
  restart(): void;
}

/** KEBA P40, REST on port 8443: a token for requests, a second one that renews it. */
export function kebaPages(passwords: SimPasswords, now?: () => number): KebaPages {
  const accounts = new SimAccounts(passwords, now);
  const access = new SimTokens(), refresh = new SimTokens();
  const pages: SimPages = ({ method, path, headers, body }) => {
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (path === "/version") return json({ version: "1.2.1" });
    if (path === "/v2/jwt/login" && method === "POST") {
      const { username, password } = objectOf(body);
      const name = String(username);
      if (accounts.try(name, (right) => right === password) !== "in") return { status: 401 };
      return json({ accessToken: access.give(name), refreshToken: refresh.give(name) });
    }
    if (path === "/v2/jwt/refresh" && method === "POST") {
      const name = refresh.owner(bearer);
      return name === undefined ? { status: 401 } : json({ accessToken: access.give(name) });
    }
    if (!access.owner(bearer)) return { status: 401 };
    if (path === "/v2/wallboxes") return json([{ serialNumber: "12345678", state: "IDLE" }]);
    return path.startsWith("/v2/wallboxes/") ? json({ ok: true }) : { status: 404 };
  };
  return {
    pages,
    accounts,
    expire: () => access.endAll(),
    restart: () => (access.endAll(), refresh.endAll()),
  };
}
