/** How one metric is declared; labels hold bounded sets only (never a peer's free text). */
export interface MetricDeclaration {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds in seconds, histograms only. */
  readonly buckets?: readonly number[];
}

/**
 * Every metric of the product. Names are API: additive only. docs/metrics.md is generated from here.
 * Form: bulkhead_<module>_<thing>_<unit|total>. Keep the list in alphabetical order.
 */
export const METRICS = {
  bulkhead_worker_heartbeat_missed_total: { type: "counter", help: "Missed Worker heartbeats", labels: ["worker"] },
  bulkhead_worker_ready: { type: "gauge", help: "1 while the Worker is ready", labels: ["worker"] },
  bulkhead_worker_restarts_total: { type: "counter", help: "Worker restarts after a fault", labels: ["worker"] },
} as const satisfies Record<string, MetricDeclaration>;

/** One of the declared metric names. */
export type MetricName = keyof typeof METRICS;
