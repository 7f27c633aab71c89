import { deepEqual, equal, match, ok } from "node:assert/strict";
import { waitFor } from "../../../../tests/support/wait_for.ts";
import type { OperationResult } from "../../../core/device_operations_api.ts";
import { alfenPages } from "../../../demo/controllers/alfen.ts";
import { BenderPages } from "../../../demo/controllers/bender.ts";
import { charxPages } from "../../../demo/controllers/charx.ts";
import { type DeviceFault, faultyDevice } from "../../../demo/controllers/faulty_device.ts";
import { OperationRig } from "../testing/operation_rig.ts";
import { OPERATION_LIMITS } from "./limits.ts";

const OLD = "Old-password1", NEW = "New-password2";
const said = (result: OperationResult): string => result.ok ? "ok" : result.failure;
const who = "mia", station = "CP001";

type Dialect = "v1" | "json" | "legacyForm";
const bender = (dialect: Dialect, endsLogins = false) =>
  new BenderPages({ passwords: { operator: OLD, manufacturer: OLD, user: OLD }, dialects: [dialect], endsLogins });
const account = { operator: { password: OLD }, manufacturer: { password: OLD } };

for (const dialect of ["v1", "json", "legacyForm"] as const) {
  Deno.test(`BC-01: the operator's password is set and proven at a Bender controller, by ${dialect}`, async () => {
    const device = bender(dialect, true);
    await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: account });
    const change = { station, who, role: "operator", old: { password: OLD }, next: NEW } as const;
    equal(said(await rig.operations.setPassword(change)), "ok");
    equal(said(await rig.operations.proveLogin({ station, who, role: "operator", secret: { password: NEW } })), "ok");
    equal(
      said(await rig.operations.proveLogin({ station, who, role: "operator", secret: { password: OLD } })),
      "refused",
    );
    deepEqual(rig.audited, ["password ok", "prove ok", "prove ok", "prove refused device-operation.refused"]);
    const logins = rig.devices.audited.filter(({ event }) => event === "device.login.made");
    ok(logins.length > 0 && logins.every(({ detail }) => detail?.["tried"] === true), "none with the site's own");
    const text = JSON.stringify(rig.devices.audited);
    equal([OLD, NEW].some((secret) => text.includes(secret)), false, "no secret in the audit");
    equal(rig.device.asked.some((line) => line.includes("Pwd") || line.includes(NEW)), false, "none in a query");
  });
}

Deno.test("BC-04: the manufacturer's password of the old form, which wants a field that nobody named, is a guided step", async () => {
  const device = bender("legacyForm");
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: account });
  const change = { station, who, role: "manufacturer", old: { password: OLD }, next: NEW } as const;
  equal(said(await rig.operations.setPassword(change)), "unsupported");
  equal(device.settings.has("ManufacturerPwd_custom"), false);
  const { steps, passwords } = rig.operations.capabilities(station);
  match(steps.logs!.de, /Protokolle/);
  deepEqual(passwords, ["user", "operator", "manufacturer"]);
  const installer = await rig.operations.setPassword({ ...change, role: "installer" });
  match(installer.ok ? "" : installer.step!.en, /legacy page.*BC-04/);
});

/** Where a password goes at a CHARX. */
const isChange = ({ path }: { readonly path: string }) => path.endsWith("/user/change-password");
const FAULTS: readonly [fault: DeviceFault, outcome: string, holds: string, refused: number][] = [
  ["dies-before", "rejected", OLD, 0],
  ["dies-after", "ok", NEW, 1],
  ["says-yes", "rejected", OLD, 1],
  ["says-no", "ok", NEW, 1],
  ["error-text", "rejected", OLD, 0],
  ["raves", "ok", NEW, 1],
];
for (const [fault, outcome, holds, refused] of FAULTS) {
  Deno.test(`setPassword: a controller that ${fault} when asked: ${outcome}, and what it has is proven`, async () => {
    const charx = charxPages({ operator: OLD });
    let wrong = 0;
    const faulty = faultyDevice(charx.pages, fault, isChange);
    const pages: typeof faulty = (request) => {
      const before = charx.accounts.wrongTries, answer = faulty(request);
      if (charx.accounts.wrongTries > before) wrong++;
      return answer;
    };
    await using rig = await OperationRig.open({ driver: "charx", pages, accounts: { operator: { password: OLD } } });
    const change = { station, who, role: "operator", old: { password: OLD }, next: NEW } as const;
    equal(said(await rig.operations.setPassword(change)), outcome);
    const proven = await rig.operations.proveLogin({ station, who, role: "operator", secret: { password: holds } });
    equal(said(proven), "ok");
    equal(wrong, refused, "logins that the controller refused");
  });
}

