import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";
import type { SetFault } from "./testing/fake_controllers.ts";
import { ROTATION_LIMITS } from "../../policies/secret_rotation.ts";

const MINUTE = 60_000, HOUR = 3_600_000;
const FILES = { CP001: "old-of-CP001", CP002: "old-of-pair", "CP002-S": "old-of-pair" };

/** A rig whose controllers have what the files of the site say. */
async function rigWith(options: SecretRigOptions = {}): Promise<SecretRig> {
  const rig = await SecretRig.up({ files: FILES, ...options });
  for (const [id, password] of Object.entries(options.files ?? FILES)) {
    rig.devices.of(id).passwords.set("operator", password);
  }
  return rig;
}

/** What the vault would log in with. */
async function known(rig: SecretRig, station: string): Promise<string> {
  const known = await rig.feature.vault.passwordOf(station, "operator");
  return known.state === "known" ? known.password : known.state;
}

const has = (rig: SecretRig, station: string) => rig.devices.of(station).passwords.get("operator")!;
const rotate = (rig: SecretRig, unit: string) => rig.run("rotate", { unit, slot: "operator" });
const state = async (rig: SecretRig, unit: string) =>
  ((await rig.run("list", { unit })).data as { secrets: { state: string }[] }).secrets[0]!.state;

Deno.test("vault: a rotation proves the old one, keeps the new one off the box, sets it and proves it by a fresh login", async () => {
  await using rig = await rigWith();
  await rotate(rig, "CP001");
  await rig.pass(0);
  const now = has(rig, "CP001");
  ok(/^[A-Za-z][A-Za-z0-9.!-]{23}$/.test(now), "as the driver's rule wants it");
  equal(await known(rig, "CP001"), now);
  equal(rig.devices.of("CP001").logins, 3, "proof, change, proof");
  equal(rig.escrowed.length, 1);
  deepEqual(
    rig.audited.map(({ event, outcome }) => `${event} ${outcome}`),
    [
      "secret.rotation.started ok",
      "secret.escrow.made ok",
      "secret.escrow.acknowledged ok",
      "secret.rotation.ended ok",
    ],
  );
  ok(!rig.recorded.includes(now) && !rig.recorded.includes("old-of-CP001"), "no secret in audit and alarms");
  deepEqual([...rig.alarms], []);
  equal(rig.metrics.get("bulkhead_vault_rotations_total committed"), 1);
});

Deno.test("vault: invariant 16: no controller gets a secret before its escrow is acknowledged", async () => {
  await using rig = await rigWith({ vault: { escrow: { deliver: "by-hand" } } });
  await rotate(rig, "CP001");
  await rig.pass(HOUR);
  equal(rig.devices.of("CP001").logins, 0, "it was not even asked");
  equal(await state(rig, "CP001"), "escrow");
  match(rig.alarms.get("secret.escrow.waiting site")!, /secret escrow-ack/);
  const { data } = await rig.run("escrow");
  await rig.run("escrow-ack", { hash: (data as { sha256: string }).sha256 });
  await rig.pass(0);
  equal(await known(rig, "CP001"), has(rig, "CP001"));
  equal(await state(rig, "CP001"), "settled");
  equal(rig.alarms.size, 0);
});

Deno.test("vault: without a key for escrows nothing is changed, unless the site has waived them", async () => {
  await using rig = await rigWith({ withoutKey: true });
  await rejects(rotate(rig, "CP001"), {
    code: "SECRET_REFUSED",
    message: /no escrow can be made: site.yaml names no key/,
  });
  await using waived = await rigWith({
    withoutKey: true,
    vault: { escrow: { waived: "secrets-exist-only-on-this-box" } },
  });
  await rotate(waived, "CP001");
  await waived.pass(0);
  equal(await known(waived, "CP001"), has(waived, "CP001"));
  equal(waived.escrowed.length, 0);
});

Deno.test("vault: an escrow that cannot be delivered is tried again, and nothing is changed until then", async () => {
  let isAway = true;
  await using rig = await rigWith({
    deliver: () => isAway ? Promise.reject(new Error("no route to host")) : Promise.resolve("nas"),
  });
  await rotate(rig, "CP001");
  await rig.pass(4 * MINUTE);
  equal(rig.events("secret.escrow.made").length, 1, "not made anew every few seconds");
  match(rig.alarms.get("secret.escrow.waiting site")!, /no route/);
  equal(rig.devices.of("CP001").logins, 0);
  isAway = false;
  await rig.pass(2 * MINUTE);
  equal(await known(rig, "CP001"), has(rig, "CP001"));
  equal(rig.alarms.size, 0);
});

const FAULTS: readonly (readonly [readonly SetFault[], string])[] = [
  [["loses-the-answer"], "committed"],
  [["loses-the-question"], "committed"],
  [["says-yes-and-does-not"], "committed"],
  [["says-no-and-takes-it"], "committed"],
  [["reboots"], "committed"],
  [["busy", "busy"], "committed"],
  [["away", "away"], "committed"],
  [["loses-the-question", "says-yes-and-does-not", "loses-the-answer"], "committed"],
  [["never-takes-it", "never-takes-it", "never-takes-it"], "rolled-back"],
];

