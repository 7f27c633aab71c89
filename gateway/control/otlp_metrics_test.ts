import assert from "node:assert/strict";
import { createMetrics } from "../core/metrics.ts";
import { nullLogger } from "../core/log.ts";
import { GatewayError } from "../core/errors.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { createMetricsHub } from "./metrics_hub.ts";
import { type MergedMetric, otlpMetrics } from "./otlp_metrics.ts";

const TIMES = { startedAt: 1_000, now: 2_000 };

// deno-lint-ignore no-explicit-any -- the shape is what is looked at
const metricsOf = (list: readonly MergedMetric[]): any[] =>
  // deno-lint-ignore no-explicit-any -- as above
  (otlpMetrics(list, "garage-12", TIMES) as any).resourceMetrics[0].scopeMetrics[0].metrics;

Deno.test("otlp: counters are cumulative sums, gauges are gauges, times are nanoseconds as texts", () => {
  const [counter, gauge] = metricsOf([
    { name: "c_total", help: "C", type: "counter", values: [{ value: 3, labels: { kind: "x" } }] },
    { name: "g", help: "G", type: "gauge", values: [{ value: -1, labels: {} }] },
  ]);
  assert.deepEqual(counter.sum, {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: [{
      startTimeUnixNano: "1000000000",
      timeUnixNano: "2000000000",
      attributes: [{ key: "kind", value: { stringValue: "x" } }],
      asDouble: 3,
    }],
  });
  assert.equal(gauge.gauge.dataPoints[0].asDouble, -1);
});

Deno.test("otlp: a histogram's buckets are no longer cumulative and its last has no bound", async () => {
  const metrics = createMetrics();
  for (const seconds of [0.0005, 0.003, 0.004, 99]) metrics.observe("bulkhead_audit_commit_seconds", seconds);
  const [{ histogram: { dataPoints: [point] } }] = metricsOf(await metrics.snapshot() as MergedMetric[]);
  assert.equal(point.count, "4");
  assert.equal(point.sum, 99.0075);
  assert.equal(point.bucketCounts.length, point.explicitBounds.length + 1);
  assert.deepEqual(point.bucketCounts.slice(0, 2), ["1", "2"]);
  assert.equal(point.bucketCounts.at(-1), "1");
});

Deno.test("otlp: a type that has no form there is left out", () => {
  assert.deepEqual(metricsOf([{ name: "s", help: "S", type: "summary", values: [] }]), []);
});

Deno.test("metrics hub: adds up isolates and goes on without one that does not answer", async () => {
  const isolates = [createMetrics(), createMetrics(), createMetrics()];
  for (const isolate of isolates) isolate.count("bulkhead_alarms_raised_total", { kind: "x" });
  const snapshot = async (index: number) => JSON.parse(JSON.stringify(await isolates[index]!.snapshot()));
  const rpcOf = (answer: () => Promise<unknown>) => ({ call: answer as never, notify: () => {}, close: () => {} });
  const workers = {
    names: () => ["ocpp-0", "console"],
    get: (name: string) =>
      rpcOf(() => name === "console" ? Promise.reject(new GatewayError("RPC_PEER_GONE", "gone")) : snapshot(1)),
    of: () => [],
  };
  const hub = createMetricsHub({
    workers,
    main: rpcOf(() => snapshot(2)) as never,
    own: isolates[0]!,
    clock: new ManualTime(),
    log: nullLogger,
    site: "garage-12",
  });
  const { text, contentType } = await hub.text();
  assert.match(text, /bulkhead_alarms_raised_total\{kind="x"\} 3/);
  assert.match(contentType, /^text\/plain/);
  assert.match(await hub.otlp(), /"service.instance.id","value":\{"stringValue":"garage-12"/);
});
