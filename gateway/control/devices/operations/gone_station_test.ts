import { deepEqual, equal } from "node:assert/strict";
import { waitFor } from "../../../../tests/support/wait_for.ts";
import { KEYS } from "../../../store/keys.ts";
import { DEVICE_SITE, DeviceRig } from "../testing/device_rig.ts";
import { DefaultBook, type DefaultTry } from "./default_book.ts";
import { OPERATION_LIMITS } from "./limits.ts";

const GONE = "CP001", STAYS = "CP002";

Deno.test("controllers: files and tried passwords of a station that is out of the inventory go with the next look, not before", async () => {
  await using rig = await DeviceRig.open();
  const { store, folder, feature: { downloads } } = rig, defaults = await DefaultBook.open(store);
  for (const station of [GONE, STAYS]) {
    await defaults.put({ station, role: "operator", name: "user", at: 1, verdict: "default" });
    const place = downloads.place();
    await Deno.writeTextFile(`${downloads.folder}/${place.file}`, "sealed");
    const kept = { file: place.file, fileName: "logs.zip", bytes: 6, sha256: "ab" };
    await downloads.keep(kept, place, { station, what: "logs", who: "mia" });
  }
  const site = { ...DEVICE_SITE, stations: DEVICE_SITE.stations.filter(({ id }) => id !== GONE) };
  const later = await DeviceRig.open({ store, folder, site });
  const left = async () => {
    const tries = await Array.fromAsync(store.list<DefaultTry>(KEYS.deviceDefault));
    return [tries.map(({ value }) => value.station), later.feature.downloads.all().map(({ station }) => station)];
  };
  const files = () => [...Deno.readDirSync(downloads.folder)].length;
  later.time.advance(OPERATION_LIMITS.goneLookMs - 1);
  deepEqual([(await left()).map(({ length }) => length), files()], [[2, 2], 2]);
  later.time.advance(1);
  await waitFor("the look", () => files() === 1);
  deepEqual(await left(), [[STAYS], [STAYS]]);
  await later.feature.stop!();
  equal(later.time.armed, 0);
});
