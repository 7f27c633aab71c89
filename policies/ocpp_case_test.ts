import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { minuteOfWeek, type OcppCase, runOcppCase } from "./ocpp_case.ts";
import type { OcppRule } from "./ocpp_rule.ts";

const RULES: readonly OcppRule[] = [
  { id: "no-reset", effect: "deny", because: "no", actions: ["Reset"] },
  { id: "rest", effect: "allow", because: "the rest" },
];
const RESET: OcppCase = { case: "a reset", from: "csms", action: "Reset", expect: "refuse" };

/** What a case that does not hold says. */
function whyOf(tried: Partial<OcppCase>, rules: readonly OcppRule[] | "none" = RULES): string {
  const result = runOcppCase({ ...RESET, ...tried }, rules === "none" ? undefined : rules);
  return result.ok ? "ok" : result.why;
}

Deno.test("ocpp case: holds when what is expected happens by the rule that is expected", () => {
  equal(whyOf({}), "ok");
  equal(whyOf({ rule: "no-reset" }), "ok");
  equal(whyOf({ rule: "site.no-reset" }), "ok");
  equal(whyOf({ action: "GetLog", expect: "pass" }), "ok");
  equal(whyOf({ expect: "pass" }, "none"), "ok");
});

Deno.test("ocpp case: says what happened instead, and by which rule", () => {
  equal(whyOf({ expect: "pass" }), "expected pass, got refuse by site.no-reset");
  equal(whyOf({ rule: "other" }), "expected refuse by other, got refuse by site.no-reset");
  equal(whyOf({}, "none"), "expected refuse, got pass by ocpp.forward");
  match(whyOf({ mode: "observe" }), /got pass by ocpp\.forward, would be refused by site\.no-reset/);
});

Deno.test("ocpp case: what observe mode or invariant 15 lets pass still names the rule", () => {
  equal(whyOf({ mode: "observe", expect: "pass", rule: "no-reset" }), "ok");
  const start: Partial<OcppCase> = { from: "station", action: "StartTransaction", expect: "pass" };
  equal(whyOf({ ...start, rule: "none" }, [{ id: "none", effect: "deny", because: "x" }]), "ok");
});

Deno.test("ocpp case: station, CSMS, version and time are those of the case", () => {
  const narrow: OcppRule = {
    id: "narrow",
    effect: "deny",
    because: "x",
    stations: ["CP009"],
    csms: ["ems"],
    versions: ["ocpp2.1"],
    hours: { days: ["sun"], from: "10:00", to: "11:00" },
  };
  const rules = [narrow, RULES[1]!];
  const all: Partial<OcppCase> = { station: { id: "CP009" }, csms: "ems", version: "ocpp2.1", at: "sun 10:30" };
  equal(whyOf(all, rules), "ok");
  for (const key of Object.keys(all) as (keyof typeof all)[]) {
    ok(whyOf({ ...all, [key]: undefined }, rules) !== "ok", key);
  }
});

Deno.test("ocpp case: the last of several messages counts", () => {
  const rules = [{ ...RULES[0]!, rate: { over: 2, seconds: 60 } }, RULES[1]!];
  equal(whyOf({ times: 2, expect: "pass" }, rules), "ok");
  equal(whyOf({ times: 3, seconds: 30 }, rules), "ok");
  equal(whyOf({ times: 3, seconds: 300, expect: "pass" }, rules), "ok");
});

Deno.test("ocpp case: times of a week are a day and a time of day", () => {
  equal(["mon 00:00", "tue 01:30", "sun 23:59", "monday 00:00", "mon", "mon 25:00", ""].map(minuteOfWeek), [
    0,
    24 * 60 + 90,
    7 * 24 * 60 - 1,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
