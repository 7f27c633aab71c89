import { deepEqual, equal } from "node:assert/strict";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { recordedFields, recordsBody } from "./recorded.ts";

const FORM = "application/x-www-form-urlencoded";
const head = (type: string | undefined, bodyLength: number | "chunked" = 10, method = "POST") => ({
  method,
  bodyLength,
  fields: new Map(type === undefined ? [] : [["content-type", [type]] as const]),
});

for (
  const [what, session, request, wanted] of [
    ["a form of a recorded session", { recorded: true }, head(FORM), true],
    ["with a charset", { recorded: true }, head(`${FORM}; charset=utf-8`), true],
    ["JSON", { recorded: true }, head("application/json"), true],
    ["a form in parts", { recorded: true }, head("multipart/form-data; boundary=x"), true],
    ["at the limit", { recorded: true }, head(FORM, UI_PROXY_LIMITS.judgedBodyBytes), true],
    ["one byte past it: it goes on unread", { recorded: true }, head(FORM, UI_PROXY_LIMITS.judgedBodyBytes + 1), false],
    ["of unknown length", { recorded: true }, head(FORM, "chunked"), false],
    ["a firmware image", { recorded: true }, head("application/octet-stream"), false],
    ["another JSON-like type", { recorded: true }, head("application/jsonp"), false],
    ["no type at all", { recorded: true }, head(undefined), false],
    ["a GET with a body", { recorded: true }, head(FORM, 10, "GET"), false],
    ["a session that is not recorded", {}, head(FORM), false],
  ] as const
) {
  Deno.test(`recorded: ${what} is ${wanted ? "" : "not "}read for the recording`, () => {
    equal(recordsBody(session, request), wanted);
  });
}

const SETTING = { key: "OperatorPassword", role: "installer", secret: true } as never;

Deno.test("recorded: settings go by the driver's names and its secrets, other forms by their own", () => {
  const session = { recorded: true } as const;
  const settings = [[SETTING, "1234"], [{ key: "CurrentLimit", role: "operator" } as never, "16"]] as const;
  deepEqual(recordedFields(session, "POST", { settings }, [["a", "b"]]), [
    { name: "OperatorPassword", value: "••••" },
    { name: "CurrentLimit", value: "16" },
  ]);
  deepEqual(recordedFields(session, "POST", { settings: [] }, [["user", "anna"], ["pass", "hunter2"]]), [
    { name: "user", value: "anna" },
    { name: "pass", value: "••••" },
  ]);
});

Deno.test("recorded: reading a page, and a session that is not recorded, leave no fields", () => {
  equal(recordedFields({ recorded: true }, "GET", { settings: [] }, [["q", "x"]]), undefined);
  equal(recordedFields({}, "POST", { settings: [] }, [["q", "x"]]), undefined);
});
