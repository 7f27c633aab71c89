import { deepStrictEqual as equal } from "node:assert/strict";
import { parseFrame } from "./codec.ts";
import { clockOffsetSeconds, factsFromBoot, heartbeatSeconds } from "./station_facts.ts";

const call = (action: string, payload: unknown) => parseFrame(JSON.stringify([2, "1", action, payload]));
const NOW = Date.UTC(2026, 0, 1);

Deno.test("station facts: a boot of 1.6 and of 2.x says the same things", () => {
  const v16 = {
    chargePointVendor: "Bender",
    chargePointModel: "CC613",
    firmwareVersion: "5.20",
    chargeBoxSerialNumber: "b",
  };
  equal(factsFromBoot(call("BootNotification", v16)), {
    vendor: "Bender",
    model: "CC613",
    boxSerial: "b",
    firmwareVersion: "5.20",
  });
  const v2 = { reason: "PowerUp", chargingStation: { vendorName: "Bender", model: "CC613", serialNumber: "s" } };
  equal(factsFromBoot(call("BootNotification", v2)), { vendor: "Bender", model: "CC613", serial: "s" });
});

Deno.test("station facts: other messages say nothing, odd values are left out, long ones are cut", () => {
  equal(factsFromBoot(call("Heartbeat", {})), undefined);
  equal(factsFromBoot(call("BootNotification", [])), {});
  equal(factsFromBoot(call("BootNotification", { chargePointVendor: 7, chargePointModel: "m".repeat(99), x: "y" })), {
    model: "m".repeat(64),
  });
});

Deno.test("station facts: the clock offset comes from messages about this moment only", () => {
  const offset = (action: string, timestamp: unknown) => clockOffsetSeconds(call(action, { timestamp }), NOW);
  equal(offset("StatusNotification", "2026-01-01T00:00:09Z"), 9);
  equal(offset("StatusNotification", "1970-01-01T00:00:00Z"), -NOW / 1_000);
  equal(offset("MeterValues", "2020-01-01T00:00:00Z"), undefined);
  for (const odd of ["", "now", 7, null, undefined, "2".repeat(50)]) {
    equal(offset("StatusNotification", odd), undefined);
  }
});

Deno.test("station facts: the heartbeat interval comes from the answer to a boot", () => {
  const answer = (interval: unknown) => parseFrame(JSON.stringify([3, "1", { status: "Accepted", interval }]));
  equal(heartbeatSeconds("BootNotification", answer(300)), 300);
  for (const odd of [0, -1, 1.5, "300", null]) equal(heartbeatSeconds("BootNotification", answer(odd)), undefined);
  equal(heartbeatSeconds("Heartbeat", answer(300)), undefined);
});