Deno.test("setPassword: a controller that restarts meanwhile is waited for", async () => {
  const charx = charxPages({ operator: OLD });
  let away = 0;
  const dies = faultyDevice(charx.pages, "dies-after", isChange);
  const pages: typeof dies = (request) => {
    if (away > 0) return { status: 200, drops: true };
    if (isChange(request)) away = 1;
    return dies(request);
  };
  await using rig = await OperationRig.open({ driver: "charx", pages, accounts: { operator: { password: OLD } } });
  const change = { station, who, role: "operator", old: { password: OLD }, next: NEW } as const;
  const set = rig.operations.setPassword(change);
  await waitFor("the first try to prove it", () => rig.audited.length === 2);
  away = 0;
  rig.devices.time.advance(OPERATION_LIMITS.provePauseMs);
  equal(said(await set), "ok");
  equal(charx.accounts.wrongTries, 0);
});

Deno.test("setPassword: a controller that stays away leaves it open, and both passwords are to be kept", async () => {
  const charx = charxPages({ operator: OLD });
  let isGone = false;
  const pages: typeof charx.pages = (request) => {
    if (isGone) return { status: 200, drops: true };
    const answer = charx.pages(request);
    if (isChange(request)) isGone = true;
    return answer;
  };
  await using rig = await OperationRig.open({ driver: "charx", pages, accounts: { operator: { password: OLD } } });
  const set = rig.operations.setPassword({ station, who, role: "operator", old: { password: OLD }, next: NEW });
  let isOver = false;
  set.then(() => isOver = true);
  await waitFor("the change to be asked for", () => isGone);
  await waitFor("the tries to end", () => {
    rig.devices.time.advance(OPERATION_LIMITS.provePauseMs);
    return isOver;
  });
  const result = await set;
  equal(said(result), "unknown");
  match(result.ok ? "" : result.why, /neither password could be proven/);
});

Deno.test("setPassword: a wrong old password changes nothing, and after two refusals nothing is tried", async () => {
  const charx = charxPages({ operator: "another" });
  await using rig = await OperationRig.open({
    driver: "charx",
    pages: charx.pages,
    accounts: { operator: { password: OLD } },
  });
  const change = { station, who, role: "operator", next: NEW } as const;
  equal(said(await rig.operations.setPassword({ ...change, old: { password: OLD } })), "refused");
  equal(said(await rig.operations.setPassword({ ...change, old: { password: "Older-password0" } })), "refused");
  for (const password of [OLD, "Third-password3", "another"]) {
    equal(
      said(await rig.operations.setPassword({ ...change, old: { password } })),
      "spent",
      "another secret is no new try",
    );
  }
  equal(charx.accounts.wrongTries, 2);
  await rig.devices.command("station login-retry", { station });
  equal(said(await rig.operations.setPassword({ ...change, old: { password: "another" } })), "ok");
});

Deno.test("EV-13: a password that breaks the rule, or is the old one or the maker's, reaches no controller", async () => {
  const charx = charxPages({ operator: OLD, manufacturer: OLD });
  await using rig = await OperationRig.open({
    driver: "charx",
    pages: charx.pages,
    accounts: { operator: { password: OLD } },
  });
  for (const next of ["short", "no-digit-Here", OLD, "manufacturer"]) {
    const result = await rig.operations.setPassword({ station, who, role: "operator", old: { password: OLD }, next });
    equal(result.ok ? "" : result.rule, "device-password.rule");
  }
  deepEqual(rig.device.asked, []);
});

