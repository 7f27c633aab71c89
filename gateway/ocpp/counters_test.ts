import { deepStrictEqual as equal } from "node:assert/strict";
import { nullMetrics } from "../core/metrics.ts";
import { RelayCounters } from "./counters.ts";

Deno.test("relay counters: are handed on once, then start again", () => {
  const counters = new RelayCounters();
  const handed: unknown[] = [];
  const metrics = {
    ...nullMetrics,
    count: (name: string, labels?: unknown, amount?: number) => void handed.push([name, labels, amount]),
  };
  counters.message("station", 10);
  counters.message("station", 5);
  counters.note("malformed", "csms");
  counters.flush(metrics);
  equal(handed, [
    ["bulkhead_ocpp_messages_total", { from: "station" }, 2],
    ["bulkhead_ocpp_bytes_total", { from: "station" }, 15],
    ["bulkhead_ocpp_notes_total", { kind: "malformed", from: "csms" }, 1],
  ]);
  handed.length = 0;
  counters.flush(metrics);
  equal(handed, []);
});
