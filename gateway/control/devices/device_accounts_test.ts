import { deepEqual, equal } from "node:assert/strict";
import { accountNameOf, deviceAccount, fileAccount } from "./device_accounts.ts";
import { DeviceRig } from "./testing/device_rig.ts";

Deno.test("device accounts: the vault's password wins over the file of the site, under the same name", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("S1"), begin = () => rig.call("device.login.begin", { session });
  const from = await begin();
  deepEqual(from.allowed && from.account, { name: "operator", password: "right" });
  rig.vault.set("CP001 operator", { state: "known", password: "of the vault" });
  const vault = await begin();
  deepEqual(vault.allowed && vault.account, { name: "operator", password: "of the vault" });
  rig.vault.set("CP001 manufacturer", { state: "known", password: "strong one" });
  const boss = await rig.call("device.login.begin", { session: rig.session("S2", { deviceRole: "manufacturer" }) });
  deepEqual(boss.allowed && boss.account, { name: "boss", password: "strong one" });
});

Deno.test("device accounts: the vault alone is enough, also for a role that site.yaml names no account of", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("S1", { deviceRole: "installer" }),
    begin = () => rig.call("device.login.begin", { session });
  deepEqual(await begin(), { allowed: false, why: "no-account" });
  rig.vault.set("CP001 installer", { state: "known", password: "made" });
  const turn = await begin();
  deepEqual(turn.allowed && turn.account, { name: "installer", password: "made" });
});

Deno.test("device accounts: while a password is being changed no login is made, and none is counted", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("S1"), begin = () => rig.call("device.login.begin", { session });
  rig.vault.set("CP001 operator", { state: "changing" });
  for (let at = 0; at < 4; at++) deepEqual(await begin(), { allowed: false, why: "waiting" });
  deepEqual(rig.used, []);
  rig.vault.set("CP001 operator", { state: "known", password: "new" });
  equal((await begin()).allowed, true);
  deepEqual(rig.used, ["CP001 operator p-S1"], "the vault is told for whom it was used");
});

Deno.test("device accounts: a family without such an account has no name for it, whatever the vault says", async () => {
  const station = { id: "AL001", ui: { driver: "alfen", accounts: [] } } as never, files = {} as never;
  equal(accountNameOf(station, "installer", files), "admin");
  equal(accountNameOf(station, "operator", files), undefined);
  equal(accountNameOf({}, "operator", files), undefined, "it has no pages");
  equal(fileAccount(station, "installer", files), undefined);
  const lookup = () => Promise.resolve({ state: "known", password: "any" } as const);
  equal(await deviceAccount(station, "operator", files, lookup), undefined);
  deepEqual(await deviceAccount(station, "installer", files, lookup), { name: "admin", password: "any" });
  equal(await deviceAccount(station, "installer", files, undefined), undefined);
});
