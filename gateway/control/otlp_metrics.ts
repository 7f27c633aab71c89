import type { Json } from "../core/control_api.ts";

/** One metric of prom-client's JSON form: histograms list cumulative buckets, sum and count as values. */
export interface MergedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly metricName?: string;
  }[];
}

/** Milliseconds since the epoch. */
interface Times {
  readonly startedAt: number;
  readonly now: number;
}

const CUMULATIVE = 2;

/** An ExportMetricsServiceRequest in OTLP's JSON form: 64-bit integers are texts, names in lowerCamelCase. */
export function otlpMetrics(metrics: readonly MergedMetric[], site: string, times: Times): Json {
  const resource = { attributes: attributes({ "service.name": "bulkhead", "service.instance.id": site }) };
  const list = metrics.flatMap((metric) => {
    const data = dataOf(metric, times);
    return data ? [{ name: metric.name, description: metric.help, ...data }] : [];
  });
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: "bulkhead" }, metrics: list }] }] };
}

function dataOf(metric: MergedMetric, times: Times): { readonly [key: string]: Json } | undefined {
  const points = () =>
    metric.values.map(({ value, labels }) => ({ ...stamp(times), attributes: attributes(labels), asDouble: value }));
  switch (metric.type) {
    case "counter":
      return { sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: points() } };
    case "gauge":
      return { gauge: { dataPoints: points() } };
    case "histogram":
      return { histogram: { aggregationTemporality: CUMULATIVE, dataPoints: histogramPoints(metric, times) } };
    default:
      return undefined;
  }
}

function histogramPoints({ values }: MergedMetric, times: Times): Json[] {
  const series = new Map<
    string,
    { labels: Record<string, string | number>; buckets: [number, number][]; sum: number }
  >();
  for (const { value, labels: { le, ...labels }, metricName } of values) {
    const key = JSON.stringify(labels);
    let one = series.get(key);
    if (!one) series.set(key, one = { labels, buckets: [], sum: 0 });
    if (le !== undefined) one.buckets.push([le === "+Inf" ? Infinity : Number(le), value]);
    else if (metricName?.endsWith("_sum")) one.sum = value;
  }
  return [...series.values()].map(({ labels, buckets, sum }) => {
    buckets.sort(([a], [b]) => a - b);
    const counts = buckets.map(([, total], index) => total - (buckets[index - 1]?.[1] ?? 0));
    return {
      ...stamp(times),
      attributes: attributes(labels),
      count: String(buckets.at(-1)?.[1] ?? 0),
      sum,
      bucketCounts: counts.map(String),
      explicitBounds: buckets.map(([bound]) => bound).filter((bound) => bound !== Infinity),
    };
  });
}

function stamp({ startedAt, now }: Times) {
  return { startTimeUnixNano: `${startedAt}000000`, timeUnixNano: `${now}000000` };
}

function attributes(labels: Readonly<Record<string, string | number>>): Json[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}
