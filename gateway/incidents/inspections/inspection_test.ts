import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { GatewayError } from "../../core/errors.ts";
import { INSPECTION_LIMITS } from "./limits.ts";
import { fill, fine, HOUSING, PHOTO, rigOf } from "./testing/inspection_rig.ts";

const DAY = 86_400_000;

Deno.test("EV-23: an inspection that is assigned is due, then overdue with an alarm, and fine when it was made", async () => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "housing", subject: "all" });
  deepEqual(await rig.due(), ["CP001 housing due", "CP002 housing due"]);
  await fill(rig);
  deepEqual(await rig.due(), ["CP001 housing fine", "CP002 housing due"]);
  rig.time.jump(7 * DAY);
  await rig.feature.look();
  deepEqual([...rig.alarms.keys()], ["inspection.overdue CP002 housing"]);
  match(rig.alarms.get("inspection.overdue CP002 housing")!, /due since 2026-01-01/);
  await fill(rig, { subject: "CP002" });
  deepEqual([...rig.alarms.keys()], []);
  rig.time.jump(HOUSING.everyDays * DAY);
  deepEqual(await rig.due(), ["CP001 housing overdue", "CP002 housing due"]);
});

Deno.test("EV-29: a payment terminal is not inspected without a photo, which is kept without what does not draw", async () => {
  await using rig = await rigOf();
  const terminal = { list: "payment-terminal", subject: "CP001", results: "overlay=ok slot=ok seal=ok number=ok" };
  await rejects(rig.run("fill", terminal), /A photo belongs to "payment-terminal"/);
  const { id, photos } = await rig.run<{ id: string; photos: object[] }>("fill", { ...terminal, file: PHOTO });
  equal(photos.length, 1);
  const kept = await rig.run<{ base64: string; type: string }>("photo", { inspection: id });
  deepEqual([kept.type, kept.base64], ["image/png", PHOTO]);
  await rig.restart();
  equal((await rig.run<{ base64: string }>("photo", { inspection: id, number: "1" })).base64, PHOTO);
});

Deno.test("inspection: what is not in order is a record of its own, for the incident; posture hears of the line either way", async () => {
  await using rig = await rigOf();
  await fill(rig, {
    results: fine({ seal: "not-ok", reader: "not-applicable" }),
    notes: "seal: 4711 is broken; lock: oiled",
  });
  await fill(rig, { subject: "CP002", person: "B. Meier" });
  const failed = rig.audited.filter(({ event }) => event === "inspection.item.failed");
  deepEqual(failed.map(({ target, outcome, detail }) => [target, outcome, detail]), [
    ["CP001", "failed", { inspection: "C-1", list: "housing", item: "seal", note: "4711 is broken" }],
  ]);
  deepEqual(
    rig.audited.filter(({ event }) => event === "inspection.done").map(({ outcome, detail }) => [outcome, detail]),
    [
      ["failed", { list: "housing", person: "eva", failed: 1 }],
      ["ok", { list: "housing", person: "B. Meier", failed: 0 }],
    ],
  );
  deepEqual(rig.confirmed, [
    "CP001 EV-23 false inspection C-1 by eva eva",
    "CP002 EV-23 true inspection C-2 by B. Meier eva",
  ]);
  match(await rig.text("list"), /C-2 .* in order[\s\S]*C-1 .* NOT IN ORDER/);
  match(await rig.text("show", { inspection: "C-1" }), /seal +not-ok +Seals: whole.* 4711 is broken/);
});

Deno.test("EV-33: a list about the site is not for a station, and one about a station not for the site", async () => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "personnel", subject: "gateway" });
  deepEqual(await rig.due(), ["gateway personnel due"]);
  await rejects(rig.run("assign", { list: "personnel", subject: "CP001" }), /about the site/);
  await rejects(rig.run("assign", { list: "housing", subject: "gateway" }), /about one station/);
  await rig.run("fill", { list: "personnel", subject: "gateway", results: "names=ok training=ok keys=ok" });
  deepEqual(await rig.due(), ["gateway personnel fine"]);
});

Deno.test("EV-28: radio that is not used is looked at twice a year, and what was seen answers the line of the guide, either way", async () => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "wifi", subject: "CP001" });
  await rig.run("fill", { list: "wifi", subject: "CP001", results: "wifi=ok other=not-applicable" });
  deepEqual(await rig.due(), ["CP001 wifi fine"]);
  rig.time.jump(180 * DAY);
  deepEqual(await rig.due(), ["CP001 wifi due"]);
  const notes = "wifi: its hotspot answers";
  await rig.run("fill", { list: "wifi", subject: "CP001", results: "wifi=not-ok other=ok", notes, person: "B. Meier" });
  deepEqual(rig.confirmed, [
    "CP001 EV-28 true inspection C-1 by eva eva",
    "CP001 EV-28 false inspection C-2 by B. Meier eva",
  ]);
  const [failed] = rig.audited.filter(({ event }) => event === "inspection.item.failed");
  deepEqual([failed?.target, failed?.detail?.["note"]], ["CP001", "its hotspot answers"]);
});

