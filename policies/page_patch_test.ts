import { deepEqual, equal } from "node:assert/strict";
import type { PageRequest } from "./device_page.ts";
import { compareVersions, judgePatches, type PagePatch } from "./page_patch.ts";

const PATCHES: readonly PagePatch[] = [
  {
    id: "CVE-A",
    because: "A value with characters of the shell runs as a command",
    fixedIn: "5.20.2",
    paths: ["/json/**"],
    methods: ["POST"],
    parameters: { names: "*", allow: "[^;|&`$()<>\\r\\n]*" },
  },
  {
    id: "CVE-B",
    because: "The export takes any path",
    paths: ["/cgi-bin/cgiServer"],
    parameters: { names: ["filePath"], allow: "/tmp/" },
  },
  { id: "CVE-C", because: "The backup opens without a login", fixedIn: "5.11.2", paths: ["/backup"] },
];

const request = (method: string, path: string, ...parameters: [string, string][]): PageRequest => ({
  method,
  path,
  parameters,
});
const judge = (one: PageRequest, firmware?: string) => judgePatches(one, firmware, PATCHES)?.rule;

Deno.test("page patch: refuses by the advisory's id, says why and which firmware mends it", () => {
  deepEqual(judgePatches(request("GET", "/backup"), "5.11.1", PATCHES), {
    effect: "deny",
    rule: "ui.patch.CVE-C",
    reason: "The backup opens without a login",
    hint: "Firmware 5.11.2 mends it",
  });
  const none = judgePatches(request("GET", "/cgi-bin/cgiServer", ["filePath", "/etc/"]), "3.4", PATCHES);
  equal(none?.hint, "No firmware mends it");
});

Deno.test("page patch: ends with the firmware that mends it; a firmware that nobody knows has the hole", () => {
  const bad = request("POST", "/json/settings.json", ["NTPServer1_ntp", "a;reboot"]);
  equal(judge(bad, "5.20.1"), "ui.patch.CVE-A");
  equal(judge(bad, "5.9"), "ui.patch.CVE-A");
  equal(judge(bad), "ui.patch.CVE-A");
  equal(judge(bad, "5.20.2-rc1"), "ui.patch.CVE-A");
  equal(judge(bad, "5.20.2"), undefined);
  equal(judge(bad, "5.20.2-13295"), undefined);
  equal(judge(bad, "5.33.11-21500"), undefined);
});

Deno.test("page patch: looks at the whole value of each parameter, also after a line break", () => {
  const write = (value: string) => judge(request("POST", "/json/a", ["ok", "fine"], ["k", value]), "5.1");
  for (const value of ["$(id)", "`id`", "a|b", "a&b", "a\nb", "fine\n;x", "<b>"]) {
    equal(write(value), "ui.patch.CVE-A", value);
  }
  for (const value of ["", "ntp.example", "ö 1,5 A"]) equal(write(value), undefined, value);
});

Deno.test("page patch: only named parameters, in any case, only its paths and methods", () => {
  const exportFile = (name: string, value: string) =>
    judge(request("GET", "/cgi-bin/cgiServer", ["worker", "../../etc"], [name, value]), "1");
  equal(exportFile("filePath", "/tmp/"), undefined);
  equal(exportFile("filePath", "/tmp/../etc/"), "ui.patch.CVE-B");
  equal(exportFile("FILEPATH", "/etc/"), "ui.patch.CVE-B");
  equal(exportFile("other", "/etc/"), undefined);
  equal(judge(request("GET", "/json/a", ["k", ";"]), "5.1"), undefined, "not its method");
  equal(judge(request("POST", "/other", ["k", ";"]), "5.1"), undefined, "not its path");
});

/** Each is before the next. */
const ORDER = [
  ["5.9", "5.11.2", "5.20.1", "5.20.2-rc1", "5.20.2", "5.20.2-13295", "5.22.1-13295", "5.33.5", "5.33.11-21500"],
  ["R7 V9", "R8 V3.4.0.1", "R8 V3.4.0.2", "R8 V3.10"],
  ["1.3.0.0.6", "1.3.0.0.7b102", "1.3.0.0.7", "1.13.4"],
  ["", "1", "1.0", "1.0.1"],
  ["99999999999999999998", "99999999999999999999", "100000000000000000000"],
];
for (const versions of ORDER) {
  Deno.test(`page patch: versions in order: ${versions.join(" < ")}`, () => {
    for (const [at, a] of versions.entries()) {
      for (const [other, b] of versions.entries()) {
        equal(Math.sign(compareVersions(a, b)), Math.sign(at - other), `${a} and ${b}`);
      }
    }
  });
}

Deno.test("page patch: leading zeros, case and separators make no other version", () => {
  for (
    const [a, b] of [["5.01", "5.1"], ["r8 v3", "R8-V3"], ["5.22.1-13295", "5_22_1.13295"], ["v1.2", "V1.2"]] as const
  ) {
    equal(compareVersions(a, b), 0, `${a} and ${b}`);
  }
});
