import { deepEqual, equal, match } from "node:assert/strict";
import type { OperationResult } from "../../../core/device_operations_api.ts";
import { alfenPages } from "../../../demo/controllers/alfen.ts";
import { BenderPages } from "../../../demo/controllers/bender.ts";
import { charxPages } from "../../../demo/controllers/charx.ts";
import { evlinkPages } from "../../../demo/controllers/evlink_parking.ts";
import { kebaPages } from "../../../demo/controllers/keba_p40.ts";
import { basicPages, formPages, guidedPages } from "../../../demo/controllers/plain_devices.ts";
import type { SimAccounts } from "../../../demo/controllers/sim_accounts.ts";
import type { SimPages } from "../../../demo/controllers/simulated_device.ts";
import { OperationRig } from "../testing/operation_rig.ts";

const said = (result: OperationResult): string => result.ok ? "ok" : result.failure;
const who = "mia", station = "CP001", RIGHT = "Right-pass1", NEXT = "Next-pass2";
const FORM = `title: Form controller
formPath: /login
nameField: user
passwordField: pass
success: { status: [302], cookie: SID, location: /home }
accounts: { installer: admin }
password: { formPath: /password, oldField: old, newField: new, repeatField: again, success: { text: Changed } }
settings: { path: /settings, success: { status: [200] } }
logs: { path: /logs, fileName: log.txt }
firmware: { path: /update, field: image, fields: { confirm: "yes" }, success: { text: accepted } }
reboot: { path: /reboot, success: { text: restarting } }
version: { path: /info, after: "Firmware version" }
`;

interface Family {
  readonly driver: string;
  readonly role: "installer" | "operator";
  readonly device: () => { readonly pages: SimPages; readonly accounts: SimAccounts };
}
const ADMIN = { admin: RIGHT }, OPERATOR = { operator: RIGHT };
const FAMILIES: readonly Family[] = [
  { driver: "alfen", role: "installer", device: () => alfenPages(ADMIN) },
  { driver: "basic", role: "operator", device: () => basicPages(OPERATOR) },
  {
    driver: "bender",
    role: "operator",
    device: () => new BenderPages({ passwords: OPERATOR, dialects: ["legacyForm"] }),
  },
  { driver: "charx", role: "operator", device: () => charxPages(OPERATOR) },
  { driver: "evlink-parking", role: "installer", device: () => evlinkPages(ADMIN) },
  { driver: "form", role: "installer", device: () => formPages(ADMIN) },
  { driver: "keba-p40", role: "installer", device: () => kebaPages(ADMIN) },
];

for (const { driver, role, device } of FAMILIES) {
  Deno.test(`EV-04, EV-11: ${driver}: a secret is proven in its own role, a wrong one refused twice and no more`, async () => {
    const { pages, accounts } = device();
    const form = driver === "form" ? { form: FORM } : {};
    await using rig = await OperationRig.open({ driver, pages, accounts: { [role]: { password: RIGHT } }, ...form });
    equal(said(await rig.operations.proveLogin({ station, who, role })), "ok");
    const wrong = { station, who, role, secret: { password: "Wrong-pass0" } };
    deepEqual([await rig.operations.proveLogin(wrong), await rig.operations.proveLogin(wrong)].map(said), [
      "refused",
      "refused",
    ]);
    equal(said(await rig.operations.proveLogin({ station, who, role })), "spent");
    equal(accounts.wrongTries, 2, "the device locks at six");
    equal(said(await rig.operations.proveLogin({ station, who, role: "user" })), "no-account");
  });
}

Deno.test("guided: no login is tried where nobody knows one, and every operation has its steps in both languages", async () => {
  const { pages } = guidedPages(ADMIN);
  await using rig = await OperationRig.open({ driver: "guided", pages, accounts: {} });
  equal(
    said(await rig.operations.proveLogin({ station, who, role: "installer", secret: { password: "x" } })),
    "unsupported",
  );
  const { can, prove, steps } = rig.operations.capabilities(station);
  deepEqual([can, prove, Object.keys(steps).length], [[], false, 8]);
  for (const step of Object.values(steps)) match(`${step.en} ${step.de}`, /\S+ .*\. .*\S+/s);
  deepEqual(rig.device.asked, []);
});

