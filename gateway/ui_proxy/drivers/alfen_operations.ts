import type { DeviceSetting } from "../../core/device_operations_api.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { type Conversation, type DeviceSession, jsonBody, readObject } from "./driver.ts";
import { changeOf, type DriverOperations, type ReadOutcome, type TextOutcome, versionOf } from "./operations.ts";

/**
 * Alfen Eve as clients in public use it: properties by category and in pages, a log in pages, a restart. Writes end the
 * connection, and the login with it. Firmware and the password are set by the maker's own program.
 */
export const ALFEN_OPERATIONS: DriverOperations = {
  read: { role: "installer", settings: readAll },
  write: {
    role: "installer",
    *settings({ headers }, settings) {
      const entries = settings.map(([id, value]) => [id, { id, value }] as const);
      const { headers: type = [], ...sent } = jsonBody(Object.fromEntries(entries));
      const answer = yield { method: "POST", target: "/api/prop", headers: [...headers, ...type], ...sent };
      return changeOf(answer, "POST /api/prop");
    },
  },
  logs: { role: "installer", collect: readLog },
  version: {
    role: "installer",
    *read({ headers }) {
      const answer = yield { method: "GET", target: "/api/info", headers };
      return versionOf(answer, readObject(answer.body)?.["FWVersion"], "GET /api/info");
    },
  },
  reboot: {
    role: "installer",
    *now({ headers }) {
      const { headers: type = [], ...sent } = jsonBody({ command: "reboot" });
      const answer = yield { method: "POST", target: "/api/cmd", headers: [...headers, ...type], ...sent };
      return changeOf(answer, "POST /api/cmd");
    },
  },
};

function* readAll({ headers }: DeviceSession): Conversation<ReadOutcome> {
  const listed = yield { method: "GET", target: "/api/categories", headers };
  const names = listed.status === 200 ? readObject(listed.body)?.["categories"] : undefined;
  if (!Array.isArray(names)) {
    return { outcome: "strange", why: `GET /api/categories answered ${listed.status} without categories` };
  }
  const found = new Map<string, string>();
  for (const name of names.filter((one) => typeof one === "string" && /^[\w-]{1,32}$/.test(one))) {
    for (let offset = 0;;) {
      const target = `/api/prop?cat=${name}&offset=${offset}`;
      const answer = yield { method: "GET", target, headers };
      const page = answer.status === 200 ? readObject(answer.body) : undefined;
      const properties = page?.["properties"];
      if (!Array.isArray(properties)) {
        return { outcome: "strange", why: `GET ${target} answered ${answer.status} without properties` };
      }
      for (const [id, value] of properties.flatMap(propertyOf)) found.set(id, value);
      offset += properties.length;
      if (properties.length === 0 || offset >= Number(page?.["total"] ?? 0)) break;
      if (found.size >= UI_PROXY_LIMITS.learnedSettings) return { outcome: "read", settings: [...found] };
    }
  }
  return { outcome: "read", settings: [...found] };
}

function propertyOf(property: unknown): readonly DeviceSetting[] {
  const { id, value } = typeof property === "object" && property !== null ? property as Record<string, unknown> : {};
  const isPlain = ["string", "number", "boolean"].includes(typeof value);
  return typeof id === "string" && /^[0-9A-F]{4}_[0-9A-F]{1,2}$/i.test(id) && isPlain ? [[id, String(value)]] : [];
}

/** Lines of the log; each begins with its number, from which the next page goes on. */
function* readLog({ headers }: DeviceSession): Conversation<TextOutcome> {
  let text = "", offset = 0;
  while (text.length < UI_PROXY_LIMITS.collectedChars) {
    const answer = yield { method: "GET", target: `/api/log?offset=${offset}`, headers };
    if (answer.status !== 200) return { outcome: "strange", why: `GET /api/log answered ${answer.status}` };
    const lines = answer.body.split("\n").filter((line) => line.trim() !== "");
    if (lines.length === 0) break;
    text += `${lines.join("\n")}\n`;
    offset += lines.length;
  }
  return { outcome: "text", text, fileName: "log.txt" };
}
