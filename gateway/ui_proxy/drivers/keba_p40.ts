import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import { KEBA_P40_PAGES } from "../../../profiles/controllers/keba_p40.ts";
import { type Driver, jsonBody, readToken } from "./driver.ts";

/** KEBA P40, REST on port 8443: a token for the requests, a second one to renew it. */
export const KEBA_P40: Driver = {
  id: "keba-p40",
  title: "KEBA KeContact P40",
  evidence: "field",
  pages: { rows: KEBA_P40_PAGES },
  patches: [],
  accounts: ACCOUNT_NAMES["keba-p40"],
  *login({ name, password }) {
    const answer = yield { method: "POST", target: "/v2/jwt/login", ...jsonBody({ username: name, password }) };
    if (answer.status === 401 || answer.status === 403) return { outcome: "refused" };
    const token = answer.status === 200 ? readToken(answer.body, "accessToken") : undefined;
    if (token === undefined) {
      return { outcome: "strange", why: `POST /v2/jwt/login answered ${answer.status} without an accessToken` };
    }
    const memory = readToken(answer.body, "refreshToken");
    const headers = [["authorization", `Bearer ${token}`] as const];
    return { outcome: "in", session: { headers, ...(memory === undefined ? {} : { memory }) } };
  },
  *renew({ memory }) {
    if (memory === undefined) return undefined;
    const headers = [["authorization", `Bearer ${memory}`]] as const;
    const answer = yield { method: "POST", target: "/v2/jwt/refresh", headers };
    const token = answer.status === 200 ? readToken(answer.body, "accessToken") : undefined;
    if (token === undefined) return undefined;
    return {
      headers: [["authorization", `Bearer ${token}`]],
      memory: readToken(answer.body, "refreshToken") ?? memory,
    };
  },
  isLoggedOut: ({ status }) => status === 401,
};
