import { deepEqual, equal, throws } from "node:assert/strict";
import { type MetricDeclaration, METRICS } from "./metric_names.ts";
import { createMetrics } from "./metrics.ts";

interface Sample {
  readonly name: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly { readonly value: number; readonly labels: Record<string, string>; metricName?: string }[];
}
async function sampleOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<Sample> {
  return (await metrics.snapshot() as Sample[]).find((sample) => sample.name === name)!;
}

Deno.test("metrics: a metric comes into being when it is first used, not before", async () => {
  const metrics = createMetrics();
  deepEqual(await metrics.snapshot(), []);
  metrics.count("bulkhead_worker_restarts_total", { worker: "ocpp-0" });
  equal((await metrics.snapshot()).length, 1);
});

Deno.test("metrics: a counter adds up per label, by one or by an amount", async () => {
  const metrics = createMetrics();
  metrics.count("bulkhead_worker_restarts_total", { worker: "a" });
  metrics.count("bulkhead_worker_restarts_total", { worker: "a" }, 4);
  metrics.count("bulkhead_worker_restarts_total", { worker: "b" });
  const { values } = await sampleOf(metrics, "bulkhead_worker_restarts_total");
  deepEqual(values.map(({ value, labels }) => [labels["worker"], value]), [["a", 5], ["b", 1]]);
});

Deno.test("metrics: a gauge keeps the last value, and gauges of several isolates are added up", async () => {
  const metrics = createMetrics();
  metrics.set("bulkhead_worker_ready", 1, { worker: "a" });
  metrics.set("bulkhead_worker_ready", 0, { worker: "a" });
  const { values, aggregator } = await sampleOf(metrics, "bulkhead_worker_ready");
  deepEqual([values[0]!.value, aggregator], [0, "sum"]);
});

Deno.test("metrics: a label that the registry does not declare is refused", () => {
  throws(() => createMetrics().count("bulkhead_worker_restarts_total", { station: "CP001" }));
});

Deno.test("metrics: two isolates do not share a registry", async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.count("bulkhead_worker_restarts_total", { worker: "a" });
  deepEqual(await other.snapshot(), []);
});

Deno.test("metrics: a snapshot survives the text that RPC carries", async () => {
  const metrics = createMetrics();
  metrics.count("bulkhead_worker_restarts_total", { worker: "a" });
  const snapshot = await metrics.snapshot();
  deepEqual(JSON.parse(JSON.stringify(snapshot))[0].values, (snapshot[0] as Sample).values);
});

const histograms = Object.entries<MetricDeclaration>(METRICS).filter(([, { type }]) => type === "histogram");
for (const [name, { labels = [], buckets }] of histograms) {
  Deno.test(`metrics: ${name} counts one observation in its declared buckets, in seconds`, async () => {
    const metrics = createMetrics();
    metrics.observe(name as never, 0.004, Object.fromEntries(labels.map((label) => [label, "x"])));
    const { values } = await sampleOf(metrics, name);
    const bounds = values.flatMap(({ labels }) => labels["le"] === undefined ? [] : [labels["le"] as unknown]);
    if (buckets) deepEqual(bounds.slice(0, -1), [...buckets]);
    const sum = values.find(({ metricName }) => metricName === `${name}_sum`);
    equal(sum?.value, 0.004);
  });
}
