import { equal, match, ok } from "node:assert/strict";
import { type FirmwareFloor, markFirmware } from "../../../policies/firmware_mark.ts";
import { compareVersions } from "../../../policies/version.ts";
import { FIRMWARE_FLOORS } from "../../../profiles/firmware_floors.ts";

const FLOORS: readonly FirmwareFloor[] = FIRMWARE_FLOORS;

Deno.test("firmware floors: every entry names its advisory, is in lower case, its branches rise", () => {
  for (const { vendor, models, fixedIn, advisory, cves, what } of FLOORS) {
    equal(vendor, vendor.toLowerCase());
    for (const model of models) equal(model, model.toLowerCase());
    ok(fixedIn.every((one, at) => at === 0 || compareVersions(one, fixedIn[at - 1]!) > 0), advisory);
    match(advisory, /\d{2}/);
    for (const cve of cves) match(cve, /^CVE-\d{4}-\d{4,}$/);
    ok(what.length > 10 && !what.endsWith("."), what);
  }
  const vendors = FLOORS.map(({ vendor }) => vendor);
  equal(vendors.join(), vendors.toSorted().join());
});

const KNOWN: readonly [vendor: string, model: string, version: string, mark: string][] = [
  ["bender", "CC613", "5.20.1", "vulnerable"],
  ["bender", "CC613", "5.33.5", "vulnerable"],
  ["bender", "CC613", "5.33.11-21500", "current"],
  ["Bender GmbH & Co. KG", "CC612", "5.12.4", "vulnerable"],
  ["schneider", "EVlink Parking", "R8 V3.4.0.1", "vulnerable"],
  ["schneider", "EVlink Parking", "R8 V3.4.0.2", "current"],
  ["schneider", "EVlink Pro DC", "1.0", "current"],
  ["phoenix", "CHARX SEC-3100", "1.5.1", "vulnerable"],
  ["phoenix", "CHARX SEC-3100", "1.6.3", "current"],
  ["starcharge", "Nova 360", "1.3.0.0.7b102", "vulnerable"],
  ["xcharge", "C6", "9", "vulnerable"],
];
for (const [vendor, model, version, mark] of KNOWN) {
  Deno.test(`firmware floors: ${vendor} ${model} with ${version} is ${mark}`, () => {
    equal(markFirmware({ vendor, model, version }, FLOORS, []).mark, mark);
  });
}
