import { ACCOUNT_NAMES } from "../../../profiles/controllers/account_names.ts";
import { createHash } from "node:crypto";
import { BENDER_KEYS } from "../../../profiles/controllers/bender_keys.ts";
import { BENDER_PAGES, BENDER_PATCHES } from "../../../profiles/controllers/bender_pages.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { BENDER_OPERATIONS } from "./bender_operations.ts";
import { readItemList, readKeyTable } from "./bender_catalogue.ts";
import {
  basicAuthorization,
  type Conversation,
  type DeviceAccount,
  type Driver,
  jsonBody,
  type LoginOutcome,
  readToken,
} from "./driver.ts";

const LEGACY_FORMS = ["/legacy/operator/operator", "/operator/operator"];

/**
 * Bender and ebee controllers. The dialect is found by asking, the newest first, so that a password goes to the device
 * by the safest way that it has.
 */
export const BENDER: Driver = {
  id: "bender",
  title: "Bender CC612, CC613, ICC13xx, ICC15xx, ICC16xx and what is built with them",
  evidence: "field",
  pages: { rows: BENDER_PAGES, keys: BENDER_KEYS },
  patches: BENDER_PATCHES,
  accounts: ACCOUNT_NAMES.bender,
  *login(account) {
    const dialect = yield* findDialect();
    switch (dialect.name) {
      case "v1":
        return yield* loginV1(account, dialect.token);
      case "json":
        return yield* loginJson(account);
      case "legacyForm":
        return yield* loginLegacy(account, dialect.page);
      case "none":
        return { outcome: "strange", why: "no page of any dialect answered" };
    }
  },
  *learn() {
    const table = yield { method: "GET", target: "/doc/doc_1" };
    const keys = table.status === 200 ? readKeyTable(table.body) : [];
    const list = yield { method: "GET", target: "/doc/doc_2" };
    const items = list.status === 200 ? readItemList(list.body) : [];
    const known = new Set(keys.map(({ key }) => key));
    const more = items.filter((key) => !known.has(key)).map((key) => ({ key, ...UNSAID }));
    return [...keys, ...more].slice(0, UI_PROXY_LIMITS.learnedSettings);
  },
  operations: BENDER_OPERATIONS,
  isLoggedOut: ({ status }) => status === 401,
};

const UNSAID = { access: "", type: "", range: "", scope: "", reboot: false } as const;

type Found =
  | { readonly name: "v1"; readonly token: string }
  | { readonly name: "json" | "none" }
  | { readonly name: "legacyForm"; readonly page: string };

/** Asks without credentials: a token means v1, "log in first" means that the page is there. */
function* findDialect(): Conversation<Found> {
  const v1 = yield { method: "GET", target: "/v1/login" };
  const token = v1.status === 200 ? oneTimeToken(v1.body) : undefined;
  if (token !== undefined) return { name: "v1", token };
  const json = yield { method: "GET", target: "/json/login" };
  if (json.status === 401 || json.status === 403) return { name: "json" };
  for (const page of LEGACY_FORMS) {
    const { status } = yield { method: "GET", target: page };
    // 200 without a login may be a page of the new interface, which answers every path.
    if (status === 401) return { name: "legacyForm", page };
  }
  return { name: "none" };
}

/** The token that is good for one attempt; documented without a name for its member, so it may also stand alone. */
function oneTimeToken(body: string): string | undefined {
  const alone = /^\s*"?([\x21\x23-\x7e]{8,256})"?\s*$/.exec(body)?.[1];
  return readToken(body, "token", "loginToken", "login_token") ?? (alone?.startsWith("{") ? undefined : alone);
}

/** Name and SHA-256 of password and token; the session id is the whole Authorization field (documentation 5.32). */
function* loginV1({ name, password }: DeviceAccount, token: string): Conversation<LoginOutcome> {
  const hash = createHash("sha256").update(password + token).digest("hex");
  const answer = yield { method: "POST", target: "/v1/login", ...jsonBody({ username: name, password: hash }) };
  if (answer.status === 401 || answer.status === 403) return { outcome: "refused" };
  const session = answer.status === 200
    ? readToken(answer.body, "sessionId", "session_id", "session", "token")
    : undefined;
  return session === undefined
    ? { outcome: "strange", why: `POST /v1/login answered ${answer.status} without a session` }
    : inWith("v1", ["authorization", session]);
}

/** HTTP Basic for a token, which is then the whole Authorization field. */
function* loginJson({ name, password }: DeviceAccount): Conversation<LoginOutcome> {
  const answer = yield { method: "GET", target: "/json/login", headers: [basicAuthorization(name, password)] };
  if (answer.status === 401 || answer.status === 403) return { outcome: "refused" };
  const token = answer.status === 200 ? readToken(answer.body, "token") : undefined;
  return token === undefined
    ? { outcome: "strange", why: `GET /json/login answered ${answer.status} without a token` }
    : inWith("json", ["authorization", token]);
}

/** HTTP Basic on every request; the manufacturer's page is another one than the operator's. */
function* loginLegacy({ name, password, role }: DeviceAccount, form: string): Conversation<LoginOutcome> {
  const target = role === "manufacturer" ? form.replaceAll("operator", "manufacturer") : form;
  const authorization = basicAuthorization(name, password);
  const { status } = yield { method: "GET", target, headers: [authorization] };
  if (status === 401 || status === 403) return { outcome: "refused" };
  return status === 200
    ? inWith(target, authorization)
    : { outcome: "strange", why: `GET ${target} answered ${status}` };
}

/** `memory` is the newer dialect, or the page of the old form. */
function inWith(memory: string, authorization: readonly [string, string]): LoginOutcome {
  return { outcome: "in", session: { headers: [authorization], memory } };
}
