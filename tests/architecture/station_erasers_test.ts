import { deepEqual, equal, ok } from "node:assert/strict";
import { KEYS } from "../../gateway/store/keys.ts";
import type { PrefixName } from "../../gateway/store/station_eraser.ts";
import { dataFolders } from "../../gateway/core/data_folders.ts";
import { uploadsDir } from "../../gateway/core/firmware_api.ts";
import {
  auditDir,
  controlSocketPath,
  keysDir,
  recordingFile,
  restoreMarker,
  storePath,
} from "../../gateway/control/data_paths.ts";
import {
  DATA_FOLDER,
  KEPT_OF_STATIONS,
  NOTHING_OF_STATIONS,
  STATION_ERASERS,
} from "../../gateway/control/station_erasers.ts";

const erased = new Set(STATION_ERASERS.flatMap(({ prefixes }) => prefixes));

for (const prefix of Object.keys(KEYS) as PrefixName[]) {
  Deno.test(`EV-30: store prefix "${prefix}" has an eraser, is kept for a reason, or holds nothing of stations for one`, () => {
    const ways = [erased.has(prefix), prefix in KEPT_OF_STATIONS, prefix in NOTHING_OF_STATIONS];
    ok(
      ways.includes(true),
      `say in gateway/control/station_erasers.ts what becomes of KEYS.${prefix} when a station leaves`,
    );
    equal(
      prefix in NOTHING_OF_STATIONS && (erased.has(prefix) || prefix in KEPT_OF_STATIONS),
      false,
      "it cannot be both",
    );
  });
}

Deno.test("EV-30: every reason is a sentence, and names no prefix that is not there", () => {
  for (const [prefix, why] of Object.entries({ ...KEPT_OF_STATIONS, ...NOTHING_OF_STATIONS })) {
    ok(prefix in KEYS, prefix);
    ok(why.length > 15, `${prefix}: ${why}`);
  }
});

Deno.test("EV-30: erasers have names of their own and say in words what they erase", () => {
  const names = STATION_ERASERS.map(({ name }) => name);
  deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
  for (const { name, holds } of STATION_ERASERS) {
    ok(/^[a-z-]+\.[a-z-]+$/.test(name), name);
    ok(holds.length > 10, name);
  }
});

Deno.test("EV-30: keys of a station's secrets go before what they open", () => {
  const names = STATION_ERASERS.map(({ name }) => name);
  deepEqual(names.slice(0, 2), ["vault.key", "vault.values"]);
});

Deno.test("EV-30: every folder and file of the data folder is said to hold something of stations or not", () => {
  const box = { dataDir: "/data" };
  const paths = [
    ...[auditDir, controlSocketPath, keysDir, recordingFile, restoreMarker, storePath].map((path) => path(box)),
    ...Object.values(dataFolders(box)),
    uploadsDir(box),
  ];
  const top = [...new Set(paths.map((path) => path.slice("/data/".length).split("/")[0]!))];
  deepEqual(top.filter((name) => !(name in DATA_FOLDER)), []);
  const own = STATION_ERASERS.flatMap(({ files = [] }) => files);
  deepEqual(own.filter((name) => !(name in DATA_FOLDER)), []);
  for (const name of own) ok(/^erased/.test(DATA_FOLDER[name]!), name);
});
