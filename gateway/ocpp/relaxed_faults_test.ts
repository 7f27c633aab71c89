import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { OCPP_LIMITS } from "./limits.ts";
import { mend, RELAXATION_NAMES, type RelaxationName } from "./relaxed_faults.ts";
import { loadSchemaCheck } from "./validation.ts";

const BOOT = { chargePointVendor: "Bender", chargePointModel: "CC613" };
const METER = (timestamp: string) => ({ connectorId: 1, meterValue: [{ timestamp, sampledValue: [{ value: "1" }] }] });

/** What each relaxation waives, and what it leaves refused. */
const CASES: readonly {
  readonly name: RelaxationName;
  readonly action: string;
  readonly waived: unknown;
  readonly refused: unknown;
}[] = [
  {
    name: "extra-properties",
    action: "BootNotification",
    waived: { ...BOOT, vendorExtra: 1, more: { deep: true } },
    refused: { ...BOOT, vendorExtra: 1, chargePointModel: 7 },
  },
  {
    name: "long-strings",
    action: "BootNotification",
    waived: { ...BOOT, chargePointModel: "m".repeat(300), firmwareVersion: "f".repeat(51) },
    refused: { chargePointVendor: "v".repeat(300) },
  },
  {
    name: "loose-numbers",
    action: "StatusNotification",
    waived: { connectorId: "1", errorCode: "NoError", status: "Available" },
    refused: { connectorId: "one", errorCode: "NoError", status: "Available" },
  },
  {
    name: "loose-numbers",
    action: "StopTransaction",
    waived: { transactionId: 1.0, meterStop: 12.5, timestamp: "2026-01-01T00:00:00Z" },
    refused: { transactionId: null, meterStop: 12.5, timestamp: "2026-01-01T00:00:00Z" },
  },
  {
    name: "loose-timestamps",
    action: "MeterValues",
    waived: METER("2026-01-01T00:00:00"),
    refused: { ...METER("2026-01-01T00:00:00"), meterValue: 1 },
  },
  { name: "loose-timestamps", action: "MeterValues", waived: METER(""), refused: { connectorId: 1 } },
];

for (const { name, action, waived, refused } of CASES) {
  Deno.test(`quirk Q17: ${name} waives its own faults in ${action} and no other`, async () => {
    const strict = await loadSchemaCheck("ocpp1.6"), relaxed = await loadSchemaCheck("ocpp1.6", [name]);
    ok(strict.call(action, waived), "the schema alone refuses it");
    const before = JSON.stringify(waived);
    equal(relaxed.call(action, waived), undefined);
    equal(JSON.stringify(waived), before);
    ok(relaxed.call(action, refused), "another fault is still found behind the waived one");
    for (const other of RELAXATION_NAMES.filter((one) => one !== name)) {
      ok((await loadSchemaCheck("ocpp1.6", [other])).call(action, waived), `${other} does not waive it`);
    }
  });
}

Deno.test("quirk Q17: loose-timestamps waives times as stations write them, and nothing that is no time", async () => {
  const check = await loadSchemaCheck("ocpp1.6", ["loose-timestamps"]);
  const T = "2026-01-01T00:00:00";
  for (const time of ["", T, `${T}+03`, `${T}+0300`, `${T}.123`, "2026-01-01 00:00:00Z", "2026-01-01T00:00Z"]) {
    equal(check.call("MeterValues", METER(time)), undefined, time);
  }
  for (const time of ["now", "2026-01-01", "1767225600", `${T}X`, `${T}Z; x`, "https://example.com", " "]) {
    ok(check.call("MeterValues", METER(time)), time);
  }
});

Deno.test(`quirk Q17: ${OCPP_LIMITS.relaxedFaults} waived faults pass, one more does not`, async () => {
  const check = await loadSchemaCheck("ocpp1.6", ["extra-properties"]);
  const boot = (extras: number) => ({
    ...BOOT,
    ...Object.fromEntries(Array.from({ length: extras }, (_, i) => [`x${i}`, i])),
  });
  equal(check.call("BootNotification", boot(OCPP_LIMITS.relaxedFaults)), undefined);
  ok(check.call("BootNotification", boot(OCPP_LIMITS.relaxedFaults + 1))?.includes("additionalProperties"));
});

Deno.test("quirk Q17: a pointer that leads nowhere mends nothing", () => {
  const error = (instancePath: string) => ({ instancePath, keyword: "maxLength", params: { limit: 1 } });
  for (const at of ["/a/b", "/x", "/__proto__", "/0"]) equal(mend({ a: "xx" }, error(at), ["long-strings"]), false);
  const copy = { a: "xx", "b/c": "yy" };
  equal(mend(copy, error("/b~1c"), ["long-strings"]), true);
  equal(copy, { a: "xx", "b/c": "y" });
});
