import { deepEqual, equal, match } from "node:assert/strict";
import { CAPABILITIES, DEVICE_ROLES, type DeviceRole } from "./access_types.ts";
import type { KeyTable } from "./device_key.ts";
import {
  classifyPage,
  decidePage,
  matchesPath,
  maySpeak,
  type PageAccess,
  type PageRequest,
  type PageTable,
} from "./device_page.ts";

const KEYS: KeyTable = {
  modules: ["web", "custom"],
  endings: ["_2"],
  groups: [
    { group: "language", role: "user", keys: ["Language_web"] },
    { group: "limits", role: "installer", safety: true, keys: ["Limit_custom"] },
    { group: "password", role: "operator", secret: true, keys: ["OperatorPwd_custom"] },
    { group: "password", role: "manufacturer", secret: true, keys: ["ManufacturerPwd_custom"] },
    { group: "lan", role: "installer", lockout: ["off"], keys: ["Lan_custom"] },
    { group: "laboratory", role: "dev", keys: ["Style_web"] },
  ],
};

const TABLE: PageTable = {
  keys: KEYS,
  rows: [
    { id: "start", path: "/", role: "user" },
    { id: "old page", path: "/legacy/operator", legacy: true, settings: { except: ["SUBMITTYPE"] } },
    {
      id: "write settings",
      path: "/json/settings.json",
      methods: ["POST"],
      capability: "edit",
      role: "user",
      settings: {},
    },
    { id: "upload", path: "/upload/*", methods: ["POST"], capability: "firmware", role: "installer" },
    { id: "login", path: "/login", methods: ["GET", "POST"], driverOnly: true },
    { id: "/log/**", path: "/log/**", role: "installer" },
    { id: "live", path: "/live", socket: "live" },
    { id: "console", path: "/console", capability: "reset", socket: "live" },
  ],
};

const request = (method: string, path: string, ...parameters: [string, string][]): PageRequest => ({
  method,
  path,
  parameters,
});
const classify = (...args: Parameters<typeof request>) => classifyPage(request(...args), TABLE);

const ANNA: PageAccess = {
  grant: "anna-bay-07",
  role: "installer",
  capabilities: ["view", "edit"],
  legacy: "blocked",
  grantsLegacy: false,
};

/** The rule that decides. */
function decide(page: Parameters<typeof request>, access: Partial<PageAccess> = {}): string {
  return decidePage(classify(...page), { ...ANNA, ...access }).rule;
}

Deno.test("device page: a row gives name, capability and role", () => {
  deepEqual(classify("POST", "/upload/image"), {
    row: "upload",
    capability: "firmware",
    role: "installer",
    legacy: false,
    driverOnly: false,
    settings: [],
  });
  equal(classify("GET", "/").role, "user");
  equal(classify("HEAD", "/log/a/b").row, "/log/**");
});

Deno.test("device page: what no row knows is a look of the operator or an edit of the manufacturer", () => {
  deepEqual([classify("GET", "/new").capability, classify("GET", "/new").role], ["view", "operator"]);
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    deepEqual([classify(method, "/new").capability, classify(method, "/new").role], ["edit", "manufacturer"]);
  }
  equal(classify("POST", "/").row, "unknown", "a known page with a method that it does not have");
  equal(classify("POST", "/upload/a/b").row, "unknown");
});

Deno.test("device page: a request is as strict as its strictest setting, wherever it stands", () => {
  const write = (...names: string[]) =>
    classify("POST", "/json/settings.json", ...names.map((name) => [name, "v"] as [string, string]));
  equal(write("Language_web").role, "user");
  equal(write("Language_web", "Limit_custom").role, "installer");
  equal(write("ManufacturerPwd_custom", "Language_web").role, "manufacturer");
  equal(write("Language_web", "Limit_custom", "NoSuchKey").role, "manufacturer");
  equal(write("Style_web", "ManufacturerPwd_custom").role, "dev");
  equal(write("ManufacturerPwd_custom", "Style_web").role, "dev");
  equal(write().role, "user");
});

