import { deepEqual, match } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { checkRules } from "./check_rules.ts";
import { STARTER_RULES, starterSite } from "./starter_site.ts";
import { parseOcppRules } from "../config/ocpp_rules_file.ts";
import { parseYaml } from "../config/yaml_source.ts";
import { policyTable } from "./policy_table.ts";

const FILE = "rules/ocpp.yaml";

function loaded(rules: string | undefined, more: Record<string, unknown> = {}) {
  const site = Site.parse({
    version: 1,
    site: { id: "g" },
    stations: [{ id: "CP001", vendor: "bender", ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, csms: "main" } }],
    ocpp: {
      listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
      csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
      ...rules === undefined ? {} : { rules: FILE },
      ...more,
    },
  });
  const materials = new Map(rules === undefined ? [] : [[FILE, new TextEncoder().encode(rules)] as const]);
  return { site, materials, box: { configFile: "", configDir: "/nowhere", dataDir: "" }, text: "" };
}
const ALLOW = "- { id: rest, effect: allow, because: The rest }\n";

Deno.test("check rules: nothing is odd about no rules, nor about rules that end with an allow", async () => {
  deepEqual(await checkRules(loaded(undefined)), []);
  deepEqual(await checkRules(loaded(`- { id: a, effect: deny, because: x, actions: [Reset] }\n${ALLOW}`)), []);
});

const ODD: readonly [rule: string, warning: RegExp][] = [
  ["effect: allow, because: x, from: csms", /"odd" decides nothing/],
  [
    "effect: deny, because: x, stations: [cp001]",
    /names "cp001" under stations, which site\.yaml does not; did you mean "CP001"/,
  ],
  [
    "effect: deny, because: x, stations: [GARAGE-9]",
    /names "GARAGE-9" under stations, .*; right only for an adopted station$/,
  ],
  ["effect: deny, because: x, vendors: [benders]", /names "benders" under vendors, .*did you mean "bender"/],
  ["effect: deny, because: x, units: [bay-7]", /names "bay-7" under units/],
  ["effect: deny, because: x, models: [CC613]", /names "CC613" under models/],
  ["effect: deny, because: x, csms: [mains]", /names "mains" under csms, .*did you mean "main"/],
];
for (const [rule, warning] of ODD) {
  Deno.test(`check rules: warns of ${rule}`, async () => {
    const findings = await checkRules(loaded(`${ALLOW}- { id: odd, ${rule} }\n`));
    deepEqual(findings.map(({ level, key }) => [level, key]), [["warning", "ocpp.rules"]]);
    match(findings[0]!.text, warning);
  });
}

Deno.test("check rules: the site's cases are run; those that do not hold and files that cannot be read are warnings", async () => {
  const folder = await Deno.makeTempDir({ prefix: "check-rules-" });
  try {
    await Deno.mkdir(`${folder}/rules/cases`, { recursive: true });
    const site = { ...loaded(ALLOW), box: { configFile: "", configDir: folder, dataDir: "" } };
    const write = (text: string) => Deno.writeTextFile(`${folder}/rules/cases/a.yaml`, text);
    await write("cases: [{ case: a reset, from: csms, action: Reset, expect: pass }]");
    deepEqual(await checkRules(site), []);
    await write("cases: [{ case: a reset, from: csms, action: Reset, expect: refuse }]");
    match(
      (await checkRules(site))[0]!.text,
      /case "a reset" in ".*a\.yaml": expected refuse, got pass by ocpp\.forward/,
    );
    await write("cases: 7");
    match(
      (await checkRules(site))[0]!.text,
      /the site's cases cannot be run: The cases file ".*a\.yaml" cannot be used/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("policy table: shows built-in rules, the site's own, what they mean, and warnings", () => {
  const { text, data } = policyTable(
    loaded(`- { id: no-reset, effect: deny, because: No, actions: [Reset] }\n${ALLOW}`),
  );
  match(text, /ocpp\.transaction-passes/);
  match(text, /no-reset +deny +both sides +actions Reset +No/);
  match(text, /CP001 +csms +Reset +deny \(no-reset\)/);
  match(text, /CP001 +csms +\(any other\) +allow \(rest\)/);
  deepEqual((data as { mode: string }).mode, "enforce");
  match(policyTable(loaded("- { id: a, effect: deny, because: x }\n")).text, /warning: rule "a" refuses every message/);
});

Deno.test("policy table: a site without rules of its own says so", () => {
  const { text, data } = policyTable(loaded(undefined));
  match(text, /The site has no rules of its own \(ocpp\.rules\): all the rest is relayed\.$/);
  deepEqual((data as { rules: unknown }).rules, null);
});

Deno.test("init: its rules are good as they stand, and when every example in them is switched on", () => {
  for (const text of [STARTER_RULES, STARTER_RULES.replaceAll(/^# (- id| {2}\w)/gm, "$1")]) {
    const read = parseOcppRules(FILE, text);
    deepEqual("faults" in read ? read.faults : [], []);
  }
  const switched = STARTER_RULES.replaceAll(/^# (- id| {2}\w)/gm, "$1");
  match(switched, /^- id: firmware-hosts\n {2}effect: deny/m);
});

Deno.test("init: ocpp.rules can be switched on in its site.yaml by taking the # away", () => {
  const site = starterSite("starter").replace("  # rules:", "  rules:").replace("  # mode:", "  mode:");
  const { ocpp } = Site.parse(parseYaml(site).value);
  deepEqual([ocpp?.rules, ocpp?.mode], [FILE, "observe"]);
});
