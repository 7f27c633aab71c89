import { equal, match, ok } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const HOUR = 3_600_000;

/** One controller whose password is about to be changed. */
async function changing(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({ stations: [STATIONS[0]!], files: { CP001: "old-of-CP001" }, ...options });
  rig.devices.of("CP001").passwords.set("operator", "old-of-CP001");
  return rig;
}

const has = (rig: SecretRig) => rig.devices.of("CP001").passwords.get("operator")!;
const login = async (rig: SecretRig) => {
  const known = await rig.feature.vault.passwordOf("CP001", "operator");
  return known.state === "known" ? known.password : known.state;
};
const rotate = (rig: SecretRig) => rig.run("rotate", { unit: "CP001", slot: "operator" });

Deno.test("failure matrix: secrets without control", async (t) => {
  await using rig = await changing();
  const killed = Promise.withResolvers<void>();
  rig.devices.onCall = async (when) => {
    if (when === "before" || rig.devices.of("CP001").logins !== 2) return;
    killed.resolve(); // it has taken the new one, and nobody hears it say so
    await new Promise(() => {});
  };
  await rotate(rig);
  await killed.promise;
  const parts = [
    "failure matrix: secrets: control / a change that is under way: it stops where it is: the vault keeps both secrets",
    "failure matrix: secrets: control / pages of controllers: closed for the moment: control gives every login",
    "failure matrix: secrets: control / back in service: by itself within seconds: it asks the controller which one it has",
  ] as const;
  const old = rig.feature.vault.book.get("CP001", "operator")!;
  await t.step(parts[0], async () => {
    const texts = await Promise.all(old.values.map(({ number }) => rig.feature.vault.book.text(old, number)));
    ok(texts.includes("old-of-CP001") && texts.includes(has(rig)));
  });
  await t.step(parts[1], async () => equal(await login(rig), "changing"));
  rig.devices.onCall = () => Promise.resolve();
  await rig.crash();
  await rig.pass(0);
  await t.step(parts[2], async () => equal(await login(rig), has(rig)));
});

Deno.test("failure matrix: secrets without the disk", async (t) => {
  await using rig = await changing({ vault: { escrow: { deliver: "by-hand" } } });
  await rotate(rig);
  const { data } = await rig.run("escrow");
  await rig.run("escrow-ack", { hash: (data as { sha256: string }).sha256 }).then(() => {
    rig.diskFault = new StorageError("STORE_FULL", "no room");
  });
  await rig.pass(HOUR).catch(() => undefined);
  const parts = [
    "failure matrix: secrets: the disk / a change that is under way: closed: no controller is told what could not be stored",
    "failure matrix: secrets: the disk / pages of controllers: open: they log in with what is in force",
    "failure matrix: secrets: the disk / back in service: by itself: it goes on with the first record that fits",
  ] as const;
  await t.step(parts[0], () => equal(has(rig), "old-of-CP001"));
  await t.step(parts[1], async () => equal(await login(rig), "old-of-CP001"));
  rig.diskFault = undefined;
  await rig.pass(HOUR);
  await t.step(parts[2], async () => {
    equal(await login(rig), has(rig));
    ok(has(rig) !== "old-of-CP001");
  });
});

Deno.test("failure matrix: secrets without the place of copies", async (t) => {
  let isAway = true;
  const deliver = () => isAway ? Promise.reject(new Error("no route to host")) : Promise.resolve("nas");
  await using rig = await changing({ deliver });
  await rotate(rig);
  await rig.pass(HOUR);
  const parts = [
    "failure matrix: secrets: the place of copies / a change that is under way: closed: no controller gets a secret that no copy holds, an alarm says so",
    "failure matrix: secrets: the place of copies / pages of controllers: open: they log in with what is in force",
    "failure matrix: secrets: the place of copies / back in service: by itself within minutes, and the alarm ends",
  ] as const;
  await t.step(parts[0], () => {
    equal(rig.devices.of("CP001").logins, 0);
    match(rig.alarms.get("secret.escrow.waiting site")!, /no route/);
  });
  await t.step(parts[1], async () => equal(await login(rig), has(rig)));
  isAway = false;
  await rig.pass(HOUR);
  await t.step(parts[2], async () => {
    equal(rig.alarms.size, 0);
    ok(has(rig) !== "old-of-CP001" && has(rig) === await login(rig));
  });
});

Deno.test("failure matrix: secrets without a controller", async (t) => {
  await using rig = await changing();
  const device = rig.devices.of("CP001");
  device.isAway = true;
  await rotate(rig);
  await rig.pass(HOUR);
  const parts = [
    "failure matrix: secrets: a controller / a change that is under way: nothing was sent: given up, all keep theirs; it was sent: waited for, with an alarm",
    "failure matrix: secrets: a controller / pages of controllers: closed while nobody knows which one it has",
    "failure matrix: secrets: a controller / back in service: by itself: a login tells which one it has",
  ] as const;
  equal(rig.events("secret.rotation.ended").at(-1)!.outcome, "failed");
  equal(await login(rig), "old-of-CP001");
  device.isAway = false;
  rig.devices.onCall = (when) =>
    Promise.resolve(void (when === "after" && device.logins === 2 && (device.isAway = true)));
  await rotate(rig);
  await rig.pass(HOUR);
  await t.step(parts[0], () => equal(rig.alarms.get("secret.unsettled CP001 operator"), "CP001"));
  await t.step(parts[1], async () => equal(await login(rig), "changing"));
  rig.devices.onCall = () => Promise.resolve();
  device.isAway = false;
  await rig.pass(HOUR);
  await t.step(parts[2], async () => {
    equal(await login(rig), has(rig));
    equal(rig.alarms.size, 0);
  });
});
