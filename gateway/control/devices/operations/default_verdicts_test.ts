import { deepEqual, equal, match } from "node:assert/strict";
import { BenderPages } from "../../../demo/controllers/bender.ts";
import { charxPages } from "../../../demo/controllers/charx.ts";
import { faultyDevice } from "../../../demo/controllers/faulty_device.ts";
import { OperationRig } from "../testing/operation_rig.ts";
import { documentedOf } from "./default_verdicts.ts";

const who = "mia", station = "CP001";
const verdictOf = async (rig: OperationRig, again = false) =>
  (await rig.operations.defaultCredentials({ station, who, again })).map(({ role, verdict }) => `${role} ${verdict}`);

const bender = (operator: string) =>
  new BenderPages({ passwords: { operator, manufacturer: "boss-Pass1" }, dialects: ["json"] });

Deno.test("EV-01: a documented password that works is found by one try, and not tried again", async () => {
  const device = bender("yellow_zone");
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: {} });
  deepEqual(await verdictOf(rig), ["operator default"]);
  const asked = rig.device.asked.length;
  deepEqual(await verdictOf(rig), ["operator unknown"], "what it is today nobody looked");
  equal(rig.device.asked.length, asked);
  const { text, ok } = await rig.devices.command("device check", { station });
  match(text, /device check --again/);
  equal(ok, true);
  equal((await rig.devices.command("device check", { station, again: true as never })).ok, false, "exit code 1");
});

Deno.test("EV-01: one that is refused is changed for good, after a restart of the gateway too", async () => {
  const device = bender("somebody-Set1t");
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: {} });
  deepEqual(await verdictOf(rig), ["operator changed"]);
  equal(device.accounts.wrongTries, 1);
  await using again = await OperationRig.open(
    { driver: "bender", pages: device.pages, accounts: {} },
    rig.devices.store,
  );
  deepEqual(await verdictOf(again), ["operator changed"]);
  equal(device.accounts.wrongTries, 1);
});

Deno.test("EV-01: where the site's own password comes in, nothing is tried, and it is the verdict", async () => {
  const device = bender("Own-password1");
  const accounts = { operator: { password: "Own-password1" } };
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts });
  deepEqual(await verdictOf(rig), ["operator changed"]);
  equal(device.accounts.wrongTries, 0);
  const left = bender("yellow_zone");
  await using two = await OperationRig.open({
    driver: "bender",
    pages: left.pages,
    accounts: { operator: { password: "yellow_zone" } },
  });
  deepEqual(await verdictOf(two), ["operator default"]);
});

Deno.test("EV-01, EV-11: a documented password is never the second refused login", async () => {
  const device = bender("somebody-Set1t");
  const accounts = { operator: { password: "wrong-Pass1" } };
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts });
  const [verdict] = await rig.operations.defaultCredentials({ station, who });
  deepEqual([verdict!.verdict, device.accounts.wrongTries], ["unknown", 1]);
  match(verdict!.why!, /station login-retry/);
});

Deno.test("EV-01: who finishes an adoption after posture has looked hears that the factory's password works, and that it is changed", async () => {
  const device = bender("yellow_zone");
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts: {} });
  const read = async (repeats: boolean) =>
    (await rig.operations.defaultCredentials({ station, who, repeats })).map(({ verdict }) => verdict);
  deepEqual(await read(false), ["default"], "posture's look, by itself");
  deepEqual(await read(false), ["unknown"]);
  deepEqual(await read(true), ["default"]);
  device.accounts.change("operator", "somebody-Set1t");
  deepEqual([await read(true), device.accounts.wrongTries], [["changed"], 1]);
  deepEqual([await read(true), device.accounts.wrongTries], [["changed"], 1], "what was refused is not tried again");
});

Deno.test("EV-30: at a controller that was reset the factory's password is the only one that is tried", async () => {
  const device = bender("yellow_zone"), accounts = { operator: { password: "of-the-Vault1" } };
  await using rig = await OperationRig.open({ driver: "bender", pages: device.pages, accounts });
  const reset = { station, who, again: true, isReset: true };
  const read = async () => (await rig.operations.defaultCredentials(reset)).map(({ verdict }) => verdict);
  deepEqual([await read(), device.accounts.wrongTries], [["default"], 0], "the site's own would be refused there");
  deepEqual(await read(), ["default"], "as often as somebody says that it was reset");
  device.accounts.change("operator", "not-Reset1");
  deepEqual([await read(), device.accounts.wrongTries], [["changed"], 1]);
});

Deno.test("EV-01: a try that broke off counts as the one try; one that never came to the controller does not", async () => {
  const device = bender("yellow_zone");
  let isGone = true;
  const pages: typeof device.pages = (request) => isGone ? { status: 200, drops: true } : device.pages(request);
  await using rig = await OperationRig.open({ driver: "bender", pages, accounts: {} });
  deepEqual(await verdictOf(rig), ["operator unknown"]);
  isGone = false;
  deepEqual(await verdictOf(rig), ["operator default"]);
  const charx = charxPages({ manufacturer: "manufacturer" });
  const dies = faultyDevice(charx.pages, "dies-before", ({ path }) => path.endsWith("/login"));
  await using two = await OperationRig.open({ driver: "charx", pages: dies, accounts: {} });
  deepEqual(await verdictOf(two), ["manufacturer unknown"]);
  const asked = two.device.asked.length;
  deepEqual(await verdictOf(two), ["manufacturer unknown"]);
  equal(two.device.asked.length, asked, "not a second time");
});

Deno.test("EV-01: a controller that forces the change of its first password has it still", async () => {
  const charx = charxPages({ manufacturer: "manufacturer" }, { unchanged: ["manufacturer"] });
  await using rig = await OperationRig.open({ driver: "charx", pages: charx.pages, accounts: {} });
  deepEqual(await verdictOf(rig), ["manufacturer default"]);
});

Deno.test("EV-01: of a controller without a documented password a person has to say it", async () => {
  const device = bender("x");
  await using rig = await OperationRig.open({ driver: "basic", pages: device.pages, accounts: {} });
  deepEqual(await verdictOf(rig), []);
  match((await rig.devices.command("device check", { station })).text, /a person has to see to it/);
  deepEqual(rig.device.asked, []);
});

Deno.test("EV-01: documented passwords are of drivers that can log in, one for each account", () => {
  for (const driver of ["bender", "charx"]) {
    const all = documentedOf(driver);
    equal(new Set(all.map(({ role }) => role)).size, all.length);
  }
  deepEqual(documentedOf("alfen"), []);
});
