import { deepEqual, equal, match, throws } from "node:assert/strict";
import { stringify } from "yaml";
import { ConfigError } from "../../core/errors.ts";
import { goldenProfiles, readGolden, SHIPPED_GOLDEN } from "./golden_files.ts";
import { PostureConfig } from "../config.ts";
import { POSTURE_LIMITS } from "../limits.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

const SETTING = {
  ...{ id: "log", title: "t", source: "s", fixedBy: "gateway" },
  ways: { "ocpp1.6": { name: "LogLevel", value: "INFO" } },
};
const FILE = { id: "own", title: "t", about: "a", vendors: ["acme"], settings: [SETTING] };
const faultsOf = (value: unknown): readonly string[] => {
  const read = readGolden("own.yaml", typeof value === "string" ? value : stringify(value));
  return "faults" in read ? read.faults : [];
};
const withSetting = (more: object) => ({ ...FILE, settings: [{ ...SETTING, ...more }] });
const way = (name: string, value = "off") => withSetting({ ways: { "ocpp1.6": { name, value } } });

Deno.test("golden files: those that come with the gateway are without a fault, each for a vendor or for all", () => {
  for (const [file, text] of Object.entries(SHIPPED_GOLDEN)) {
    const read = readGolden(file, text);
    deepEqual("faults" in read ? read.faults : [], [], file);
    if ("profile" in read) equal(`${read.profile.id}.yaml`, file);
  }
  equal(goldenProfiles({}).length, Object.keys(SHIPPED_GOLDEN).length);
});

const FAULTY: readonly (readonly [what: string, value: unknown, fault: RegExp])[] = [
  ["no YAML", "id: [", /own\.yaml:1/],
  ["an unknown key", { ...FILE, setings: [] }, /setings.*did you mean|setings.*unknown|settings/],
  ["no id", { ...FILE, id: undefined }, /\bid\b/],
  ["a vendor in upper case", { ...FILE, vendors: ["Acme"] }, /vendors/],
  ["a number as a value", way("LogLevel", 5 as never), /value/],
  ["no way", withSetting({ ways: {} }), /at least one way/],
  [
    "a variable without its component",
    withSetting({ ways: { ocpp2: { name: "StopTx", value: "true" } } }),
    /Component/,
  ],
  ["a name with a blank", way("Log Level"), /name/],
  ["a password", way("HTTPBasicAuthPassword"), /secret/],
  ["the way to the CSMS", way("SecurityProfile"), /golden\.rehomed/],
  ["a current", way("maxintensitysocket", "32"), /golden\.safety.*site\.yaml/],
  ["the page switched off", way("WebUIEnabledLAN"), /golden\.device/],
  ["one id twice", { ...FILE, settings: [SETTING, { ...SETTING, ways: way("Other").settings[0]!.ways }] }, /"log"/],
  ["one name twice", { ...FILE, settings: [SETTING, { ...SETTING, id: "b" }] }, /named twice/],
  ["a value that would not be accepted", withSetting({ accept: { is: ["WARN"] } }), /"INFO" would be written/],
  ["an expectation of nothing", withSetting({ accept: {} }), /at least one part/],
];
for (const [what, value, fault] of FAULTY) {
  Deno.test(`golden files: refused with file and place: ${what}`, () => {
    const faults = faultsOf(value);
    match(faults.join("\n"), fault);
    for (const line of faults) match(line, /^own\.yaml/);
  });
}

Deno.test("golden files: as many settings and characters as the limit, and not one more", () => {
  const many = (length: number) => ({
    ...FILE,
    settings: Array.from({ length }, (_, at) => ({
      ...SETTING,
      id: `s${at}`,
      ways: { "ocpp1.6": { name: `Key${at}`, value: "on" } },
    })),
  });
  deepEqual(faultsOf(many(GOLDEN_LIMITS.settings)), []);
  equal(faultsOf(many(GOLDEN_LIMITS.settings + 1)).length > 0, true);
  deepEqual(faultsOf(way("LogLevel", "x".repeat(GOLDEN_LIMITS.valueChars))), []);
  equal(faultsOf(way("LogLevel", "x".repeat(GOLDEN_LIMITS.valueChars + 1))).length > 0, true);
});

Deno.test("golden files: a site's own file replaces the one of its id and stands beside the others", () => {
  const own = stringify({ ...FILE, id: "bender-cc" });
  const all = goldenProfiles({ "golden/a.yaml": own, "golden/b.yaml": stringify(FILE) });
  equal(all.length, Object.keys(SHIPPED_GOLDEN).length + 1);
  deepEqual(all.find(({ id }) => id === "bender-cc")?.vendors, ["acme"]);
});

Deno.test("golden files: two files of one id, and every fault of all files, stop the configuration", () => {
  const bad = stringify(way("SecurityProfile"));
  throws(
    () => goldenProfiles({ "a.yaml": stringify(FILE), "b.yaml": stringify(FILE), "c.yaml": bad }),
    (error: ConfigError) => {
      equal(error.code, "CFG_INVALID");
      match(error.message, /b\.yaml: another file of posture\.golden has the id "own"/);
      match(error.message, /c\.yaml: setting "log", ocpp1\.6: SecurityProfile/);
      return true;
    },
  );
});

Deno.test("golden files: site.yaml names as many as the limit, and not one more", () => {
  const named = (length: number) => ({ golden: Array.from({ length }, (_, at) => ({ goldenFile: `g${at}.yaml` })) });
  equal(PostureConfig.safeParse(named(POSTURE_LIMITS.goldenFiles)).success, true);
  equal(PostureConfig.safeParse(named(POSTURE_LIMITS.goldenFiles + 1)).success, false);
});
