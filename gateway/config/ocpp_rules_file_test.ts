import assert from "node:assert/strict";
import { POLICY_LIMITS } from "../../policies/limits.ts";
import { OCPP_ACTIONS } from "../../policies/ocpp_actions.ts";
import { ConfigError } from "../core/errors.ts";
import { parseOcppRules, readOcppRules } from "./ocpp_rules_file.ts";

const faultsOf = (text: string): readonly string[] => {
  const read = parseOcppRules("rules/ocpp.yaml", text);
  return "faults" in read ? read.faults : [];
};
const one = (conditions: string) => `- { id: a, effect: deny, because: x, ${conditions} }\n`;

Deno.test("ocpp rules file: a list of rules is read, hosts in the form that messages are compared in", () => {
  const read = parseOcppRules("r", one("from: csms, actions: [GetLog], hostsOutside: [FW.Example., 2001:DB8::1]"));
  assert.deepEqual(read, {
    rules: [{
      id: "a",
      effect: "deny",
      because: "x",
      from: "csms",
      actions: ["GetLog"],
      hostsOutside: ["fw.example", "[2001:db8::1]"],
    }],
  });
});

const BAD: readonly [text: string, fault: RegExp][] = [
  ["", /^rules\/ocpp\.yaml:1:1 rules: there is no rule in it, wanted a list of rules/],
  ["# only a comment\n", /there is no rule in it/],
  ["rules: []\n", /:1:1 rules: it is no list, wanted a list/],
  ["[]\n", /has 0 entries, wanted at least 1/],
  ["- {\n", /:\d+:\d+ rules: this is not YAML/],
  ["- { id: a, effect: deny }\n", /:1:\d+ \[0\]\.because: is missing, wanted a sentence for people/],
  ["- { id: a, effect: maybe, because: x }\n", /\[0\]\.effect: "maybe" is not allowed, wanted one of allow, deny/],
  ["- { id: Aa, effect: deny, because: x }\n", /\[0\]\.id: "Aa" cannot be used, wanted 1 to 48 lower-case letters/],
  [one("host: [a]"), /\[0\]\.host: there is no such key here.*did you mean "hosts"/],
  [one("hosts: ['https://a.example']"), /\[0\]\.hosts\[0\]: .* wanted a host name or IP address/],
  [one("hosts: [a.example/x]"), /\[0\]\.hosts\[0\]: /],
  [one("hosts: []"), /\[0\]\.hosts: has 0 entries, wanted at least 1 entry/],
  [one("schemes: [HTTPS]"), /\[0\]\.schemes\[0\]: "HTTPS" cannot be used, wanted a URL scheme in lower case/],
  [
    one("actions: [UpdateFirmwar]"),
    /\[0\]\.actions\[0\]: .* wanted an action as OCPP writes it: probably UpdateFirmware/,
  ],
  [one("actions: [updatefirmware]"), /probably UpdateFirmware/],
  [one("actions: [Reset-Signed]"), /without -Signed: a signed message is judged as the plain one/],
  [one("from: cloud"), /\[0\]\.from: "cloud" is not allowed, wanted one of station, csms/],
  [one("versions: [ocpp1.5]"), /\[0\]\.versions\[0\]: "ocpp1.5" is not allowed/],
  [one("stations: [012]"), /\[0\]\.stations\[0\]: 012 is the number 12, wanted text: write "012" in quotes/],
  [one("keys: ['Straße']"), /\[0\]\.keys\[0\]: .* wanted 1 to 255 printable ASCII characters/],
  [
    one('from: csms, hours: { from: "8:00", to: "18:00" }'),
    /\[0\]\.hours\.from: "8:00" cannot be used, wanted a time of day/,
  ],
  [one('hours: { days: [monday], from: "08:00", to: "18:00" }'), /\[0\]\.hours\.days\[0\]: "monday" is not allowed/],
  [one("rate: { over: 3 }"), /\[0\]\.rate\.seconds: is missing/],
  [one("from: csms, fields: { typ: [Hard] }"), /\[0\]\.fields\.typ: there is no such key here.*did you mean "type"/],
  [one("fields: { type: [Hard] }"), /\[0\]\.fields: fields are read from CALLs of the CSMS only, wanted from: csms/],
  [one("from: csms, fields: {}"), /\[0\]\.fields: there is no field in it/],
  ["- { id: a, effect: allow, because: x, rate: { over: 1, seconds: 60 } }\n", /an allow rule cannot have a rate/],
];
for (const [text, fault] of BAD) {
  Deno.test(`ocpp rules file: refuses ${JSON.stringify(text.slice(0, 70))}`, () => {
    const faults = faultsOf(text);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0]!, fault);
  });
}

Deno.test("ocpp rules file: all faults of a file come at once, with their lines, in the order of the file", () => {
  const text = [
    "- id: a",
    "  effect: deny",
    "  because: x",
    "  hosts: [a b]",
    "- id: a",
    "  effect: allow",
    "  because: y",
    "  rate: { over: 1, seconds: 60 }",
    "- id: c",
    "  efect: deny",
    "  because: z",
  ].join("\n");
  assert.deepEqual(faultsOf(text).map((line) => line.split(" ").slice(0, 2).join(" ")), [
    "rules/ocpp.yaml:4:11 [0].hosts[0]:",
    "rules/ocpp.yaml:5:7 [1].id:",
    "rules/ocpp.yaml:8:3 [1].rate:",
    "rules/ocpp.yaml:9:3 [2].effect:",
    "rules/ocpp.yaml:10:3 [2].efect:",
  ]);
});

Deno.test("ocpp rules file: an action of a vendor is taken, one that resembles an OCPP action is a mistake", () => {
  assert.deepEqual(faultsOf(one("actions: [AcmeSelfTest]")), []);
  for (const action of OCPP_ACTIONS) assert.deepEqual(faultsOf(one(`actions: [${action}]`)), [], action);
});

Deno.test("ocpp rules file: as many rules and entries as the limits are read, one more is refused", () => {
  const rules = (count: number) =>
    Array.from({ length: count }, (_, i) => `- { id: r${i}, effect: allow, because: x }\n`).join("");
  assert.deepEqual(faultsOf(rules(POLICY_LIMITS.rules)), []);
  assert.match(faultsOf(rules(POLICY_LIMITS.rules + 1))[0]!, /at most 1000 entries/);
  const entries = (count: number) => one(`keys: [${Array(count).fill("k").join()}]`);
  assert.deepEqual(faultsOf(entries(POLICY_LIMITS.ruleListEntries)), []);
  assert.equal(faultsOf(entries(POLICY_LIMITS.ruleListEntries + 1)).length, 1);
  const rate = (over: number, seconds: number) => faultsOf(one(`rate: { over: ${over}, seconds: ${seconds} }`)).length;
  const { rateMessages, rateSeconds } = POLICY_LIMITS;
  assert.deepEqual([rate(rateMessages, rateSeconds), rate(rateMessages + 1, 1), rate(1, rateSeconds + 1)], [0, 1, 1]);
});

Deno.test("ocpp rules file: reading a bad one throws with every fault and what to do", () => {
  assert.throws(() => readOcppRules("r.yaml", "- 7\n"), (error: ConfigError) => {
    return error.code === "CFG_INVALID" && error.faults.length === 1 && /run `check`/.test(error.hint ?? "");
  });
  assert.equal(readOcppRules("r.yaml", one("from: csms")).length, 1);
});
