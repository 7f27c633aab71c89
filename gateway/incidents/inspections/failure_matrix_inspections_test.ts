import { deepEqual, equal, rejects } from "node:assert/strict";
import { StorageError } from "../../core/errors.ts";
import { fill, rigOf } from "./testing/inspection_rig.ts";

const filled = async (rig: Awaited<ReturnType<typeof rigOf>>) => (await rig.run<readonly object[]>("list")).length;

Deno.test("failure matrix: inspections without control", async (t) => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "housing", subject: "all" });
  await fill(rig);
  await rig.restart(); // without a stop before it, as after kill -9
  const parts = [
    "failure matrix: inspections: control / an inspection: closed for the moment: what was answered is stored",
    "failure matrix: inspections: control / what is due: open: counted from what was filled in last",
    "failure matrix: inspections: control / back in service: by itself within seconds: due dates are as before",
  ] as const;
  await t.step(parts[0], async () => equal(await filled(rig), 1));
  await t.step(parts[1], async () => deepEqual(await rig.due(), ["CP001 housing fine", "CP002 housing due"]));
  rig.time.jump(7 * 86_400_000);
  await rig.feature.look();
  await t.step(parts[2], () => deepEqual(rig.alarms.size, 1));
});

Deno.test("failure matrix: inspections without the disk", async (t) => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "housing", subject: "all" });
  const { commit } = rig.store;
  rig.store.commit = () => Promise.reject(new StorageError("STORE_FULL", "no room"));
  const parts = [
    "failure matrix: inspections: the disk / an inspection: closed: nothing counts as filled in that could not be stored",
    "failure matrix: inspections: the disk / what is due: open: it stays due",
    "failure matrix: inspections: the disk / back in service: by hand: it is filled in again",
  ] as const;
  await t.step(parts[0], async () => {
    await rejects(fill(rig), { code: "STORE_FULL" });
    equal(await filled(rig), 0);
  });
  await t.step(parts[1], async () => deepEqual(await rig.due(), ["CP001 housing due", "CP002 housing due"]));
  rig.store.commit = commit.bind(rig.store);
  await t.step(parts[2], async () => {
    await fill(rig);
    deepEqual(await rig.due(), ["CP001 housing fine", "CP002 housing due"]);
  });
});
