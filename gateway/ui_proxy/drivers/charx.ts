import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import { CHARX_PAGES } from "../../../profiles/controllers/charx.ts";
import { CHARX_OPERATIONS } from "./charx_operations.ts";
import { type Driver, jsonBody, readObject, readToken } from "./driver.ts";

const LOGIN = "/api/v1.0/web/login";

/** Phoenix Contact CHARX SEC-3xxx: a JSON Web Token by name and password. */
export const CHARX: Driver = {
  id: "charx",
  title: "Phoenix Contact CHARX SEC-3xxx",
  evidence: "field",
  pages: { rows: CHARX_PAGES },
  // VDE-2024-022: what mends it is the firmware; a password that an update reset is found by the next login.
  patches: [],
  accounts: ACCOUNT_NAMES.charx,
  *login({ name, password }) {
    const answer = yield { method: "POST", target: LOGIN, ...jsonBody({ username: name, password, role: "" }) };
    if (answer.status === 401) return { outcome: "refused" };
    if (answer.status === 403) {
      return { outcome: "closed", why: "the manufacturer has not activated this account on the device" };
    }
    if (answer.status === 429) return { outcome: "closed", why: "the device takes no more logins for a while" };
    const token = answer.status === 200 ? readToken(answer.body, "token", "access_token", "jwt") : undefined;
    if (token === undefined) {
      return { outcome: "strange", why: `POST ${LOGIN} answered ${answer.status} without a token` };
    }
    const session = { headers: [["authorization", `Bearer ${token}`]] } as const;
    if (readObject(answer.body)?.["passwordChanged"] === false) return { outcome: "must-change", session };
    return { outcome: "in", session };
  },
  operations: CHARX_OPERATIONS,
  isLoggedOut: ({ status }) => status === 401,
};
