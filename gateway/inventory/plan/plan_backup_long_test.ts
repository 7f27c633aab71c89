import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { planPicture } from "../../../tests/support/plan_picture.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { createPlanFeature } from "./feature.ts";

Deno.test("floor plan: floors, pictures and places are in the copy of the store that a backup holds", async () => {
  const folder = await Deno.makeTempDir();
  const time = new ManualTime(Date.UTC(2026, 10, 21));
  const audit = { record: () => Promise.resolve({ sequence: 1 }) };
  const open = (name: string) => openStore({ path: `${folder}/${name}.kv`, clock: time, timers: time });
  const commands = async (store: Store) =>
    (await createPlanFeature({ audit, clock: time, store }, () => ["CP001"])).commands!;
  const picture = planPicture(300, 200);
  const store = await open("box");
  const before = await commands(store);
  await before["plan set"]!({ floor: "level-0", file: picture.toBase64() }, "anna");
  await before["plan place"]!({ station: "CP001", floor: "level-0", x: "10", y: "20" }, "anna");
  await store.snapshot(`${folder}/copy.kv`);
  await before["plan remove"]!({ floor: "level-0" }, "anna");
  await store.close();
  const copy = await open("copy");
  const after = await commands(copy);
  const { base64 } = (await after["plan picture"]!({ floor: "level-0" }, "anna")).data as { base64: string };
  equal(base64, picture.toBase64());
  deepEqual((await after["plan show"]!({}, "anna")).data, {
    ...(await after["plan show"]!({}, "anna")).data as object,
    places: [{ station: "CP001", floor: "level-0", x: 10, y: 20 }],
    unplaced: [],
  });
  await copy.close();
  await Deno.remove(folder, { recursive: true });
});
