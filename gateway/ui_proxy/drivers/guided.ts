import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import type { Driver } from "./driver.ts";

/** A device of which nothing is public: the person logs in by hand on its page, by the guided steps of its profile. */
export const GUIDED: Driver = {
  id: "guided",
  title: "Pages with a login that nobody knows",
  evidence: "assumed",
  pages: { rows: [{ id: "read", path: "/**" }, { id: "write", path: "/**", methods: ["POST"], capability: "edit" }] },
  patches: [],
  accounts: ACCOUNT_NAMES.guided,
  // deno-lint-ignore require-yield
  *login() {
    return { outcome: "closed", why: "the gateway has no login for this kind of device; follow the guided steps" };
  },
  isLoggedOut: () => false,
};
