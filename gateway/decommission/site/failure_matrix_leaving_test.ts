import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { StorageError } from "../../core/errors.ts";
import { goOnErasing } from "./erase_site.ts";
import { refuseWhileErasing } from "./progress.ts";
import type { SiteRecord } from "./record.ts";
import { SITE_RECORD_KEY } from "./site_decommission.ts";
import { beginIn, clock } from "./testing/begun_erasure.ts";
import { SiteRig } from "./testing/site_rig.ts";

const APPROVE = ["approve", { site: "garage-12" }, "olga"] as const;

Deno.test("failure matrix: leaving without control", async (t) => {
  await using rig = await SiteRig.up();
  await rig.upTo("export");
  rig.start(); // without a stop before it, as after kill -9
  const parts = [
    "failure matrix: leaving: control / what is under way: it stops where it is: each step is stored before it counts",
    "failure matrix: leaving: control / what was not released: open: nothing is erased",
    "failure matrix: leaving: control / back in service: by itself: the next start shows the same step",
  ] as const;
  await t.step(parts[0], async () => ok((await rig.store.get<SiteRecord>(SITE_RECORD_KEY))!.value.told["csms:main"]));
  await t.step(parts[1], () => equal(rig.ends, 0));
  await t.step(parts[2], async () => equal(await rig.next(), "export"));
});

Deno.test("failure matrix: leaving without the disk", async (t) => {
  await using rig = await SiteRig.up();
  await rig.upTo("approve");
  const { commit } = rig.store;
  rig.store.commit = () => Promise.reject(new StorageError("STORE_FULL", "no room"));
  const parts = [
    "failure matrix: leaving: the disk / what is under way: closed: no approval counts that could not be stored, the alarm stands",
    "failure matrix: leaving: the disk / what was not released: open: nothing is erased",
    "failure matrix: leaving: the disk / back in service: by hand: who approved approves again",
  ] as const;
  await t.step(parts[0], async () => {
    await rejects(rig.run(...APPROVE), { code: "STORE_FULL" });
    deepEqual([await rig.next(), rig.alarms.size], ["approve", 1]);
  });
  await t.step(parts[1], async () => equal((await rig.shown()).releasedUntil, undefined));
  rig.store.commit = commit.bind(rig.store);
  await t.step(parts[2], async () => {
    await rig.run(...APPROVE);
    equal(await rig.next(), "erase");
  });
});

Deno.test("failure matrix: leaving without the process that erases", async (t) => {
  await using at = await beginIn(await Deno.makeTempDir());
  const { dataDir, folder, certificateFile } = at;
  const cut = (act: string) => act === "keys" ? Promise.reject(new Error("cut")) : undefined;
  const parts = [
    "failure matrix: leaving: the process that erases / what is under way: it stops where it is; the gateway does not start on what is left",
    "failure matrix: leaving: the process that erases / what was not released: open: files of site.yaml that nobody asked for stay",
    "failure matrix: leaving: the process that erases / back in service: by hand: the same command goes on, to one certificate",
  ] as const;
  await t.step(parts[0], async () => {
    await rejects(goOnErasing({ dataDir, clock, onAct: cut }), /cut/);
    await rejects(refuseWhileErasing(dataDir), { code: "DECOMMISSION_REFUSED" });
  });
  await t.step(parts[1], async () => equal(await Deno.readTextFile(`${folder}/kept`), "not asked for"));
  await t.step(parts[2], async () => {
    await goOnErasing({ dataDir, clock });
    deepEqual(await Array.fromAsync(Deno.readDir(dataDir)), []);
    ok((await Deno.readTextFile(certificateFile)).includes("bulkhead-site-erasure-1"));
  });
});