Deno.test("form: all that a form file says is done: password, settings, logs, firmware in a form, restart", async () => {
  const { pages, work, accounts } = formPages(ADMIN);
  await using rig = await OperationRig.open({
    driver: "form",
    pages,
    accounts: { installer: { password: RIGHT } },
    form: FORM,
  });
  const { operations } = rig;
  const read = await operations.readSettings({ station, who });
  deepEqual(read.ok && read.settings, [["limit", "16"], ["mode", "a"]]);
  deepEqual(await operations.writeSettings({ station, who, settings: [["limit", "10"]] }), {
    ok: true,
    applied: ["limit"],
    differs: [],
  });
  deepEqual([...work.settings], [["limit", "10"], ["mode", "a"]]);
  const logs = await operations.download({ station, who, what: "logs" });
  equal(logs.ok && logs.download.fileName, "log.txt");
  equal(said(await operations.uploadFirmware({ station, who, sha256: rig.sha256 })), "ok");
  const [upload] = work.uploads;
  match(upload!.type, /^multipart\/form-data; boundary=bulkhead-/);
  match(
    upload!.body,
    /name="confirm"\r\n\r\nyes\r\n--[\s\S]*name="image"; filename="fw_v2\.bin"\r\n[\s\S]*\r\n\r\nfirmware /,
  );
  equal(said(await operations.reboot({ station, who })), "ok");
  equal(work.restarts, 1);
  const change = { station, who, role: "installer", old: { password: RIGHT }, next: NEXT } as const;
  equal(said(await operations.setPassword(change)), "ok");
  equal(said(await operations.setPassword(change)), "refused", "the old one is over");
  equal(accounts.wrongTries, 1);
});

Deno.test("BC-05: the option that forces a change at the next login is read and set by the driver", async () => {
  const device = new BenderPages({ passwords: OPERATOR, dialects: ["json"] });
  device.settings.set("EnforcePwdChange_custom", "Off");
  await using rig = await OperationRig.open({
    driver: "bender",
    pages: device.pages,
    accounts: { operator: { password: RIGHT } },
  });
  const keys = ["EnforcePwdChange_custom"];
  const before = await rig.operations.readSettings({ station, who, keys });
  deepEqual(before.ok && before.settings, [["EnforcePwdChange_custom", "Off"]]);
  const set = await rig.operations.writeSettings({ station, who, settings: [["EnforcePwdChange_custom", "On"]] });
  deepEqual(set.ok && set.applied, keys);
});

Deno.test("BC-09: the setting that leaves only one interface is written by nobody: it is undone by SSH alone", async () => {
  const device = new BenderPages({ passwords: { manufacturer: RIGHT }, dialects: ["json"] });
  await using rig = await OperationRig.open({
    driver: "bender",
    pages: device.pages,
    accounts: { manufacturer: { password: RIGHT } },
  });
  const result = await rig.operations.writeSettings({ station, who, settings: [["WebUIStyle_web", "2"]] });
  equal(result.ok ? "" : result.rule, "import.setting.lockout");
  equal(device.settings.has("WebUIStyle_web"), false);
});

const VERSIONS:
  readonly (readonly [driver: string, role: "installer" | "operator", pages: SimPages, version: string])[] = [
    ["alfen", "installer", alfenPages(ADMIN).pages, "6.6.0-4210"],
    ["bender", "operator", new BenderPages({ passwords: OPERATOR, dialects: ["v1"] }).pages, "5.22.1-13295"],
    ["form", "installer", formPages(ADMIN).pages, "2.4.1-b7"],
  ];
for (const [driver, role, pages, version] of VERSIONS) {
  Deno.test(`readVersion: ${driver}: the version that the controller says it runs, in one login, and audited`, async () => {
    const form = driver === "form" ? { form: FORM } : {};
    await using rig = await OperationRig.open({ driver, pages, accounts: { [role]: { password: RIGHT } }, ...form });
    deepEqual(await rig.operations.readVersion({ station, who }), { ok: true, version });
    deepEqual(rig.audited, ["version ok"]);
  });
}

Deno.test("readVersion: a driver that knows no way has the step for a person; a page without a version is no version", async () => {
  await using keba = await OperationRig.open({ driver: "keba-p40", ...kebaPages(ADMIN), accounts: {} });
  const none = await keba.operations.readVersion({ station, who });
  match(none.ok ? "" : `${none.failure} ${none.step!.en}`, /unsupported .*compare it letter by letter/);
  const { pages } = formPages(ADMIN);
  const blank: SimPages = (request) =>
    request.path === "/info" ? { status: 200, body: "<p>Hello</p>" } : pages(request);
  const accounts = { installer: { password: RIGHT } };
  await using rig = await OperationRig.open({ driver: "form", pages: blank, accounts, form: FORM });
  equal(said(await rig.operations.readVersion({ station, who })), "strange");
  await using bare = await OperationRig.open({ driver: "form", pages, accounts: {}, form: FORM });
  equal(said(await bare.operations.readVersion({ station, who })), "no-account");
});
