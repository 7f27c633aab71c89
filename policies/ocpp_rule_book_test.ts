import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import { NO_FIELDS, readFields } from "./ocpp_fields.ts";
import type { OcppRule, OcppRuleFacts } from "./ocpp_rule.ts";
import { RuleBook } from "./ocpp_rule_book.ts";
import { RateWindows } from "./rate_windows.ts";

const ALLOW: OcppRule = { id: "all", effect: "allow", because: "the rest" };
const rule = (id: string, more: Partial<OcppRule>): OcppRule => ({
  id,
  effect: "deny",
  because: `${id} says so`,
  ...more,
});

function facts(
  changes: { action?: string; station?: OcppRuleFacts["resource"]["station"]; payload?: unknown } = {},
): OcppRuleFacts {
  const { action = "Reset", station = { id: "CP001" }, payload = {} } = changes;
  const fields = readFields("csms", action, payload);
  const context = { version: "ocpp1.6", fields, minuteOfWeek: 0, at: 0 } as const;
  return { principal: "csms", action, resource: { station, csms: "main" }, context };
}
const ruleOf = (rules: readonly OcppRule[], of: OcppRuleFacts) => new RuleBook(rules).decide(of).rule;

Deno.test("rule book: deny wins wherever it stands, then the first allow, else deny", () => {
  const first = { ...ALLOW, id: "first" };
  equal(ruleOf([first, ALLOW, rule("no", {})], facts()), "no");
  equal(ruleOf([first, ALLOW], facts()), "first");
  equal(new RuleBook([{ ...ALLOW, actions: ["Heartbeat"] }]).decide(facts()), {
    effect: "deny",
    rule: undefined,
    because: "No rule allows it, and what no rule allows is refused",
  });
});

Deno.test("rule book: every condition of a rule must hold", () => {
  const narrow = rule("no", { stations: ["CP001"], actions: ["Reset"], fields: { type: ["Hard"] }, csms: ["main"] });
  equal(ruleOf([narrow, ALLOW], facts({ payload: { type: "Hard" } })), "no");
  equal(ruleOf([narrow, ALLOW], facts({ payload: { type: "Soft" } })), "all");
  equal(ruleOf([narrow, ALLOW], facts({ station: { id: "CP002" }, payload: { type: "Hard" } })), "all");
  equal(ruleOf([{ ...narrow, csms: ["ems"] }, ALLOW], facts({ payload: { type: "Hard" } })), "all");
  equal(ruleOf([{ ...narrow, from: "station" }, ALLOW], facts({ payload: { type: "Hard" } })), "all");
  equal(ruleOf([{ ...narrow, versions: ["ocpp2.1"] }, ALLOW], facts({ payload: { type: "Hard" } })), "all");
});

Deno.test("rule book: a deny on a field holds for other spellings of its value, an allow only for the very one", () => {
  const hard = { actions: ["Reset"], fields: { type: ["Hard"] } }, one = { fields: { connectorId: [1] } };
  for (const type of ["Hard", "hard", "HARD", "Hard ", " hard", "Hard\0", ["Hard"], { Hard: 1 }]) {
    equal(ruleOf([rule("no", hard), ALLOW], facts({ payload: { type } })), "no", JSON.stringify(type));
    const allowed = ruleOf([{ ...ALLOW, ...hard }], facts({ payload: { type } }));
    equal(allowed, type === "Hard" ? "all" : undefined, JSON.stringify(type));
  }
  for (const connectorId of [1, "1", "01", "1.0", "1e0", "0x1", "+1"]) {
    equal(ruleOf([rule("no", one), ALLOW], facts({ payload: { connectorId } })), "no", JSON.stringify(connectorId));
  }
  equal(ruleOf([rule("no", one), ALLOW], facts({ payload: { connectorId: 2 } })), "all");
  equal(ruleOf([rule("no", hard), ALLOW], facts({ payload: { type: "Soft" } })), "all");
});

Deno.test("rule book: letters that some take for plain ones are no way around a deny", () => {
  const settings = rule("no", { actions: ["SetVariables", "Reset"] });
  for (const action of ["Reset", "re\u017fet", "\uff32eset", "Reset-Signed", "\u017fetvariables"]) {
    equal(ruleOf([settings, ALLOW], facts({ action, payload: {} })), "no", action);
  }
  const hard = rule("no", { fields: { type: ["Hard"] } }),
    status = rule("no", { fields: { operationalStatus: ["x"] } });
  equal(ruleOf([hard, ALLOW], facts({ payload: { type: "Soft", "t\uff59pe": "Hard" } })), "no");
  const payload = { "operational\u017ftatus": "x" };
  equal(ruleOf([status, ALLOW], facts({ action: "ChangeAvailability", payload })), "no");
});

