import { deepEqual, equal } from "node:assert/strict";
import {
  FIRMWARE_MARKS,
  type FirmwareFloor,
  fitsModel,
  isFixed,
  type MarkedController,
  markFirmware,
  type MarkingImage,
} from "./firmware_mark.ts";

const BRANCHED: FirmwareFloor = {
  vendor: "bender",
  models: ["cc612", "cc613"],
  fixedIn: ["5.11.2", "5.12.5", "5.20.2"],
  advisory: "VDE-1",
  cves: ["CVE-1"],
  what: "hard-coded login",
};
const ALWAYS: FirmwareFloor = { ...BRANCHED, vendor: "xcharge", models: [], fixedIn: [], advisory: "VDE-2" };
const ALL_MODELS: FirmwareFloor = { ...BRANCHED, models: [], fixedIn: ["5.33.11-21500"], advisory: "VDE-3" };
const IMAGE: MarkingImage = { vendor: "bender", models: ["CC613"], version: "5.33.11-21500" };

const BENDER: MarkedController = { vendor: "bender", model: "CC613", version: "5.20.2" };

const FIXED: readonly [version: string, isFixed: boolean][] = [
  ["5.11.1", false],
  ["5.11.2", true],
  ["5.11.10", true],
  ["5.12.0", false],
  ["5.12.4", false],
  ["5.12.5", true],
  ["5.13.9", false],
  ["5.20.1", false],
  ["5.20.2-rc1", false],
  ["5.20.2", true],
  ["5.20.2-13295", true],
  ["5.33.0", true],
  ["6", true],
  ["", false],
  ["5.110.2", true],
];
for (const [version, fixed] of FIXED) {
  Deno.test(`firmware mark: "${version}" is ${fixed ? "" : "not "}mended by 5.11.2, 5.12.5 or 5.20.2`, () => {
    equal(isFixed(version, BRANCHED.fixedIn), fixed);
  });
}

Deno.test("firmware mark: what no version mends is mended by none", () => {
  equal(isFixed("999", []), false);
  equal(isFixed("", []), false);
});

const MARKS: readonly {
  readonly name: string;
  readonly of: MarkedController;
  readonly is: string;
  readonly images?: readonly MarkingImage[];
}[] = [
  { name: "it never told its version", of: { vendor: "bender", model: "CC613" }, is: "unknown" },
  { name: "a version below the floor of its branch", of: { ...BENDER, version: "5.12.4" }, is: "vulnerable VDE-1" },
  { name: "a mended version, nothing newer at hand", of: BENDER, is: "current" },
  { name: "a mended version, a newer image at hand", of: BENDER, is: "outdated 5.33.11-21500", images: [IMAGE] },
  {
    name: "weak, and an image that would mend it",
    of: { ...BENDER, version: "5.12.4" },
    is: "vulnerable VDE-1 5.33.11-21500",
    images: [IMAGE],
  },
  { name: "an older image makes nobody outdated", of: { ...BENDER, version: "5.40" }, is: "current", images: [IMAGE] },
  { name: "an image of another model", of: { ...BENDER, model: "CC612" }, is: "current", images: [IMAGE] },
  { name: "a model that the floor does not name", of: { ...BENDER, model: "ICC16", version: "5.0" }, is: "current" },
  { name: "a vendor without a floor", of: { vendor: "acme", model: "CC613", version: "1" }, is: "current" },
  { name: "no vendor at all", of: { model: "CC613", version: "1" }, is: "current" },
  {
    name: "the vendor in the station's own words",
    of: { ...BENDER, vendor: "Bender GmbH & Co. KG", version: "5.12.4" },
    is: "vulnerable VDE-1",
  },
  { name: "a vendor that only begins alike", of: { ...BENDER, vendor: "Benderer", version: "5.12.4" }, is: "current" },
  { name: "what no version mends", of: { vendor: "XCharge", version: "999" }, is: "vulnerable VDE-2" },
  {
    name: "the newest of several images counts",
    of: BENDER,
    is: "outdated 5.40.1",
    images: [IMAGE, { ...IMAGE, version: "5.40.1" }, { ...IMAGE, version: "5.40" }],
  },
];
for (const { name, of, is, images = [] } of MARKS) {
  Deno.test(`firmware mark: ${name}: ${is} (EV-26)`, () => {
    const { mark, floors, newer } = markFirmware(of, [BRANCHED, ALWAYS], images);
    equal([mark, ...floors.map(({ advisory }) => advisory), ...newer === undefined ? [] : [newer]].join(" "), is);
  });
}

Deno.test("firmware mark: several floors may speak against one version", () => {
  const { floors } = markFirmware({ ...BENDER, version: "5.0" }, [BRANCHED, ALWAYS, ALL_MODELS], []);
  deepEqual(floors.map(({ advisory }) => advisory), ["VDE-1", "VDE-3"]);
});

Deno.test("firmware mark: marks are listed worst first", () => {
  deepEqual([...FIRMWARE_MARKS], ["vulnerable", "outdated", "unknown", "current"]);
});

const FITS: readonly [models: string[], model: string | undefined, fits: boolean][] = [
  [[], "anything", true],
  [[], undefined, true],
  [["CC613"], "cc613", true],
  [["CC613"], "CC6131", false],
  [["CC61*"], "CC613", true],
  [["CC61*"], "CC6", false],
  [["CC613", "ICC16*"], "ICC1612", true],
  [["CC613"], undefined, false],
  [["*"], undefined, false],
  [["*"], "x", true],
];
for (const [models, model, fits] of FITS) {
  Deno.test(`firmware mark: an image for [${models}] ${fits ? "fits" : "does not fit"} the model ${model}`, () => {
    equal(fitsModel({ vendor: "bender", models }, { vendor: "bender", ...model === undefined ? {} : { model } }), fits);
    equal(fitsModel({ vendor: "bender", models }, { vendor: "acme", ...model === undefined ? {} : { model } }), false);
  });
}
