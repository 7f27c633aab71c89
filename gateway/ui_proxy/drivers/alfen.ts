import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import { ALFEN_PAGES } from "../../../profiles/controllers/alfen.ts";
import { ALFEN_OPERATIONS } from "./alfen_operations.ts";
import { type Driver, jsonBody, readToken } from "./driver.ts";

/**
 * Alfen Eve: the login belongs to the TCP connection, and there is one at a time. Newer firmware gives a token besides.
 */
export const ALFEN: Driver = {
  id: "alfen",
  title: "Alfen Eve",
  evidence: "field",
  pages: { rows: ALFEN_PAGES },
  patches: [],
  accounts: ACCOUNT_NAMES.alfen,
  sessions: 1,
  connections: 1,
  *login({ name, password }) {
    const body = { username: name, password, displayname: "Bulkhead" };
    const answer = yield { method: "POST", target: "/api/login", ...jsonBody(body) };
    if (answer.status === 401 || answer.status === 403) return { outcome: "refused" };
    if (answer.status === 409 || answer.status === 423) return { outcome: "busy" };
    if (answer.status !== 200) return { outcome: "strange", why: `POST /api/login answered ${answer.status}` };
    const token = readToken(answer.body, "token", "access_token");
    const headers = token === undefined ? [] : [["authorization", `Bearer ${token}`] as const];
    return { outcome: "in", session: { headers, connectionBound: true } };
  },
  *logout({ headers }) {
    yield { method: "POST", target: "/api/logout", headers };
  },
  operations: ALFEN_OPERATIONS,
  // It closes the connection after a write and asks for the login again.
  isLoggedOut: ({ status }) => status === 401,
};