Deno.test("rule book: a second place for a field is no way around a rule", () => {
  const max = rule("no", { fields: { chargingProfilePurpose: ["ChargePointMaxProfile"] } });
  const [own, other] = [{ chargingProfilePurpose: "ChargePointMaxProfile" }, { chargingProfilePurpose: "TxProfile" }];
  const judge = (payload: unknown) => ruleOf([max, ALLOW], facts({ action: "SetChargingProfile", payload }));
  equal(judge({ csChargingProfiles: own }), "no");
  equal(judge({ csChargingProfiles: own, chargingProfile: other }), "no");
  equal(judge({ csChargingProfiles: other, chargingProfile: other }), "all");
  const first = rule("no", { fields: { evseId: [1] } });
  const start = (payload: unknown) => ruleOf([first, ALLOW], facts({ action: "RequestStartTransaction", payload }));
  equal([start({ evseId: 1, evse: { id: 2 } }), start({ evseId: 2, evse: { id: 2 } })], ["no", "all"]);
});

Deno.test("rule book: fields of ClearChargingProfile are found where each version has them", () => {
  const max = rule("no", { fields: { chargingProfilePurpose: ["TxDefaultProfile"] } });
  const judge = (payload: unknown) => ruleOf([max, ALLOW], facts({ action: "ClearChargingProfile", payload }));
  equal(judge({ chargingProfilePurpose: "TxDefaultProfile" }), "no");
  equal(judge({ chargingProfileCriteria: { chargingProfilePurpose: "TxDefaultProfile", evseId: 1 } }), "no");
  equal(judge({ chargingProfileCriteria: { chargingProfilePurpose: "TxProfile" } }), "all");
});

Deno.test("invariant 11: a rule that names a station, vendor, model or unit applies to exactly that one", () => {
  const near = ["CP001 ", " CP001", "cp001", "CP0011", "CP00", "CP001/", "CP%30%301", "ＣＰ001", "CP001\0", ""];
  for (
    const [key, field] of [["stations", "id"], ["vendors", "vendor"], ["models", "model"], ["units", "unit"]] as const
  ) {
    const named = [rule("named", { [key]: ["CP001"] }), ALLOW];
    equal(ruleOf(named, facts({ station: { id: "x", [field]: "CP001" } })), "named");
    for (const other of near) {
      equal(ruleOf(named, facts({ station: { id: "x", [field]: other } })), "all", `${key} ${other}`);
    }
  }
  equal(ruleOf([rule("named", { vendors: ["bender"] }), ALLOW], facts()), "all", "a station of which nothing is known");
});

Deno.test("rule book: a deny holds for other spellings of its action, an allow only for the very name", () => {
  for (const action of ["reset", " Reset", "RESET", "Reset\0x", "reset-signed", "Reset-signed"]) {
    equal(ruleOf([rule("no", { actions: ["Reset"] }), ALLOW], facts({ action })), "no", action);
    equal(ruleOf([{ ...ALLOW, actions: ["Reset"] }], facts({ action })), undefined, action);
  }
  for (const action of ["Resets", "Rese", "HardReset", "Signed-Reset"]) {
    equal(ruleOf([rule("no", { actions: ["Reset"] }), ALLOW], facts({ action })), "all", action);
  }
  equal(
    ruleOf([{ ...ALLOW, actions: ["Reset"] }], facts({ action: "Reset-Signed" })),
    "all",
    "judged as the plain one",
  );
});

Deno.test("rule book: what cannot be read in one way is refused by every deny and allowed by no allow", () => {
  const url = facts({ action: "UpdateFirmware", payload: { location: "nonsense" } });
  for (const key of ["hosts", "hostsOutside", "schemes", "schemesOutside"] as const) {
    equal(ruleOf([rule("no", { [key]: ["x"] }), ALLOW], url), "no", key);
    equal(ruleOf([{ ...ALLOW, [key]: ["x"] }], url), undefined, key);
  }
  const odd = facts({ payload: { type: "Hard", TYPE: "Soft" } });
  equal(ruleOf([rule("no", { fields: { type: ["Hard"] } }), ALLOW], odd), "no");
  equal(ruleOf([{ ...ALLOW, fields: { type: ["Hard"] } }], odd), undefined);
});

