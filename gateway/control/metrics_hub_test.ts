import { deepEqual, match, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { type Logger, nullLogger } from "../core/log.ts";
import { createMetrics, type IsolateMetrics } from "../core/metrics.ts";
import { createMetricsHub, type MetricsHubOptions } from "./metrics_hub.ts";

function rig(workers: Record<string, () => Promise<unknown>>, main: () => Promise<unknown>) {
  const own = createMetrics();
  const missed: string[] = [];
  const deadlines: unknown[] = [];
  const debug: Logger["debug"] = (event, fields) => void missed.push(`${event} ${fields?.["worker"]}`);
  const hub = createMetricsHub({
    own,
    clock: new ManualTime(),
    log: { ...nullLogger, debug },
    site: "garage-12",
    main: { call: main },
    workers: {
      names: () => Object.keys(workers),
      of: () => [],
      get: (name: string) => ({
        call: (_method: string, _args: unknown, options: unknown) => {
          deadlines.push(options);
          return workers[name]!();
        },
      }),
    },
  } as unknown as MetricsHubOptions);
  return { own, hub, missed, deadlines };
}
const counted = (amount: number, worker = "a"): IsolateMetrics => {
  const metrics = createMetrics();
  metrics.count("bulkhead_worker_restarts_total", { worker }, amount);
  metrics.set("bulkhead_worker_ready", 1, { worker });
  return metrics;
};
/** As RPC carries it. */
const crossing = (metrics: IsolateMetrics) => async () => JSON.parse(JSON.stringify(await metrics.snapshot()));

Deno.test("metrics hub: counters and gauges of the same labels are added up over isolates, others stay apart", async () => {
  const { own, hub } = rig(
    { "ocpp-0": crossing(counted(3)), "ocpp-1": crossing(counted(5, "b")) },
    crossing(counted(2)),
  );
  own.count("bulkhead_worker_restarts_total", { worker: "a" }, 1);
  const { text, contentType } = await hub.text();
  match(text, /^bulkhead_worker_restarts_total\{worker="a"\} 6$/m);
  match(text, /^bulkhead_worker_restarts_total\{worker="b"\} 5$/m);
  match(text, /^bulkhead_worker_ready\{worker="a"\} 2$/m);
  match(contentType, /^text\/plain; version=/);
});

Deno.test("metrics hub: an isolate that does not answer is left out and named, the others are told", async () => {
  const gone = () => Promise.reject(new Error("its deadline passed"));
  const { hub, missed } = rig({ "ocpp-0": gone, "ocpp-1": crossing(counted(5)) }, gone);
  match((await hub.text()).text, /^bulkhead_worker_restarts_total\{worker="a"\} 5$/m);
  deepEqual(missed, ["metrics.snapshot.missed main", "metrics.snapshot.missed ocpp-0"]);
});

Deno.test("metrics hub: an answer that is no list is left out", async () => {
  for (const answer of [null, undefined, {}, "x"]) {
    const { hub } = rig({ "ocpp-0": () => Promise.resolve(answer) }, crossing(counted(2)));
    match((await hub.text()).text, /restarts_total\{worker="a"\} 2$/m);
  }
});

Deno.test("metrics hub: nobody waits longer than two seconds for a snapshot", async () => {
  const { hub, deadlines } = rig({ "ocpp-0": crossing(counted(1)) }, crossing(counted(1)));
  await hub.text();
  deepEqual(deadlines, [{ deadlineMs: 2_000 }]);
});

Deno.test("metrics hub: with nothing counted at all there is still an answer", async () => {
  const { hub } = rig({}, () => Promise.resolve([]));
  const names = new Set((await hub.text()).text.match(/^bulkhead_\w+/gm));
  deepEqual([...names], ["bulkhead_worker_heap_bytes"], "control's own memory is all there is");
});

Deno.test("metrics hub: the same figures as OTLP, under the site's name", async () => {
  const { hub } = rig({ "ocpp-0": crossing(counted(3)) }, crossing(counted(4)));
  const body = await hub.otlp();
  ok(body.includes("garage-12"));
  ok(JSON.stringify(JSON.parse(body)).includes("bulkhead_worker_restarts_total"));
  match(body, /"as(Double|Int)":"?7"?/);
});