Deno.test("device page: a page that reads and carries settings writes; one with a password needs the secrets", () => {
  equal(classify("GET", "/legacy/operator").capability, "view");
  equal(classify("GET", "/legacy/operator", ["SUBMITTYPE", "0d"]).capability, "view");
  equal(classify("GET", "/legacy/operator", ["Language_web", "de"]).capability, "edit");
  equal(classify("GET", "/legacy/operator", ["operatorpwd_CUSTOM", "x"]).capability, "secrets");
  equal(classify("POST", "/json/settings.json", ["Language_web", "de"]).capability, "edit");
});

Deno.test("device page: the same setting twice is refused, also in another case; two connectors are two settings", () => {
  const settings = (...names: string[]): Parameters<typeof request> => [
    "POST",
    "/json/settings.json",
    ...names.map((name) => [name, "v"] as [string, string]),
  ];
  equal(decide(settings("Limit_custom", "Limit_custom")), "ui.setting.repeated");
  equal(decide(settings("Limit_custom", "Language_web", " limit_CUSTOM")), "ui.setting.repeated");
  equal(decide(settings("Limit_custom", "Limit_custom_2")), "anna-bay-07");
});

Deno.test("device page: where all pages share a path, a parameter chooses; twice or in another case it chooses nothing", () => {
  const table: PageTable = {
    rows: [
      { id: "charge records", path: "/cgi", where: { worker: "Records" }, role: "user" },
      { id: "cluster", path: "/cgi", where: { worker: "Cluster", id: "1" }, role: "installer" },
    ],
  };
  const row = (...parameters: [string, string][]) => classifyPage(request("GET", "/cgi", ...parameters), table).row;
  equal(row(["worker", "Records"]), "charge records");
  equal(row(["id", "1"], ["worker", "Cluster"]), "cluster");
  for (
    const other of [[], [["worker", "Cluster"]], [["worker", "records"]], [["WORKER", "Records"]]] as [
      string,
      string,
    ][][]
  ) {
    equal(row(...other), "unknown", JSON.stringify(other));
  }
  const twice = request("GET", "/cgi", ["worker", "Records"], ["Worker", "Cluster"]);
  equal(decidePage(classifyPage(twice, table), ANNA).rule, "ui.setting.repeated");
  equal(classifyPage(request("GET", "/elsewhere", ["worker", "a"], ["worker", "b"]), table).repeated, undefined);
});

Deno.test("device page: what a grant covers passes by the grant's name, for each role and capability", () => {
  for (const [at, role] of DEVICE_ROLES.entries()) {
    equal(decide(["GET", "/log/a"], { role }), at >= 2 ? "anna-bay-07" : "ui.page.role", role);
    equal(decide(["GET", "/new"], { role }), at >= 1 ? "anna-bay-07" : "ui.page.role", role);
    equal(decide(["GET", "/"], { role }), "anna-bay-07", role);
  }
  for (const capability of CAPABILITIES) {
    equal(
      decide(["POST", "/upload/image"], { capabilities: [capability] }),
      capability === "firmware" ? "anna-bay-07" : "ui.page.capability",
    );
  }
  equal(decide(["GET", "/"], { capabilities: [] }), "ui.page.capability");
});

const SOCKETS: readonly [path: string, capability: string][] = [
  ["/live", "view"],
  ["/console", "reset"],
  ["/", "edit"],
  ["/new", "edit"],
  ["/legacy/operator", "edit"],
];
for (const [path, capability] of SOCKETS) {
  Deno.test(`device page: a WebSocket at ${path} needs ${capability}`, () => {
    equal(classifyPage({ ...request("GET", path), webSocket: true }, TABLE).capability, capability);
  });
}

