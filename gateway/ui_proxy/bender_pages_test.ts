import { deepEqual, equal, ok } from "node:assert/strict";
import { parse } from "yaml";
import { BENDER_KEYS } from "../../profiles/controllers/bender_keys.ts";
import { BENDER_PAGES, BENDER_PATCHES } from "../../profiles/controllers/bender_pages.ts";
import { CAPABILITIES, type Capability, type DeviceRole } from "../../policies/access_types.ts";
import { classifyKey, type KeyTable } from "../../policies/device_key.ts";
import { classifyPage, decidePage, type PageTable } from "../../policies/device_page.ts";
import { judgePatches } from "../../policies/page_patch.ts";

const KEYS: KeyTable = BENDER_KEYS;
const TABLE: PageTable = { rows: BENDER_PAGES, keys: KEYS };

/** The rule that decides about a request of this role, which has every capability; old pages are open by grant. */
function decide(role: DeviceRole, method: string, path: string, ...parameters: [string, string][]): string {
  const page = classifyPage({ method, path, parameters }, TABLE);
  const access = {
    grant: "pass",
    role,
    capabilities: CAPABILITIES,
    legacy: "by-grant",
    grantsLegacy: true,
  } as const;
  return decidePage(page, access).rule;
}

Deno.test("bender keys: no key stands in two groups of different classes, each has a module that the table knows", () => {
  const keys = KEYS.groups.flatMap(({ keys }) => keys);
  deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), []);
  const strange = keys.filter((key) =>
    !key.includes("*") && key !== "RCMBDelta" && !KEYS.modules.some((module) => key.endsWith(`_${module}`))
  );
  deepEqual(strange, []);
  ok(keys.length > 180);
});

const CLASSES: readonly (readonly [name: string, role: string, flags: string])[] = [
  ["DisplayLanguage_hmi", "user", ""],
  ["OperatorPwdPlain_custom", "operator", "secret"],
  ["OperatorPwdPlain", "operator", "secret"],
  ["UserPwdPlain_custom", "user", "secret"],
  ["ManufacturerPwd_custom", "manufacturer", "secret"],
  ["InstallerPwd_custom", "manufacturer", "secret"],
  ["HTTPBasicAuthPassword", "installer", "secret"],
  ["WLANPassword_wlan", "installer", "secret"],
  ["JsonOCPPBackendURL", "installer", "lockout"],
  ["WebUIEnabledLAN_tcpip", "manufacturer", "lockout"],
  ["WebUIStyle_web", "dev", "lockout"],
  ["AllowFirmwareDowngrade_custom", "dev", ""],
  ["InstallationCurrentLimit_vehicleif_2", "installer", "safety"],
  ["TiltSensor_mon", "manufacturer", "safety"],
  ["UsbSomethingNew_usbhotplug", "manufacturer", ""],
  ["NTPServer1", "installer", ""],
  ["FllList_fll", "operator", "secret"],
];
for (const [name, role, flags] of CLASSES) {
  Deno.test(`bender keys: ${name} is the ${role}'s${flags && `, ${flags}`}`, () => {
    const key = classifyKey(name, KEYS);
    equal(key.role, role);
    deepEqual([key.secret && "secret", key.safety && "safety", key.lockout && "lockout"].filter(Boolean).join(), flags);
  });
}

Deno.test("CVE-2026-8979: the user's password is not set by a form of the old pages without the grant for it", () => {
  for (const path of ["/legacy/operator/operator", "/operator/operator"]) {
    const page = classifyPage({
      method: "POST",
      path,
      parameters: [["UserPwdPlain_custom", "x"], ["SUBMITTYPE", "0d"]],
    }, TABLE);
    deepEqual([page.capability, page.role, page.legacy], ["secrets", "operator", true]);
    const access = {
      grant: "g",
      role: "operator",
      capabilities: ["view", "edit"],
      legacy: "allowed",
      grantsLegacy: true,
    } as const;
    equal(decidePage(page, access).rule, "ui.page.capability");
  }
});

