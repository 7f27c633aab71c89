import { deepStrictEqual as equal, match } from "node:assert/strict";
import { BUILT_IN_RULES } from "./built_in_rules.ts";
import { OCPP_RULES } from "./ocpp.ts";
import { OCPP_ACTIONS } from "./ocpp_actions.ts";
import type { OcppRule } from "./ocpp_rule.ts";
import { ruleMatrix, ruleRows, ruleWarnings } from "./ocpp_table.ts";

const ALLOW: OcppRule = { id: "rest", effect: "allow", because: "the rest" };
const deny = (id: string, more: Partial<OcppRule>): OcppRule => ({ id, effect: "deny", because: "x", ...more });
const at = (id: string, more: { unit?: string } = {}) =>
  ({ resource: { station: { id, ...more }, csms: "main" }, version: "ocpp1.6" }) as const;

Deno.test("ocpp table: every built-in rule has its line, in the order in which it is asked", () => {
  equal(BUILT_IN_RULES.map(({ rule }) => rule).sort(), Object.values(OCPP_RULES).sort());
  equal([BUILT_IN_RULES[0]?.rule, BUILT_IN_RULES.at(-1)?.rule], ["ocpp.transaction-passes", "ocpp.forward"]);
});

Deno.test("ocpp table: a rule is told in the words of its file", () => {
  const full = deny("full", {
    from: "csms",
    stations: ["CP001", "CP002"],
    versions: ["ocpp1.6"],
    actions: ["Reset"],
    hostsOutside: ["fw.example"],
    fields: { type: ["Hard"] },
    hours: { days: ["mon"], from: "22:00", to: "06:00" },
    rate: { over: 3, seconds: 60 },
  });
  equal(ruleRows([full, ALLOW]).map(({ id, who, what }) => [id, who, what]), [
    [
      "full",
      "from csms; stations CP001, CP002; versions ocpp1.6",
      "actions Reset; hostsOutside fw.example; type Hard; hours mon 22:00 to 06:00; beyond 3 in 60 s",
    ],
    ["rest", "both sides", "every message"],
  ]);
});

Deno.test("ocpp table: the matrix shows what is the same for all actions once, and stations that are alike together", () => {
  const rules = [
    deny("no-reset", { from: "csms", actions: ["Reset"] }),
    deny("host", { from: "csms", actions: ["GetLog"], hosts: ["x"] }),
    deny("unlock", { units: ["dc"], actions: ["UnlockConnector"] }),
    ALLOW,
  ];
  const rows = ruleMatrix(rules, [at("A"), at("B"), at("C", { unit: "dc" })]);
  equal(rows.filter(({ stations }) => stations.includes("A")), [
    { stations: ["A", "B"], from: "csms", action: "GetLog", answer: "depends (host, rest)" },
    { stations: ["A", "B"], from: "csms", action: "Reset", answer: "deny (no-reset)" },
    { stations: ["A", "B"], from: "csms", action: "(any other)", answer: "allow (rest)" },
    { stations: ["A", "B"], from: "station", action: "(any other)", answer: "allow (rest)" },
  ]);
  equal(
    rows.filter(({ stations }) => stations.includes("C")).map(({ from, action, answer }) =>
      `${from} ${action} ${answer}`
    ),
    [
      "csms GetLog depends (host, rest)",
      "csms Reset deny (no-reset)",
      "csms UnlockConnector deny (unlock)",
      "csms (any other) allow (rest)",
      "station UnlockConnector deny (unlock)",
      "station (any other) allow (rest)",
    ],
  );
  equal(ruleMatrix([deny("x", { actions: ["Reset"] })], [at("A")]).at(-1)?.answer, "deny (no rule)");
});

const WARNED: readonly [name: string, rules: OcppRule[], warning: RegExp | undefined][] = [
  ["rules that end with an allow", [deny("a", { from: "csms" }), ALLOW], undefined],
  [
    "an allow behind one that allows everything",
    [ALLOW, { ...ALLOW, id: "late", from: "csms" }],
    /"late" decides nothing: .*"rest"/,
  ],
  ["a deny of everything", [deny("all", {}), ALLOW], /"all" refuses every message/],
  ["no allow at all", [deny("a", { from: "csms" })], /no rule allows anything/],
  [
    "a deny of transactions",
    [deny("a", { actions: ["StartTransaction"] }), ALLOW],
    /"a" never refuses StartTransaction/,
  ],
  ["a deny of such an action from the CSMS", [deny("a", { from: "csms", actions: ["MeterValues"] }), ALLOW], undefined],
  ["a deny behind the allow, which still wins", [ALLOW, deny("a", { actions: ["Reset"] })], undefined],
];
for (const [name, rules, warning] of WARNED) {
  Deno.test(`ocpp table: ${warning ? "warns of" : "has nothing against"} ${name}`, () => {
    const warnings = ruleWarnings(rules);
    equal(warnings.length, warning ? 1 : 0, warnings.join());
    if (warning) match(warnings[0]!, warning);
  });
}

Deno.test("ocpp table: the actions of OCPP are known, each once, in order", () => {
  equal(OCPP_ACTIONS.length, new Set(OCPP_ACTIONS).size);
  equal([...OCPP_ACTIONS].sort(), [...OCPP_ACTIONS]);
  for (const action of ["UpdateFirmware", "TransactionEvent", "SignedUpdateFirmware", "NotifyPeriodicEventStream"]) {
    equal(OCPP_ACTIONS.includes(action), true, action);
  }
});
