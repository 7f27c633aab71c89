import { deepEqual, equal, ok } from "node:assert/strict";
import { ROTATION_LIMITS } from "../../policies/secret_rotation.ts";
import type { FakeControllers, SetFault } from "./testing/fake_controllers.ts";
import { SecretRig, STATIONS } from "./testing/secret_rig.ts";

const HOUR = 3_600_000;

const has = (rig: SecretRig, station: string) => rig.devices.of(station).passwords.get("operator")!;

/** What the vault would log in with. */
async function known(rig: SecretRig, station: string): Promise<string> {
  const known = await rig.feature.vault.passwordOf(station, "operator");
  return known.state === "known" ? known.password : known.state;
}

/** A rig whose controllers have what the files of the site say. */
async function rigWith(stations: readonly object[], options: { readonly atOnce?: number } = {}): Promise<SecretRig> {
  const ids = stations.map((station) => station as { id: string; unit?: string });
  const files = Object.fromEntries(ids.map(({ id, unit }) => [id, `old-of-${unit ?? id}`]));
  const rig = await SecretRig.up({ stations, files, vault: options });
  for (const { id } of ids) rig.devices.of(id).passwords.set("operator", files[id]!);
  return rig;
}

/** The gateway ends by kill -9 at a call of this number; the call that is under way never answers. */
function killAt(rig: SecretRig, when: "after" | "before", at: number): Promise<void> {
  const killed = Promise.withResolvers<void>();
  let calls = 0;
  rig.devices.onCall = async (moment) => {
    if (moment !== when || ++calls !== at) return;
    rig.devices.onCall = () => Promise.resolve();
    await rig.crash();
    killed.resolve();
    await new Promise(() => {});
  };
  return killed.promise;
}

for (const unit of ["CP001", "bay-2"]) {
  for (const when of ["before", "after"] as const) {
    for (let at = 1; at <= (unit === "CP001" ? 3 : 6); at++) {
      Deno.test(`vault: kill -9 ${when} call ${at} of a change at ${unit}: it goes on, the vault equals the device`, async () => {
        await using rig = await rigWith(STATIONS);
        const killed = killAt(rig, when, at);
        await rig.run("rotate", { unit, slot: "operator" });
        await killed;
        await rig.pass(HOUR);
        for (const id of unit === "CP001" ? ["CP001"] : ["CP002", "CP002-S"]) {
          equal(await known(rig, id), has(rig, id));
          ok(!has(rig, id).startsWith("old"), "changed");
          ok(rig.devices.of(id).worst <= ROTATION_LIMITS.failedLogins);
        }
        equal(rig.feature.vault.stateOf(rig.feature.vault.book.get(unit, "operator")!), "settled");
        equal(rig.alarms.size, 0);
      });
    }
  }
}

/** Numbers that look random and are the same in every run (a linear congruential generator). */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SET_FAULTS: readonly SetFault[] = [
  ...["away", "busy", "loses-the-answer", "loses-the-question", "never-takes-it"] as const,
  ...["reboots", "says-no-and-takes-it", "says-yes-and-does-not"] as const,
];
const LOGIN_FAULTS = ["away", "busy", "loses-the-answer", "none", "none"] as const;

/** Two calls of three meet a fault. */
function breakRandomly(devices: FakeControllers, next: (below: number) => number): void {
  for (const device of devices.all.values()) {
    device.faults = Array.from({ length: next(4) }, () => SET_FAULTS[next(SET_FAULTS.length)]!);
    device.loginFaults = Array.from({ length: next(6) }, () => LOGIN_FAULTS[next(LOGIN_FAULTS.length)]!);
  }
}

/** 200 units, a third of them pairs. */
function garage(): object[] {
  return Array.from({ length: 200 }, (_, at) => {
    const id = `CP${String(at).padStart(3, "0")}`, station = { ...STATIONS[0], id };
    if (at % 3 !== 0) return [station];
    const unit = `bay-${at}`;
    return [{ ...station, unit, part: "primary" }, { ...station, id: `${id}-S`, unit, part: "secondary" }];
  }).flat();
}

Deno.test("vault: 200 units, random faults at each step, kill -9 ten times: none locked out, none split without alarm", async () => {
  const next = dice(20261121), stations = garage();
  await using rig = await rigWith(stations, { atOnce: 16 });
  breakRandomly(rig.devices, next);
  const seen = { held: 0, split: 0 };
  await rig.run("rotate", { unit: "all", slot: "operator" });
  for (let kill = 0; kill < 10; kill++) {
    const killed = killAt(rig, next(2) === 0 ? "before" : "after", 1 + next(60));
    await Promise.race([killed, rig.pass(HOUR / 20)]);
    rig.devices.onCall = () => Promise.resolve();
  }
  for (let turn = 0; turn < 12; turn++) {
    await rig.pass(HOUR / 2);
    for (const record of rig.feature.vault.book.all()) {
      const controllers = Object.keys(record.has), { subject } = record;
      const differ = new Set(controllers.map((id) => has(rig, id))).size > 1;
      const state = rig.feature.vault.stateOf(record);
      if (differ && (state === "held" || state === "settled" || state === "due")) {
        throw new Error(`${subject} is split and told as ${state}`);
      }
      if (differ && state === "split") {
        seen.split++;
        ok(rig.alarms.has(`secret.split ${subject} operator`), subject);
      }
      if (state !== "held" && state !== "split") continue;
      for (const { station, step, failed } of record.rotation!.machine.members) {
        if (step !== "held" && failed < ROTATION_LIMITS.failedLogins) continue;
        seen.held++;
        ok(rig.alarms.has(`secret.held ${subject} operator`), `${station} is held without an alarm`);
        rig.devices.of(station).refused = 0; // a person has looked at it
        await rig.run("retry", { station, slot: "operator" });
      }
    }
  }
  for (const record of rig.feature.vault.book.all()) {
    equal(rig.feature.vault.stateOf(record), "settled", record.subject);
    for (const id of Object.keys(record.has)) equal(await known(rig, id), has(rig, id), id);
    equal(new Set(Object.keys(record.has).map((id) => has(rig, id))).size, 1, `${record.subject} has one secret`);
  }
  for (const { id, worst } of rig.devices.all.values()) ok(worst <= ROTATION_LIMITS.failedLogins, `${id}: ${worst}`);
  deepEqual([...rig.alarms], []);
  const ended = rig.feature.vault.book.all().map(({ last }) => last!.outcome);
  ok(ended.filter((outcome) => outcome === "committed").length >= 180, "nearly all have the new one");
  ok(seen.held > 0 && ended.includes("rolled-back"), `the hard cases were met: ${JSON.stringify(seen)}`);
  for (const { id } of stations as { id: string }[]) ok(!rig.recorded.includes(has(rig, id)), "no secret was recorded");
});
