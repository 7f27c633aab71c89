import { deepEqual } from "node:assert/strict";
import { chargesOf, unmetOf } from "./commissioning_parts.ts";

Deno.test("commissioning: what the ledger tells becomes charges, and nothing else does", () => {
  const seen = "2026-11-21T12:00:00.000Z";
  deepEqual(chargesOf([{ seen, ends: 1, measuredWh: 1200 }, { seen, ends: 0, measuredWh: null }]), [
    { seenAt: Date.parse(seen), hasEnded: true, wattHours: 1200 },
    { seenAt: Date.parse(seen), hasEnded: false, wattHours: 0 },
  ]);
  deepEqual(chargesOf(null), []);
  deepEqual(chargesOf({ rows: [] }), []);
});

Deno.test("commissioning: of posture's lines only those of high severity that are not met count", () => {
  const line = (id: string, outcome: string, severity: string) => ({ line: id, outcome, severity });
  const findings = [
    line("A", "failed", "high"),
    line("B", "failed", "low"),
    line("C", "unknown", "high"),
    line("D", "waived", "high"),
  ];
  deepEqual(unmetOf({ findings }), ["A"]);
  deepEqual(unmetOf({}), []);
});
