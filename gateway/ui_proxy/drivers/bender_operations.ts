import type { DeviceRole } from "../../../policies/access_types.ts";
import type { DeviceSetting } from "../../core/device_operations_api.ts";
import { type Conversation, type DeviceSession, jsonBody, readObject } from "./driver.ts";
import { fieldsOf } from "./html_form.ts";
import { changeOf, type ChangeOutcome, type DriverOperations, type ReadOutcome, versionOf } from "./operations.ts";

/** Settings that hold a role's password; the installer's is not public. */
const PASSWORD_KEYS: Partial<Readonly<Record<DeviceRole, string>>> = {
  user: "UserPwdPlain_custom",
  operator: "OperatorPwdPlain_custom",
  manufacturer: "ManufacturerPwd_custom",
};
/** Lines of `key:value`, which clients in public use read. */
const STATE = "/rest/full_state";
const READ = { v1: "/v1/app_settings", json: "/json/settings.json" } as const;

/**
 * What is publicly known of Bender and ebee controllers. Every write is made in the account's own login: the way around a
 * login, or above one's role, that firmware before 5.33.11 has (CVE-2026-8979, -8980) is not the gateway's to use.
 */
export const BENDER_OPERATIONS: DriverOperations = {
  password: {
    roles: ["user", "operator", "manufacturer"],
    *set({ session, account: { role }, next }) {
      const key = PASSWORD_KEYS[role];
      // The old form asks for the current password of the manufacturer, in a field that nobody has named.
      if (key === undefined || (role === "manufacturer" && pageOf(session))) return { outcome: "unsupported" };
      return yield* write(session, [[key, next]]);
    },
  },
  read: { role: "user", settings: readAll },
  write: { role: "user", settings: write },
  version: {
    role: "user",
    *read({ headers }) {
      const answer = yield { method: "GET", target: STATE, headers };
      return versionOf(answer, /^firmware_ver:(.*)$/m.exec(answer.body)?.[1], `GET ${STATE}`);
    },
  },
};

/** The page of the old form; undefined in the newer dialects. */
function pageOf({ memory }: DeviceSession): string | undefined {
  return memory?.startsWith("/") ? memory : undefined;
}

function* readAll(session: DeviceSession): Conversation<ReadOutcome> {
  const { headers, memory } = session, page = pageOf(session);
  const target = page ?? READ[memory === "v1" ? "v1" : "json"];
  const { status, body } = yield { method: "GET", target, headers };
  if (status !== 200) return { outcome: "strange", why: `GET ${target} answered ${status}` };
  const settings = page === undefined ? settingsOf(readObject(body)) : fieldsOf(body);
  return settings.length > 0
    ? { outcome: "read", settings }
    : { outcome: "strange", why: `GET ${target} answered without settings` };
}

/** Written in one request: JSON in the newer dialects, a form in the old one, in its body since queries are logged. */
function* write(session: DeviceSession, settings: readonly DeviceSetting[]): Conversation<ChangeOutcome> {
  const { headers, memory } = session, page = pageOf(session);
  if (page !== undefined) {
    const type = ["content-type", "application/x-www-form-urlencoded"] as const;
    const body = new URLSearchParams([...settings.map(([key, value]) => [key, value]), ["SUBMITTYPE", "0d"]]);
    const answer = yield { method: "POST", target: page, headers: [...headers, type], body: body.toString() };
    return changeOf(answer, `POST ${page}`);
  }
  const params = settings.map(([key, value]) => ({ key, value }));
  const { headers: type = [], body } = jsonBody({ params });
  const ways = memory === "v1" ? [READ.v1, READ.json] : [READ.json];
  for (const target of ways) {
    const answer = yield {
      method: "POST",
      target,
      headers: [...headers, ...type],
      ...body === undefined ? {} : { body },
    };
    const change = changeOf(answer, `POST ${target}`);
    if (change.outcome !== "unsupported") return change;
  }
  return { outcome: "unsupported" };
}

/** Members with plain values; also the list form that writes have. */
function settingsOf(object: Readonly<Record<string, unknown>> | undefined): readonly DeviceSetting[] {
  const list = object?.["params"] ?? object?.["settings"];
  const pairs: readonly (readonly [unknown, unknown])[] = Array.isArray(list)
    ? list.map((one: { key?: unknown; value?: unknown } | null) => [one?.key, one?.value] as const)
    : Object.entries(object ?? {});
  return pairs.flatMap(([key, value]) =>
    typeof key === "string" && ["string", "number", "boolean"].includes(typeof value) ? [[key, String(value)]] : []
  );
}