Deno.test("rule book: the relay's own table and a decision on whole facts agree", () => {
  const rules = [
    rule("host", { from: "csms", actions: ["UpdateFirmware"], hostsOutside: ["fw.example"] }),
    rule("unit", { units: ["dc-1"], actions: ["Reset"] }),
    { ...ALLOW, id: "some", actions: ["Reset", "Heartbeat"] },
    { ...ALLOW, vendors: ["bender"] },
  ];
  const book = new RuleBook(rules);
  for (const action of ["Reset", "UpdateFirmware", "Heartbeat", "reset", "Other"]) {
    for (const station of [{ id: "A" }, { id: "B", unit: "dc-1" }, { id: "C", vendor: "bender" }]) {
      for (const location of ["https://fw.example/", "https://evil.example/"]) {
        const of = facts({ action, station, payload: { location } });
        const own = book.forStation(of.resource, "ocpp1.6").of("csms", action);
        const context = {
          stationId: station.id,
          fields: () => of.context.fields,
          minuteOfWeek: () => 0,
          at: 0,
          windows: new RateWindows(),
        };
        equal(own.decide(context), book.decide(of), `${action} ${station.id} ${location}`);
      }
    }
  }
});

Deno.test("rule book: what is the same for every message is known without looking into it", () => {
  const rules = [rule("no", { actions: ["Reset"] }), rule("host", { actions: ["GetLog"], hosts: ["x"] }), ALLOW];
  const own = new RuleBook(rules).forStation({ station: { id: "A" }, csms: "main" }, "ocpp1.6");
  equal(own.of("csms", "Reset").always?.rule, "no");
  equal(own.of("csms", "Heartbeat").always?.rule, "all");
  equal([own.of("csms", "GetLog").always, own.of("csms", "GetLog").readsFields], [undefined, true]);
  ok(own.of("csms", "Heartbeat") === own.of("csms", "Heartbeat"));
});

Deno.test("rule book: stations to which the same rules apply share one table", () => {
  const book = new RuleBook([rule("no", { stations: ["A"] }), ALLOW]);
  const of = (id: string) => book.forStation({ station: { id }, csms: "main" }, "ocpp1.6");
  ok(of("B") === of("C"));
  ok(of("A") !== of("B"));
});

Deno.test("rule book: unknown actions are remembered up to the limit and judged the same beyond it", () => {
  const own = new RuleBook([rule("no", { actions: ["Reset"] }), ALLOW]).forStation(
    { station: { id: "A" }, csms: "m" },
    "ocpp2.1",
  );
  for (let i = 0; i < POLICY_LIMITS.otherActions; i++) own.of("csms", `X${i}`);
  ok(own.of("csms", "X0") === own.of("csms", "X0"));
  ok(own.of("csms", "beyond") !== own.of("csms", "beyond"));
  equal([own.of("csms", "beyond").always?.rule, own.of("csms", "RESET").always?.rule], ["all", "no"]);
});

Deno.test("rule book: rates are counted per rule and station, only for what the rule is about", () => {
  const book = new RuleBook([
    rule("few", { actions: ["Reset"], fields: { type: ["Hard"] }, rate: { over: 1, seconds: 60 } }),
    ALLOW,
  ]);
  const windows = new RateWindows();
  const decide = (type: string, id = "A") => book.decide(facts({ station: { id }, payload: { type } }), windows).rule;
  equal([decide("Soft"), decide("Soft"), decide("Hard"), decide("Hard")], ["all", "all", "all", "few"]);
  equal([decide("Hard", "B"), decide("Soft")], ["all", "all"]);
});

Deno.test("rule book: a thousand rules cost no more than those that concern the action", () => {
  const many = Array.from(
    { length: POLICY_LIMITS.rules - 1 },
    (_, i) => rule(`r${i}`, { actions: [`A${i}`], hosts: ["x"] }),
  );
  const own = new RuleBook([...many, ALLOW]).forStation({ station: { id: "A" }, csms: "main" }, "ocpp1.6");
  equal(own.of("csms", "Heartbeat").always?.rule, "all");
  equal(
    own.of("csms", "A500").decide({
      stationId: "A",
      fields: () => NO_FIELDS,
      minuteOfWeek: () => 0,
      at: 0,
      windows: new RateWindows(),
    }).rule,
    "all",
  );
});
