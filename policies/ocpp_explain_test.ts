import { deepStrictEqual as equal } from "node:assert/strict";
import { explainMessage, passesAnyway } from "./ocpp_explain.ts";
import { readFields } from "./ocpp_fields.ts";
import type { OcppRule, OcppRuleFacts } from "./ocpp_rule.ts";
import { RuleBook } from "./ocpp_rule_book.ts";

const RULES: readonly OcppRule[] = [
  { id: "other-station", effect: "deny", because: "a", stations: ["CP002"] },
  { id: "other-side", effect: "deny", because: "b", from: "station" },
  { id: "other-action", effect: "deny", because: "c", actions: ["GetLog"] },
  { id: "host", effect: "deny", because: "d", actions: ["UpdateFirmware"], hostsOutside: ["fw.example"] },
  { id: "night", effect: "deny", because: "e", hours: { from: "22:00", to: "06:00" } },
  { id: "often", effect: "deny", because: "f", rate: { over: 1, seconds: 60 } },
  { id: "rest", effect: "allow", because: "g" },
];

function facts(location: string, changes: Partial<OcppRuleFacts> = {}): OcppRuleFacts {
  return {
    principal: "csms",
    action: "UpdateFirmware",
    resource: { station: { id: "CP001" }, csms: "main" },
    context: {
      version: "ocpp1.6",
      fields: readFields("csms", "UpdateFirmware", { location }),
      minuteOfWeek: 12 * 60,
      at: 0,
    },
    ...changes,
  };
}

Deno.test("ocpp explain: names the rule that decides, and for every other the first condition that does not hold", () => {
  const { decision, standings, seen } = explainMessage(facts("https://evil.example/x"), RULES, "enforce");
  equal(decision, { effect: "deny", rule: "site.host", reason: "d" });
  equal(standings.map(({ id, missed }) => [id, missed]), [
    ["other-station", "stations"],
    ["other-side", "from"],
    ["other-action", "actions"],
    ["host", undefined],
    ["night", "hours"],
    ["often", "rate"],
    ["rest", undefined],
  ]);
  equal(seen, ["host evil.example", "scheme https"]);
});

Deno.test("ocpp explain: what passes is explained as well", () => {
  const { decision, standings } = explainMessage(facts("https://fw.example/x"), RULES, "enforce");
  equal(decision, { effect: "allow", rule: "ocpp.forward" });
  equal(standings.find(({ id }) => id === "host")?.missed, "hostsOutside");
});

Deno.test("ocpp explain: a rule is said to hold exactly when it would decide by itself", () => {
  const actions = ["UpdateFirmware", "updatefirmware", "UpdateFirmware-Signed", "GetLog", "Reset"];
  for (const action of actions) {
    for (const location of ["https://fw.example/", "https://evil.example/", "nonsense"]) {
      const of = facts(location, { action });
      for (const rule of RULES) {
        const alone: OcppRule[] = rule.effect === "deny" ? [rule, { id: "x", effect: "allow", because: "x" }] : [rule];
        const holds = explainMessage(of, [rule], "enforce").standings[0]?.missed === undefined;
        equal(new RuleBook(alone).decide(of).rule === rule.id, holds, `${action} ${location} ${rule.id}`);
      }
    }
  }
});

Deno.test("ocpp explain: rules that are tried out, and sites without rules", () => {
  const tried = explainMessage(facts("https://evil.example/x"), RULES, "observe").decision;
  equal(tried.effect === "allow" && tried.wouldRefuse?.rule, "site.host");
  const without = explainMessage(facts("https://evil.example/x"), undefined, "enforce");
  equal([without.decision.rule, without.standings], ["ocpp.forward", []]);
});

Deno.test("ocpp explain: a transaction message passes anyway and is said to", () => {
  const start = facts("", { principal: "station", action: "StartTransaction" });
  equal(passesAnyway(start), true);
  equal(passesAnyway(facts("")), false);
  equal(explainMessage(start, RULES, "enforce").decision.rule, "ocpp.transaction-passes");
});

Deno.test("ocpp explain: what is seen is said in words, what cannot be read as well", () => {
  const context = (fields: OcppRuleFacts["context"]["fields"]) => ({ ...facts("").context, fields });
  const seen = (action: string, payload: unknown) =>
    explainMessage(
      facts("", { action, context: context(readFields("csms", action, payload)) }),
      undefined,
      "enforce",
    ).seen;
  equal(seen("DataTransfer", { vendorId: "com.example" }), ["vendorId com.example"]);
  equal(seen("GetLog", { log: { remoteLocation: 5 } }), [
    "host (cannot be read in one way only)",
    "scheme (cannot be read in one way only)",
  ]);
  const data = [{ component: { name: "A" }, variable: { name: "B" } }];
  equal(seen("SetVariables", { setVariableData: data }), ["key a.b"]);
  equal(seen("Reset", { type: "Hard" }), ["type Hard"]);
});
