import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { OCPP16, OCPP20, OCPP21 } from "typed-ocpp";
import { OCPP_VERSIONS, type OcppVersion } from "./codec.ts";
import { SEMANTIC_RULES } from "./semantic_rules.ts";
import { TIME_FIELDS } from "./semantic_tests.ts";
import { CASES, log, set16, T0, T1, V2 } from "./testing/semantic_cases.ts";
import { createSchemaCheck, loadSchemaCheck } from "./validation.ts";

for (const { rule, versions, action, answer, bad, at, good } of CASES) {
  for (const version of versions) {
    Deno.test(`semantic rule ${rule}: ${version} ${action}${answer ? " answer" : ""} at ${at || "the root"}`, async () => {
      const check = await loadSchemaCheck(version);
      const judge = answer ? check.result : check.call;
      equal(judge(action, bad), `${at || "/"} breaks rule ${rule}`);
      equal(judge(action, good), undefined);
    });
  }
}

Deno.test("semantic rules: every rule has a case for each of its versions that its schema does not catch already", async () => {
  for (const { id, versions } of SEMANTIC_RULES) {
    for (const version of versions) {
      const tested = CASES.some((one) => one.rule === id && one.versions.includes(version));
      // 2.1 bounds these in its own schema: there the rule only stands behind it
      const inSchema = version === "ocpp2.1" &&
        ["evse-not-negative", "message-timeout", "profile-stack-level", "sequence-not-negative"].includes(id);
      ok(tested || inSchema || (id === "profile-window" && version === "ocpp1.6"), `${id} ${version}`);
    }
  }
  const check = await loadSchemaCheck("ocpp1.6");
  const window = (from: string, to: string) =>
    check.call("SetChargingProfile", set16(1, { validFrom: from, validTo: to }));
  equal([window(T1, T0), window(T0, T1)], ["/csChargingProfiles/validTo breaks rule profile-window", undefined]);
});

Deno.test("semantic rules: ids are unique, sorted, and every rule names messages of its versions", () => {
  const ids = SEMANTIC_RULES.map(({ id }) => id);
  equal(ids, [...new Set(ids)].sort());
  const schemas = { "ocpp1.6": OCPP16.schemas, "ocpp2.0.1": OCPP20.schemas, "ocpp2.1": OCPP21.schemas };
  for (const { id, versions, messages, wanted, source } of SEMANTIC_RULES) {
    ok(wanted.length > 15 && source.length > 5, id);
    for (const version of versions) {
      ok(messages[0] === "*" || messages.some((name) => name in schemas[version]), `${id} names nothing of ${version}`);
    }
    for (const name of messages) {
      ok(name === "*" || versions.some((version) => name in schemas[version]), `${id} names ${name}`);
    }
  }
});

Deno.test("semantic rules: the times they look at are the times of all schemas", () => {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties = {} } = node as {
      properties?: Record<string, { format?: string; items?: { format?: string } }>;
    };
    for (const [name, field] of Object.entries(properties)) {
      if (field?.format === "date-time" || field?.items?.format === "date-time") found.add(name);
    }
    Object.values(node).forEach(walk);
  };
  [OCPP16.schemas, OCPP20.schemas, OCPP21.schemas].forEach(walk);
  equal([...TIME_FIELDS].sort(), [...found].sort());
});

Deno.test("semantic rules: no payload of any form makes one throw, and none is changed", () => {
  const odd: unknown[] = [
    undefined,
    null,
    1,
    "x",
    [],
    [[]],
    {},
    { chargingProfile: 1 },
    { chargingProfile: { chargingSchedule: [1, null] } },
    { csChargingProfiles: { chargingSchedule: { chargingSchedulePeriod: [null, { startPeriod: "0" }] } } },
    { meterValue: [1] },
    { log: "x" },
    { updateType: "Full", localAuthorizationList: [1] },
    { __proto__: { evseId: -1 } },
  ];
  for (const payload of odd) {
    const before = JSON.stringify(payload);
    for (const { test } of SEMANTIC_RULES) test(payload);
    equal(JSON.stringify(payload), before);
  }
});

Deno.test("semantic rules: nothing of a vendor's own data is looked at", async () => {
  for (const version of V2) {
    const check = await loadSchemaCheck(version);
    const customData = { vendorId: "x", timestamp: "2026-01-01T00:00:00", connectorId: -1, big: 2 ** 40 };
    equal(check.call("Heartbeat", { customData }), undefined);
    equal(
      check.call("DataTransfer", { vendorId: "x", data: { timestamp: "2026-01-01T00:00:00" } })?.includes("zone"),
      true,
    );
  }
});

Deno.test("semantic rules: an integer has 32 bits in every version: at the limit and one past it", async () => {
  const bodies: Record<OcppVersion, (value: number) => [string, Record<string, unknown>]> = {
    "ocpp1.6": (value) => ["StopTransaction", { transactionId: value, meterStop: 1, timestamp: T0 }],
    "ocpp2.0.1": (value) => ["GetLog", { ...log(T0, T1), requestId: value }],
    "ocpp2.1": (value) => ["GetLog", { ...log(T0, T1), requestId: value }],
  };
  for (const version of OCPP_VERSIONS) {
    const check = await loadSchemaCheck(version);
    const judge = (value: number) => check.call(...bodies[version](value));
    equal([judge(2_147_483_647), judge(-2_147_483_648)], [undefined, undefined]);
    ok(/breaks maximum/.test(judge(2_147_483_648) ?? ""));
    ok(/breaks minimum/.test(judge(-2_147_483_649) ?? ""));
  }
});

Deno.test("semantic rules: a decimal limit is a multiple of 0.1 as people count", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  const limit = (value: number) =>
    check.call(
      "SetChargingProfile",
      set16(1, {
        chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: value }] },
      }),
    );
  equal([limit(12.3), limit(16.1), limit(0.7)], [undefined, undefined, undefined]);
  ok(limit(12.34)?.includes("multipleOf"));
});

Deno.test("semantic rules: a check without rules knows the schema alone", async () => {
  const schemas = (await import("./schemas/ocpp16.js")).default;
  equal(createSchemaCheck(schemas).call("UnlockConnector", { connectorId: 0 }), undefined);
});
