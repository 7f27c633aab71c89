import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { CommissioningRig } from "./testing/commissioning_rig.ts";

/** The bay's own station is asked, the one of the other bay never. */
const othersUntouched = ({ calls }: CommissioningRig) =>
  ok(calls.length > 0 && calls.every((call) => call.startsWith("CP001 ")), calls.join());
const STEP = "electrical.insulation";

Deno.test("failure matrix: commissioning without control", async (t) => {
  await using rig = await CommissioningRig.open();
  await rig.fill();
  const before = await rig.view();
  await rig.restart();
  const parts = [
    "failure matrix: commissioning: control / a protocol of a bay: it stops where it is: what was answered is stored",
    "failure matrix: commissioning: control / bays in service: open: nothing of them is touched",
    "failure matrix: commissioning: control / back in service: by itself within seconds: the same steps are open",
  ] as const;
  await t.step(parts[0], async () => equal((await rig.view()).done, before.done));
  await t.step(parts[1], () => othersUntouched(rig));
  await t.step(parts[2], async () => equal(`${(await rig.view()).open}`, `${before.open}`));
});

Deno.test("failure matrix: commissioning without the disk", async (t) => {
  await using rig = await CommissioningRig.open();
  await rig.fill();
  await rig.run("except", { step: "identity.label", station: "CP001-S", reason: "label seen" }, "olga");
  const { store } = rig.papers, { commit } = store;
  store.commit = () => Promise.reject(new StorageError("STORE_FULL", "no room"));
  const parts = [
    "failure matrix: commissioning: the disk / a protocol of a bay: closed: no result and no signature counts that could not be stored",
    "failure matrix: commissioning: the disk / bays in service: open: nothing of them is touched",
    "failure matrix: commissioning: the disk / back in service: by hand: what was refused is entered again",
  ] as const;
  await t.step(parts[0], async () => {
    const before = await rig.stored();
    await rejects(rig.enter(STEP, { value: "251" }), { code: "STORE_FULL" });
    await rejects(rig.run("sign", { name: "Ida Kern" }), { code: "STORE_FULL" });
    deepEqual([(await rig.view()).state, await rig.stored()], ["ready", before]);
  });
  await t.step(parts[1], () => othersUntouched(rig));
  store.commit = commit.bind(store);
  await t.step(parts[2], async () => {
    await rig.run("sign", { name: "Ida Kern" });
    equal((await rig.view()).state, "signed");
  });
});
