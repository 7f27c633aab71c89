import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type MetricDeclaration, type MetricName, METRICS } from "./metric_names.ts";

/** Label values of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** What a module gets to count with. Injected, so that tests can pass `nullMetrics`. */
export interface Metrics {
  /** Adds `amount` (default 1) to a counter. */
  count(name: MetricName, labels?: Labels, amount?: number): void;
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: Labels): void;
  /** Records one observation, in seconds, into a histogram. */
  observe(name: MetricName, seconds: number, labels?: Labels): void;
}

/** Counts nothing. */
export const nullMetrics: Metrics = { count: () => {}, set: () => {}, observe: () => {} };

/** Metrics of one isolate and their snapshot as JSON, to be merged with those of the other isolates. */
export interface IsolateMetrics extends Metrics {
  snapshot(): Promise<unknown[]>;
}

/** Creates the registry of one isolate; metrics come into being when first used. */
export function createMetrics(): IsolateMetrics {
  const registry = new Registry();
  const made = new Map<string, Counter | Gauge | Histogram>();
  const get = <T extends Counter | Gauge | Histogram>(name: MetricName): T => {
    let metric = made.get(name);
    if (!metric) made.set(name, metric = create(name, METRICS[name], registry));
    return metric as T;
  };
  return {
    count: (name, labels = {}, amount = 1) => get<Counter>(name).inc(labels, amount),
    set: (name, value, labels = {}) => get<Gauge>(name).set(labels, value),
    observe: (name, seconds, labels = {}) => get<Histogram>(name).observe(labels, seconds),
    snapshot: () => registry.getMetricsAsJSON() as Promise<unknown[]>,
  };
}

function create(name: string, declared: MetricDeclaration, registry: Registry): Counter | Gauge | Histogram {
  const options = { name, help: declared.help, labelNames: [...declared.labels ?? []], registers: [registry] };
  if (declared.type === "counter") return new Counter(options);
  if (declared.type === "gauge") return new Gauge({ ...options, aggregator: "sum" });
  return new Histogram({ ...options, buckets: [...declared.buckets ?? [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10]] });
}