Deno.test("CVE-2026-8980: no user sets the operator's or manufacturer's password, in whichever place of the JSON", () => {
  const write = (role: DeviceRole, ...keys: string[]) =>
    decide(role, "POST", "/json/settings.json", ...keys.map((key) => [key, "x"] as [string, string]));
  equal(write("user", "OperatorPwdPlain_custom"), "ui.page.role");
  equal(write("user", "DisplayLanguage_hmi", "ManufacturerPwd_custom"), "ui.page.role");
  equal(write("operator", "DisplayLanguage_hmi", "OperatorPwdPlain_custom", "ManufacturerPwd_custom"), "ui.page.role");
  equal(write("operator", "OperatorPwdPlain_custom", "operatorpwdplain_custom"), "ui.setting.repeated");
  equal(write("user", "DisplayLanguage_hmi"), "pass");
});

Deno.test("bender pages: settings in the query of a read are judged like those in a form", () => {
  equal(decide("operator", "GET", "/legacy/operator/operator", ["ManufacturerPwd_custom", "x"]), "ui.page.role");
  equal(decide("operator", "GET", "/legacy/operator/operator", ["WebUIEnabledLAN_tcpip", "off"]), "ui.setting.lockout");
  equal(decide("operator", "GET", "/legacy/operator/operator"), "pass");
});

Deno.test("bender pages: what the device shows to anybody and its logins are closed towards people", () => {
  for (const path of ["/doc/doc_1", "/doc/doc_2", "/rest/full_state", "/rest/auth_uid", "/v1/login", "/json/login"]) {
    equal(decide("manufacturer", "GET", path), "ui.page.driver-only", path);
  }
});

Deno.test("bender pages: the new pages open for every role, the manufacturer's old ones for nobody else", () => {
  for (const path of ["/", "/groups/system", "/webui/static/js/app.1a2b.js"]) {
    equal(decide("user", "GET", path), "pass", path);
  }
  for (const path of ["/legacy/manufacturer/manufacturer", "/manufacturer/manufacturer", "/legacy/other"]) {
    equal(decide("installer", "GET", path), "ui.page.role", path);
    equal(decide("manufacturer", "GET", path), "pass", path);
  }
});

Deno.test("bender patches: a command in a value stops before firmware 5.20.2 and passes from there", () => {
  const write = { method: "POST", path: "/json/settings.json", parameters: [["NTPServer1_ntp", "a;reboot"]] } as const;
  equal(judgePatches(write, "5.13.1-1", BENDER_PATCHES)?.rule, "ui.patch.CVE-2021-34592");
  equal(
    judgePatches({ ...write, parameters: [["NTPServer1_ntp", "ntp.example"]] }, "5.13.1-1", BENDER_PATCHES),
    undefined,
  );
  equal(judgePatches(write, "5.33.5", BENDER_PATCHES), undefined);
});

/** One case of policies/cases/device_pages_bender.yaml. */
interface Case {
  readonly case: string;
  readonly role: DeviceRole;
  readonly capabilities?: readonly Capability[];
  readonly legacy?: boolean;
  readonly request: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly rule: string;
}

const file = new URL("../../policies/cases/device_pages_bender.yaml", import.meta.url);
for (const tried of (parse(Deno.readTextFileSync(file)) as { cases: readonly Case[] }).cases) {
  Deno.test(`policy case device_pages_bender.yaml: ${tried.case} (${tried.rule})`, () => {
    const [method, path] = tried.request.split(" ") as [string, string];
    const page = classifyPage({ method, path, parameters: Object.entries(tried.settings ?? {}) }, TABLE);
    const { rule } = decidePage(page, {
      grant: "grant",
      role: tried.role,
      capabilities: tried.capabilities ?? CAPABILITIES,
      legacy: "by-grant",
      grantsLegacy: tried.legacy ?? false,
    });
    equal(rule, tried.rule);
  });
}
