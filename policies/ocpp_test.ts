import { deepStrictEqual as equal } from "node:assert/strict";
import { decideOcppCall, isTransactionMessage, type OcppCallFacts, plainAction } from "./ocpp.ts";

const GOOD: OcppCallFacts = {
  from: "station",
  version: "ocpp1.6",
  action: "Heartbeat",
  validation: "observe",
  schema: "ok",
  frameFaults: [],
  repeated: false,
  overRate: false,
  overPending: false,
};

const FAULTS: readonly [name: string, facts: Partial<OcppCallFacts>, rule: string][] = [
  ["a payload against its schema", { schema: "invalid", fault: "/x breaks type" }, "ocpp.schema"],
  ["an unknown action", { schema: "unknown-action" }, "ocpp.unknown-action"],
  ["a malformed frame", { frameFaults: ["duplicate-keys"] }, "ocpp.frame"],
  ["a repeated id of the CSMS", { from: "csms", repeated: true }, "ocpp.replay"],
];
const LIMITS: readonly [name: string, facts: Partial<OcppCallFacts>, rule: string][] = [
  ["too many messages", { overRate: true }, "ocpp.rate"],
  ["too many unanswered calls", { overPending: true }, "ocpp.pending"],
];

Deno.test("ocpp policy: a good message is forwarded", () => {
  equal(decideOcppCall(GOOD), { effect: "allow", rule: "ocpp.forward" });
});

for (const [name, facts, rule] of FAULTS) {
  Deno.test(`ocpp policy: ${name} is only noted when observing`, () => {
    const decision = decideOcppCall({ ...GOOD, ...facts });
    equal([decision.effect, decision.effect === "allow" && decision.wouldRefuse?.rule], ["allow", rule]);
  });
  Deno.test(`ocpp policy: ${name} is refused when enforcing`, () => {
    const decision = decideOcppCall({ ...GOOD, ...facts, validation: "enforce" });
    equal([decision.effect, decision.rule], ["deny", rule]);
  });
}

for (const [name, facts, rule] of LIMITS) {
  Deno.test(`ocpp policy: ${name} are refused in every mode`, () => {
    for (const validation of ["observe", "enforce", "enforce-known-actions"] as const) {
      const decision = decideOcppCall({ ...GOOD, ...facts, validation });
      equal([decision.effect, decision.rule], ["deny", rule]);
    }
  });
}

Deno.test("ocpp policy: a CSMS cannot lower a security profile, whatever the mode (O-02)", () => {
  for (const validation of ["observe", "enforce", "enforce-known-actions"] as const) {
    const decision = decideOcppCall({
      ...GOOD,
      from: "csms",
      action: "SetNetworkProfile",
      lowersProfile: true,
      validation,
    });
    equal([decision.effect, decision.rule], ["deny", "ocpp.profile-downgrade"]);
  }
  equal(decideOcppCall({ ...GOOD, from: "csms", lowersProfile: false }).effect, "allow");
});

Deno.test("ocpp policy: enforce-known-actions lets actions of vendors pass and still refuses bad known ones", () => {
  const validation = "enforce-known-actions";
  equal(decideOcppCall({ ...GOOD, validation, schema: "unknown-action" }).effect, "allow");
  equal(decideOcppCall({ ...GOOD, validation, schema: "invalid" }).effect, "deny");
});

Deno.test("ocpp policy: a station may repeat a message id, it lost its answer", () => {
  equal(decideOcppCall({ ...GOOD, repeated: true, validation: "enforce" }), { effect: "allow", rule: "ocpp.forward" });
});

Deno.test("invariant 15: a transaction message of a station is never refused, whatever is wrong with it", () => {
  const everything: Partial<OcppCallFacts> = {
    schema: "invalid",
    frameFaults: ["duplicate-keys", "message-id-long"],
    repeated: true,
    overRate: true,
    overPending: true,
  };
  for (const action of ["StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"]) {
    for (const name of [action, `${action}-Signed`]) {
      for (const validation of ["observe", "enforce", "enforce-known-actions"] as const) {
        for (const facts of [everything, { schema: "unknown-action" } as const, ...FAULTS.map(([, one]) => one)]) {
          const decision = decideOcppCall({ ...GOOD, ...facts, from: "station", action: name, validation });
          equal(decision.effect, "allow", `${name} ${validation}`);
        }
      }
    }
  }
  equal(decideOcppCall({ ...GOOD, ...everything, action: "MeterValues" }).rule, "ocpp.transaction-passes");
});

Deno.test("ocpp policy: names that only resemble transaction messages have no privilege", () => {
  for (
    const action of ["starttransaction", "StartTransactions", "StopTransaction ", "-Signed", "RemoteStartTransaction"]
  ) {
    equal(isTransactionMessage("station", action), false, action);
  }
  equal(isTransactionMessage("csms", "StartTransaction"), false);
});

Deno.test("ocpp policy: a signed message is judged as the plain one", () => {
  equal(["TransactionEvent-Signed", "Heartbeat", "Signed"].map(plainAction), [
    "TransactionEvent",
    "Heartbeat",
    "Signed",
  ]);
});

const SITE_DENY = { effect: "deny", rule: "firmware-hosts", because: "Not from there" } as const;

Deno.test("ocpp policy: a rule of the site refuses in every validation mode, by its own name and sentence", () => {
  for (const validation of ["observe", "enforce", "enforce-known-actions"] as const) {
    const decision = decideOcppCall({ ...GOOD, from: "csms", validation, site: SITE_DENY });
    equal(decision, { effect: "deny", rule: "site.firmware-hosts", reason: "Not from there" });
  }
  const byNone = decideOcppCall({ ...GOOD, site: { effect: "deny", rule: undefined, because: "None" } });
  equal([byNone.effect, byNone.rule], ["deny", "ocpp.no-rule"]);
});

Deno.test("ocpp policy: rules that are tried out refuse nothing, what else refuses still does", () => {
  const tried = { ...GOOD, from: "csms", site: SITE_DENY, siteObserves: true } as const;
  equal(decideOcppCall(tried), {
    effect: "allow",
    rule: "ocpp.forward",
    wouldRefuse: { rule: "site.firmware-hosts", reason: "Not from there" },
  });
  equal(decideOcppCall({ ...tried, validation: "enforce", schema: "invalid" }).rule, "ocpp.schema");
  equal(decideOcppCall({ ...tried, lowersProfile: true }).rule, "ocpp.profile-downgrade");
  equal(decideOcppCall({ ...tried, overRate: true }).rule, "ocpp.rate");
});

Deno.test("ocpp policy: an allow of the site lifts no built-in refusal", () => {
  const site = { effect: "allow", rule: "all", because: "All" } as const;
  equal(decideOcppCall({ ...GOOD, from: "csms", site, lowersProfile: true }).rule, "ocpp.profile-downgrade");
  equal(decideOcppCall({ ...GOOD, site, overRate: true }).rule, "ocpp.rate");
  equal(decideOcppCall({ ...GOOD, site }), { effect: "allow", rule: "ocpp.forward" });
});

Deno.test("invariant 15: no rule of a site refuses a transaction message; what it would do is recorded", () => {
  for (
    const action of ["StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent", "MeterValues-Signed"]
  ) {
    for (const site of [SITE_DENY, { effect: "deny", rule: undefined, because: "None" } as const]) {
      const decision = decideOcppCall({ ...GOOD, action, site });
      equal(decision.effect, "allow", action);
      equal(decision.effect === "allow" && decision.wouldRefuse?.reason, site.because);
    }
  }
});