Deno.test("EV-12, BC-05: a controller that forces a change gets it from the driver, and does nothing else before", async () => {
  const charx = charxPages({ manufacturer: "manufacturer" }, { unchanged: ["manufacturer"] });
  const accounts = { manufacturer: { password: "manufacturer" } };
  await using rig = await OperationRig.open({ driver: "charx", pages: charx.pages, accounts });
  deepEqual(await rig.operations.proveLogin({ station, who, role: "manufacturer" }), { ok: true, mustChange: true });
  equal(said(await rig.operations.download({ station, who, what: "logs" })), "must-change");
  const old = { password: "manufacturer" };
  equal(said(await rig.operations.setPassword({ station, who, role: "manufacturer", old, next: NEW })), "ok");
  rig.devices.files.set("manufacturer", NEW);
  equal(said(await rig.operations.download({ station, who, what: "logs" })), "ok");
});

Deno.test("operations: they yield to a person who has the only login, and the others to one where they change something", async () => {
  const alfen = alfenPages({ admin: OLD });
  await using one = await OperationRig.open({
    driver: "alfen",
    pages: alfen.pages,
    accounts: { installer: { password: OLD } },
  });
  one.devices.session("a", { person: "anna" });
  const busy = await one.operations.readSettings({ station, who });
  deepEqual(busy.ok ? [] : [busy.failure, busy.person], ["busy", "anna"]);
  deepEqual(one.device.asked, []);
  const device = bender("v1");
  await using two = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: account });
  two.devices.session("a", { person: "anna" });
  equal(said(await two.operations.readSettings({ station, who })), "ok");
  equal(said(await two.operations.writeSettings({ station, who, settings: [["LedBrightness_hmi", "50"]] })), "busy");
});

Deno.test("operations: a person who takes the device over breaks off what is under way", async () => {
  const alfen = alfenPages({ admin: OLD });
  let session = "";
  const pages: typeof alfen.pages = (request) => {
    if (request.path === "/api/prop") rig.operator.lose(session, "anna");
    return alfen.pages(request);
  };
  await using rig = await OperationRig.open({ driver: "alfen", pages, accounts: { installer: { password: OLD } } });
  const operate = rig.devices.operate;
  rig.devices.operate = (args) => operate({ ...args, session: session = args.session });
  const result = await rig.operations.readSettings({ station, who });
  deepEqual(result.ok ? [] : [result.failure, result.person], ["busy", "anna"]);
});

Deno.test("operations: two at one controller come one after the other", async () => {
  const device = bender("json");
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: account });
  const results = await Promise.all([1, 2, 3].map(() => rig.operations.proveLogin({ station, who, role: "operator" })));
  deepEqual(results.map(said), ["ok", "ok", "ok"]);
});

Deno.test("operations: without a Worker, without pages, without an account, without a driver's way", async () => {
  const device = bender("json");
  await using rig = await OperationRig.open({
    driver: "bender",
    pages: device.pages,
    accounts: { operator: { password: OLD } },
  });
  equal(said(await rig.operations.uploadFirmware({ station, who, sha256: rig.sha256 })), "unsupported");
  equal(said(await rig.operations.reboot({ station, who })), "unsupported");
  equal(said(await rig.operations.proveLogin({ station, who, role: "manufacturer" })), "no-account");
  rig.devices.workers = [];
  equal(said(await rig.operations.proveLogin({ station, who, role: "operator" })), "away");
  let code = "";
  await rig.operations.proveLogin({ station: "CP009", who, role: "operator" }).catch((error) => code = error.code);
  equal(code, "UI_NO_PAGES");
  ok(rig.audited.includes("firmware refused device-operation.unsupported"));
});