for (const [faults, outcome] of FAULTS) {
  for (const unit of ["CP001", "bay-2"]) {
    Deno.test(`vault: ${unit}, whose last controller ${faults.join(", ")}: ${outcome}, and all have the same`, async () => {
      await using rig = await rigWith();
      const last = rig.devices.of(unit === "CP001" ? "CP001" : "CP002-S");
      last.faults = [...faults];
      await rotate(rig, unit);
      await rig.pass(2 * HOUR);
      const controllers = unit === "CP001" ? ["CP001"] : ["CP002", "CP002-S"];
      equal(rig.events("secret.rotation.ended")[0]?.detail?.["ended"], outcome);
      for (const id of controllers) {
        equal(has(rig, id), has(rig, controllers[0]!));
        equal(await known(rig, id), has(rig, id));
        equal(has(rig, id) === FILES[id as "CP001"], outcome === "rolled-back");
        ok(rig.devices.of(id).worst <= ROTATION_LIMITS.failedLogins, `${rig.devices.of(id).worst} refused in a row`);
      }
      deepEqual([...rig.alarms], []);
    });
  }
}

Deno.test("vault: a pair whose second half has gone for good after it was sent: split, with an alarm, until it is back", async () => {
  await using rig = await rigWith();
  const half = rig.devices.of("CP002-S");
  rig.devices.onCall = (when) => Promise.resolve(void (when === "after" && half.logins === 2 && (half.isAway = true)));
  await rotate(rig, "bay-2");
  await rig.pass(HOUR);
  equal(await state(rig, "bay-2"), "split");
  match(rig.alarms.get("secret.split bay-2 operator")!, /CP002: new, CP002-S: unknown/);
  equal(rig.alarms.get("secret.unsettled bay-2 operator"), "CP002-S");
  equal(await known(rig, "CP002"), has(rig, "CP002"), "the half that is known opens");
  equal(await known(rig, "CP002-S"), "changing");
  rig.devices.onCall = () => Promise.resolve();
  half.isAway = false;
  await rig.pass(HOUR);
  equal(await known(rig, "CP002-S"), has(rig, "CP002"));
  equal(rig.alarms.size, 0);
});

Deno.test("vault: two wrong secrets: the controller is left alone until a person has looked, then goes on", async () => {
  await using rig = await rigWith();
  rig.devices.of("CP001").reset();
  await rotate(rig, "CP001");
  await rig.pass(3 * HOUR);
  equal(rig.devices.of("CP001").logins, 2, "never a third try");
  equal(await state(rig, "CP001"), "held");
  equal(rig.alarms.get("secret.held CP001 operator"), "CP001");
  deepEqual(rig.drifted, ["CP001 operator"]);
  await rig.crash();
  await rig.pass(HOUR);
  equal(rig.devices.of("CP001").logins, 2, "nor after a restart");
  rig.devices.of("CP001").refused = 0;
  await rig.run("retry", { station: "CP001", slot: "operator" });
  deepEqual(rig.forgiven, ["CP001"]);
  await rig.pass(0);
  equal(rig.devices.of("CP001").logins, 4);
  rig.devices.of("CP001").refused = 0;
  await rig.run("import", { station: "CP001", slot: "operator", file: "default\n" });
  await rig.pass(0);
  equal(await known(rig, "CP001"), has(rig, "CP001"));
  ok(has(rig, "CP001") !== "default", "the change went on from what the person brought");
  equal(rig.alarms.size, 0);
});

Deno.test("vault: a disk that is full stops a change before the controller is told, and it goes on afterwards", async () => {
  await using rig = await rigWith();
  await rotate(rig, "CP001");
  rig.diskFault = new StorageError("STORE_FULL", "no space left");
  await rig.pass(HOUR).catch(() => undefined);
  equal(has(rig, "CP001"), "old-of-CP001");
  rig.diskFault = undefined;
  await rig.pass(HOUR);
  equal(await known(rig, "CP001"), has(rig, "CP001"));
});

Deno.test("vault: as many units at once as the site says", async () => {
  const stations = Array.from({ length: 9 }, (_, at) => ({ ...STATIONS[0], id: `CP${at}` }));
  const files = Object.fromEntries(stations.map(({ id }) => [id, `old-of-${id}`]));
  await using rig = await rigWith({ stations, files, vault: { atOnce: 3 } });
  const together = Promise.withResolvers<void>();
  rig.devices.onCall = async () => {
    if (rig.devices.busy === 3) together.resolve();
    await together.promise; // nobody goes on before three are there
  };
  await rotate(rig, "all");
  await rig.pass(MINUTE);
  equal(rig.devices.mostBusy, 3);
  for (const { id } of stations) equal(await known(rig, id), has(rig, id));
  equal(rig.escrowed.length, 1, "one escrow for all of them");
});
