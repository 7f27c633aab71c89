import { deepEqual, equal } from "node:assert/strict";
import { DRIVERS } from "../drivers/mod.ts";
import { isRead, type JudgedHead, judgeRequest, needsBody, needsParameters, readParameters } from "./judge.ts";

const BENDER = DRIVERS.get("bender")!;
const SESSION = {
  capabilities: ["view", "edit"],
  deviceRole: "installer",
  firmware: "5.33.11",
  grant: "g1",
  grantsLegacy: false,
} as const;

const head = (method: string, path: string, query?: string, webSocket = false): JudgedHead => ({
  method,
  target: { path, ...(query === undefined ? {} : { query }) },
  webSocket,
});

const rule = (
  one: JudgedHead,
  parameters: readonly (readonly [string, string])[] = [],
  session: Partial<Omit<typeof SESSION, "capabilities" | "grantsLegacy">> & {
    readonly capabilities?: readonly ("edit" | "view")[];
    readonly grantsLegacy?: boolean;
  } = {},
  oldPages: "allowed" | "blocked" | "by-grant" = "blocked",
) => {
  const facts = { session: { ...SESSION, ...session }, driver: BENDER, device: { oldPages } };
  return judgeRequest(one, parameters, facts).decision.rule;
};

const BODIES: readonly [method: string, path: string, wanted: boolean][] = [
  ["POST", "/v1/app_settings", true],
  ["PUT", "/json/settings.json", true],
  ["POST", "/legacy/operator/operator", true],
  ["POST", "/v1/anything", true], // a hole of old firmware is looked for in its values
  ["POST", "/webui/upload", false],
  ["GET", "/v1/app_settings", false],
  ["GET", "/", false],
];

for (const [method, path, wanted] of BODIES) {
  Deno.test(`judge: the body of ${method} ${path} is ${wanted ? "read before anything goes on" : "not read"}`, () => {
    equal(needsBody(head(method, path), BENDER), wanted);
  });
}

Deno.test("judge: names in the query decide where pages take settings from it", () => {
  equal(needsParameters(head("GET", "/json/settings.json"), BENDER), true);
  equal(needsParameters(head("GET", "/legacy/operator/operator"), BENDER), true);
  equal(needsParameters(head("GET", "/webui/x"), BENDER), false);
  equal(needsParameters(head("GET", "/"), BENDER), false);
});

Deno.test("judge: query and body are one list, and what cannot be read is said", () => {
  const body = (text: string, type = "application/x-www-form-urlencoded") => ({
    type,
    bytes: new TextEncoder().encode(text),
  });
  const target = { path: "/", query: "a=1" };
  deepEqual(readParameters(target, body("b=2")), [["a", "1"], ["b", "2"]]);
  deepEqual(readParameters({ path: "/" }), []);
  deepEqual(readParameters({ path: "/", query: "a;b" }), { status: 400, rule: "ui.parameters.form" });
  deepEqual(readParameters(target, body("x", "text/plain")), { status: 415, rule: "ui.parameters.type" });
  deepEqual(readParameters(target, body('{"a":1,"a":2}', "application/json")), {
    status: 400,
    rule: "ui.parameters.repeated",
  });
});

const CASES: readonly [name: string, rule: string, wanted: string][] = [
  ["a page", rule(head("GET", "/webui/x")), "g1"],
  ["a setting of the role", rule(head("POST", "/v1/app_settings"), [["OperatorCurrentLimit_vehicleif", "10"]]), "g1"],
  [
    "a setting of a higher role",
    rule(head("POST", "/v1/app_settings"), [["WebUIEnabledGSM_modem", "1"]]),
    "ui.page.role",
  ],
  [
    "a setting without the right to change any",
    rule(head("POST", "/v1/app_settings"), [["OperatorCurrentLimit_vehicleif", "10"]], { capabilities: ["view"] }),
    "ui.page.capability",
  ],
  [
    "a setting in the query of a read",
    rule(head("GET", "/json/settings.json"), [["OperatorCurrentLimit_vehicleif", "10"]], { capabilities: ["view"] }),
    "ui.page.capability",
  ],
  ["the driver's page", rule(head("GET", "/doc/doc_1")), "ui.page.driver-only"],
  ["an unknown write", rule(head("POST", "/nobody/knows")), "ui.page.role"],
  ["an old page, blocked", rule(head("GET", "/legacy/operator/operator")), "ui.page.legacy"],
  ["an old page, allowed", rule(head("GET", "/legacy/operator/operator"), [], {}, "allowed"), "g1"],
  ["an old page, by a grant that names none", rule(head("GET", "/operator/x"), [], {}, "by-grant"), "ui.page.legacy"],
  ["an old page, by a grant", rule(head("GET", "/operator/x"), [], { grantsLegacy: true }, "by-grant"), "g1"],
  ["a WebSocket", rule(head("GET", "/webui/live", undefined, true)), "g1"],
  [
    "a WebSocket of one who may only look: nobody judges its frames",
    rule(head("GET", "/webui/live", undefined, true), [], { capabilities: ["view"] }),
    "ui.page.capability",
  ],
  [
    "a hole of this firmware",
    rule(
      head("POST", "/v1/app_settings"),
      [["OperatorCurrentLimit_vehicleif", "1|x"]],
      { firmware: "5.20.1" } as never,
    ),
    "ui.patch.CVE-2021-34592",
  ],
];

for (const [name, actual, wanted] of CASES) {
  Deno.test(`judge: ${name}: ${wanted}`, () => equal(actual, wanted));
}

Deno.test("judge: methods that change nothing", () => {
  deepEqual(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"].map(isRead), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