Deno.test("device page: a WebSocket that carries a setting writes, also where it shows what happens", () => {
  const rows = [{ id: "live", path: "/live", socket: "live", settings: {} }] as const;
  const open = { ...request("GET", "/live", ["Language_web", "de"]), webSocket: true };
  equal(classifyPage(open, { keys: KEYS, rows }).capability, "edit");
  equal(classifyPage({ ...open, parameters: [] }, { keys: KEYS, rows }).capability, "view");
});

Deno.test("device page: who may change something speaks over a WebSocket, nobody else", () => {
  for (const capability of CAPABILITIES) equal(maySpeak({ capabilities: [capability] }), capability === "edit");
  equal(maySpeak({ capabilities: [] }), false);
});

Deno.test("BC-09: the old pages are blocked, open by a grant that names them, or open", () => {
  const page: Parameters<typeof request> = ["GET", "/legacy/operator"];
  equal(decide(page), "ui.page.legacy");
  equal(decide(page, { grantsLegacy: true }), "ui.page.legacy");
  equal(decide(page, { legacy: "by-grant" }), "ui.page.legacy");
  equal(decide(page, { legacy: "by-grant", grantsLegacy: true }), "anna-bay-07");
  equal(decide(page, { legacy: "allowed" }), "anna-bay-07");
});

Deno.test("device page: logins and pages that the device shows to anybody are the driver's alone", () => {
  for (const role of DEVICE_ROLES) {
    equal(decide(["POST", "/login"], { role, capabilities: CAPABILITIES }), "ui.page.driver-only");
  }
});

Deno.test("device page: nobody shuts the gateway out of a device, whatever the grant", () => {
  const all = { role: "manufacturer" as DeviceRole, capabilities: CAPABILITIES };
  equal(decide(["POST", "/json/settings.json", ["Lan_custom", "OFF"]], all), "ui.setting.lockout");
  equal(decide(["POST", "/json/settings.json", ["Lan_custom", "on"]], all), "anna-bay-07");
  equal(decide(["POST", "/json/settings.json", ["Style_web", "x"]], all), "ui.setting.dev");
});

Deno.test("BC-12, CVE-2026-8980: a lower role sets no password of a higher one", () => {
  const write = (name: string, role: DeviceRole) =>
    decide(["POST", "/json/settings.json", ["Language_web", "de"], [name, "x"]], {
      role,
      capabilities: CAPABILITIES,
    });
  equal(write("OperatorPwd_custom", "user"), "ui.page.role");
  equal(write("OperatorPwd_custom", "operator"), "anna-bay-07");
  equal(write("ManufacturerPwd_custom", "operator"), "ui.page.role");
  equal(write("MANUFACTURERPWD", "installer"), "ui.page.role");
  equal(write("ManufacturerPwd_custom", "manufacturer"), "anna-bay-07");
});

Deno.test("device page: a refusal names the setting and the grant, never a value", () => {
  const refusal = decidePage(classify("POST", "/json/settings.json", ["ManufacturerPwd_custom", "hunter2"]), ANNA);
  if (refusal.effect !== "deny") throw new Error("allowed");
  match(refusal.reason, /The setting ManufacturerPwd_custom is the manufacturer's; grant anna-bay-07 is for installer/);
  equal(JSON.stringify(refusal).includes("hunter2"), false);
});

const PATHS: readonly (readonly [path: string, pattern: string, matches: boolean])[] = [
  ["/", "/", true],
  ["/a", "/", false],
  ["/a/b", "/a/*", true],
  ["/a/", "/a/*", true],
  ["/a/b/c", "/a/*", false],
  ["/a", "/a/**", true],
  ["/a/b/c", "/a/**", true],
  ["/ab", "/a/**", false],
  ["/app.1a2b.js", "/app.*.js", true],
  ["/app.js", "/app.*.js", false],
  ["/app..js", "/app.*.js", true],
  ["/A", "/a", false],
  ["/anything/at/all", "/**", true],
];
for (const [path, pattern, matches] of PATHS) {
  Deno.test(`device page: ${path} ${matches ? "is" : "is not"} ${pattern}`, () => {
    equal(matchesPath(path, pattern), matches);
  });
}
