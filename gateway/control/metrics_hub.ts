import { AggregatorRegistry, type MetricObject, Registry } from "prom-client";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { IsolateMetrics } from "../core/metrics.ts";
import type { ControlContext } from "./contract.ts";
import { type MergedMetric, otlpMetrics } from "./otlp_metrics.ts";

/** What the hub needs: control's own metrics, those of the Workers and of main. */
export interface MetricsHubOptions extends Pick<ControlContext, "workers" | "main"> {
  readonly own: IsolateMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** The site's id, as instance of the service. */
  readonly site: string;
}

/** The metrics of all isolates as one. */
export interface MetricsHub {
  /** Prometheus text. */
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** An OTLP/HTTP JSON body. */
  otlp(): Promise<string>;
}

/** Milliseconds an isolate has for its snapshot; one that is late is left out and the others are told. */
const SNAPSHOT_MS = 2_000;

/** Creates the hub. Counters and gauges of the same name and labels are added up over isolates. */
export function createMetricsHub(options: MetricsHubOptions): MetricsHub {
  const startedAt = options.clock.now();
  const merged = async () => {
    const snapshots = await collect(options);
    // An empty list of registries would make an empty aggregate throw; control's own is always there.
    return AggregatorRegistry.aggregate(snapshots as never) as Registry;
  };
  return {
    text: async () => ({ contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: await (await merged()).metrics() }),
    otlp: async () => {
      const metrics = await (await merged()).getMetricsAsJSON();
      const times = { startedAt, now: options.clock.now() };
      return JSON.stringify(otlpMetrics(metrics as unknown as MergedMetric[], options.site, times));
    },
  };
}

async function collect({ workers, main, own, log }: MetricsHubOptions): Promise<MetricObject[][]> {
  const options = { deadlineMs: SNAPSHOT_MS };
  own.set("bulkhead_worker_heap_bytes", Deno.memoryUsage().heapUsed, { worker: "control" });
  const asked: [string, Promise<unknown>][] = [
    ["control", own.snapshot()],
    ["main", main.call("main.metrics", {}, options)],
    ...workers.names().map((name): [string, Promise<unknown>] => [
      name,
      workers.get(name).call("metrics.snapshot", {}, options),
    ]),
  ];
  const answers = await Promise.allSettled(asked.map(([, answer]) => answer));
  return answers.flatMap((answer, index) => {
    if (answer.status === "fulfilled") return Array.isArray(answer.value) ? [answer.value as MetricObject[]] : [];
    log.debug("metrics.snapshot.missed", { worker: asked[index]![0], why: describeError(answer.reason) });
    return [];
  });
}
