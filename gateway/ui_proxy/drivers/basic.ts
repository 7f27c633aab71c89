import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import { basicAuthorization, type Driver } from "./driver.ts";

/** Any device whose pages ask for HTTP Basic; nothing is known of its pages. */
export const BASIC: Driver = {
  id: "basic",
  title: "Pages behind HTTP Basic",
  evidence: "assumed",
  pages: { rows: [{ id: "read", path: "/**" }] },
  patches: [],
  accounts: ACCOUNT_NAMES.basic,
  *login({ name, password }) {
    const open = yield { method: "GET", target: "/" };
    if (open.status !== 401) {
      return { outcome: "strange", why: `GET / answered ${open.status} without asking for a login` };
    }
    const scheme = open.headers.get("www-authenticate")?.join(", ") ?? "";
    if (!/(?:^|,\s*)basic\b/i.test(scheme)) {
      return { outcome: "strange", why: "GET / asks for another login than Basic" };
    }
    const authorization = basicAuthorization(name, password);
    const { status } = yield { method: "GET", target: "/", headers: [authorization] };
    if (status === 401 || status === 403) return { outcome: "refused" };
    return { outcome: "in", session: { headers: [authorization] } };
  },
  isLoggedOut: ({ status }) => status === 401,
};