/** Words that cannot be taken, and what is said of them. */
const REFUSED: readonly (readonly [command: string, args: Record<string, string>, why: RegExp])[] = [
  ["assign", { list: "paint", subject: "CP001" }, /no list "paint"/],
  ["assign", { list: "housing", subject: "CP9" }, /no station "CP9"/],
  ["assign", { list: "housing", subject: "CP001", every: "0" }, /--every 0 is no number of days/],
  ["assign", { list: "housing", subject: "CP001", every: "1096" }, /--every 1096/],
  ["unassign", { list: "housing", subject: "CP001" }, /is not assigned to "CP001"/],
  ["fill", { list: "housing", subject: "CP001", results: "seal=ok" }, /Nothing is said of housing/],
  ["fill", { list: "housing", subject: "CP001", results: `${fine()} seal=ok` }, /"seal" is there twice/],
  ["fill", { list: "housing", subject: "CP001", results: fine({ seal: "good" }) }, /"seal=good" is no result/],
  ["fill", { list: "housing", subject: "CP001", results: fine({ seal: "not-ok" }) }, /say in a note/],
  ["fill", { list: "housing", subject: "CP001", results: fine(), notes: "broken" }, /names no item/],
  ["fill", { list: "housing", subject: "CP001", results: fine(), notes: `seal: ${"x".repeat(301)}` }, /more than 300/],
  ["fill", { list: "housing", subject: "CP001", results: fine(), person: "x".repeat(81) }, /--person has 81/],
  ["fill", { list: "housing", subject: "CP001", results: fine(), file: "%%%" }, /did not come as base64/],
  ["fill", { list: "housing", subject: "CP001", results: fine(), file: btoa("<svg/>") }, /SVG/],
  ["show", { inspection: "C-9" }, /no inspection "C-9"/],
  ["photo", { inspection: "C-9", file: PHOTO }, /no inspection "C-9"/],
];
for (const [command, args, why] of REFUSED) {
  Deno.test(`inspection: ${command} ${JSON.stringify(args).slice(0, 70)} is refused and keeps nothing`, async () => {
    await using rig = await rigOf();
    await rejects(rig.run(command, args), (error: unknown) => {
      ok(error instanceof GatewayError && why.test(error.message), `${error}`);
      return true;
    });
    deepEqual([rig.audited.length, (await rig.run<object[]>("list")).length], [0, 0]);
  });
}

Deno.test("inspection: an interval of as many days as the limit, and assigned anew the day of the first stays", async () => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "housing", subject: "CP001", every: String(INSPECTION_LIMITS.everyDays) });
  rig.time.jump(8 * DAY);
  await rig.run("assign", { list: "housing", subject: "CP001", every: "30" });
  deepEqual(await rig.due(), ["CP001 housing overdue"]);
  await rig.run("unassign", { list: "housing", subject: "CP001" });
  deepEqual(await rig.due(), []);
});

Deno.test("inspection: as many photos of one list as the limit, and one past it; of an item, and of none that is there", async () => {
  await using rig = await rigOf();
  const { id } = await fill(rig);
  await rejects(rig.run("photo", { inspection: id, item: "paint", file: PHOTO }), /There is no item "paint"/);
  await rejects(rig.run("photo", { inspection: id }), /has no photo 1/);
  for (let at = 0; at < INSPECTION_LIMITS.photos; at++) {
    await rig.run("photo", { inspection: id, item: "seal", file: PHOTO });
  }
  await rejects(rig.run("photo", { inspection: id, file: PHOTO }), /has 8 photos already/);
});

Deno.test("inspection: who leaves the site is not due any more, and what was filled stays", async () => {
  const stations = ["CP001"];
  await using rig = await rigOf(stations);
  await rig.run("assign", { list: "housing", subject: "CP001" });
  await fill(rig);
  stations.pop();
  deepEqual(await rig.due(), []);
  equal((await rig.run<object[]>("list", { subject: "CP001" })).length, 1);
});

Deno.test("inspection: assignments, lists, photos and numbers outlive control", async () => {
  await using rig = await rigOf();
  await rig.run("assign", { list: "housing", subject: "CP001" });
  await fill(rig, { file: PHOTO });
  await rig.restart();
  deepEqual(await rig.due(), ["CP001 housing fine"]);
  equal((await fill(rig)).id, "C-2");
  equal((await rig.run<{ base64: string }>("photo", { inspection: "C-1" })).base64, PHOTO);
});
