import { deepEqual, equal } from "node:assert/strict";
import type { PageRequest } from "./device_page.ts";
import { judgePatches, type PagePatch } from "./page_patch.ts";

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
