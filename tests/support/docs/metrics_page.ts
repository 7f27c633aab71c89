import { type MetricDeclaration, METRICS } from "../../../gateway/core/metric_names.ts";
import { code, page, table } from "./page.ts";

/** docs/metrics.md: every metric with its type, labels and meaning. */
export function metricsPage(): string {
  const declared: [string, MetricDeclaration][] = Object.entries(METRICS);
  const rows = declared.sort(([a], [b]) => a < b ? -1 : 1).map(([name, { type, labels = [], help }]) => [
    code(name),
    type,
    labels.map(code).join(", "),
    help,
  ]);
  return page(
    "Metrics",
    [
      "Prometheus text stands at `telemetry.metricsListen` (path `/metrics`, by default 127.0.0.1:9464); the same numbers",
      "are pushed as OTLP where the configuration says so. Names and labels are kept for ever; new ones are added.",
    ].join("\n"),
    "Labels hold bounded sets only. No label ever carries free text of a peer, a badge or a person.",
    table(["metric", "type", "labels", "meaning"], rows),
    [
      "Histograms are in seconds. Numbers of all isolates are merged: counters and gauges are added up.",
    ].join("\n"),
  );
}
