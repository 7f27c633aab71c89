import { deepEqual, equal, match } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { MainApi, WorkerState } from "./contract.ts";
import type { Foundation } from "./foundation.ts";
import type { OutageStatus } from "../inventory/outage/queue_watch.ts";
import { createGatewayFeature } from "./gateway_feature.ts";
import type { ShownLease } from "./modbus/feature.ts";
import { GatewayError } from "../core/errors.ts";

const READY: WorkerState = { state: "ready", restarts: 0, listening: { ocpp: "wss://127.0.0.1:8444" } };
type Reload = ReturnType<MainApi["main.reload"]>;
const DONE: Reload = { applied: true, faults: [], plan: [], diff: [] };

const CALM: OutageStatus = { modes: {}, messages: 0, bytes: 0, refused: 0 };

function rig(
  workers: Record<string, WorkerState> = { "ocpp-0": READY },
  reload: Reload = DONE,
  site: object = {},
  outages: OutageStatus = CALM,
  leases: readonly ShownLease[] | Error = [],
) {
  const asked: unknown[] = [];
  const call = (method: string, args: unknown, options?: unknown) => {
    asked.push([method, args, options]);
    return Promise.resolve(method === "main.workers" ? workers : reload);
  };
  const foundation = {
    context: { main: { call }, site: Site.parse({ version: 1, site: { id: "garage-12" }, ...site }) },
    audit: { head: { seq: 41 } },
    keyStore: { describe: () => ({ kind: "file", protectedBy: "a file of mode 0600" }) },
  } as unknown as Foundation;
  const { commands, handlers } = createGatewayFeature(
    foundation,
    "0.1.0",
    {
      outages: () => outages,
      stations: () => foundation.context.site.stations,
      leases: () => leases instanceof Error ? Promise.reject(leases) : Promise.resolve(leases),
      boxClock: () => undefined,
    },
  );
  return {
    asked,
    status: () => commands!["status"]!({}, "eva"),
    commands: commands!,
    summary: handlers!["health.summary"]!,
  };
}

Deno.test("status: says site, version, every Worker, the audit chain, where the root key is (EV-09) and that no exception is in force", async () => {
  const { text, data, ok } = await rig().status();
  equal(ok, true);
  match(text, /^Bulkhead 0\.1\.0 at site garage-12: all Workers are ready$/m);
  match(text, /^ocpp-0 +ready +- +0 +wss:\/\/127\.0\.0\.1:8444 +-$/m);
  match(text, /^Audit chain: 41 records\. Root key: a file of mode 0600\.$/m);
  match(text, /^No exceptions are configured\.$/m);
  const { site, ready, audit } = data as Record<string, unknown>;
  deepEqual([site, ready, audit], ["garage-12", true, { sequence: 41 }]);
});

for (const state of ["starting", "draining", "backoff", "stopped"] as const) {
  Deno.test(`status: a Worker that is ${state} makes the whole NOT ready and the exit code 1`, async () => {
    const { text, ok } = await rig({ "ocpp-0": READY, console: { state, restarts: 3, lastFault: "boom" } }).status();
    equal(ok, false);
    match(text, /NOT all Workers are ready/);
    match(text, new RegExp(`^console +${state} +- +3 +- +boom$`, "m"));
  });
}

Deno.test("status: shows why a Worker is degraded, and at most 80 characters of its last fault", async () => {
  const health = { state: "degraded", why: "the CSMS is away" } as const;
  const faults = ["x".repeat(80), "x".repeat(81)];
  for (const lastFault of faults) {
    const { text, data } = await rig({ "ocpp-0": { ...READY, health, lastFault } }).status();
    match(text, /degraded: the CSMS is away/);
    match(text, /[^x]x{80}$/m);
    equal((data as unknown as { workers: Record<string, WorkerState> }).workers["ocpp-0"]!.lastFault, lastFault);
  }
});

Deno.test("status: names every exception in force, for ever (EV-25)", async () => {
  const ocpp = {
    listeners: [{ listen: "127.0.0.1:8445", plaintext: "isolated-segment" }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  };
  const { text, data, ok } = await rig({ "ocpp-0": READY }, DONE, { ocpp }).status();
  match(text, /Exceptions in force:\n- OCPP on 127\.0\.0\.1:8445 is not encrypted/);
  equal((data as { exceptions: string[] }).exceptions.length, 1);
  equal(ok, true);
});

const RELOADS: readonly { name: string; plan: boolean; answer: Reload; text: RegExp; ok: boolean | undefined }[] = [
  { name: "that changes nothing", plan: false, answer: DONE, text: /^Applied\.\nNothing changes\.$/, ok: undefined },
  {
    name: "that was applied",
    plan: false,
    answer: { ...DONE, plan: ["ocpp-0: replaced", "console: reconfigured"] },
    text: /^Applied\.\nocpp-0: replaced\nconsole: reconfigured$/,
    ok: undefined,
  },
  {
    name: "that is only planned",
    plan: true,
    answer: { applied: false, faults: [], plan: ["ocpp-0: replaced"], diff: ["-a", "+b"] },
    text: /^A reload would do this:\nocpp-0: replaced$/,
    ok: undefined,
  },
  {
    name: "that was refused",
    plan: false,
    answer: { applied: false, faults: ["site.yaml:3:1 a", "site.yaml:4:1 b"], plan: [], diff: [] },
    text: /^Kept the old configuration:\nsite\.yaml:3:1 a\nsite\.yaml:4:1 b$/,
    ok: false,
  },
];
for (const { name, plan, answer, text, ok } of RELOADS) {
  Deno.test(`reload: one ${name} says so, to people and to machines`, async () => {
    const { commands, asked } = rig({}, answer);
    const result = await commands["reload"]!(plan ? { plan } : {}, "eva");
    match(result.text, text);
    deepEqual([result.ok, result.data], [ok, { ...answer }]);
    deepEqual(asked, [["main.reload", { planOnly: plan }, { deadlineMs: 60_000 }]]);
  });
}

const SUMMARIES: readonly { name: string; worker: WorkerState; ready: boolean; health: object }[] = [
  { name: "ready", worker: READY, ready: true, health: { state: "ok" } },
  {
    name: "ready and degraded",
    worker: { ...READY, health: { state: "degraded", why: "the CSMS is away" } },
    ready: true,
    health: { state: "degraded", why: "the CSMS is away" },
  },
  {
    name: "ready and failed",
    worker: { ...READY, health: { state: "failed", why: "no disk" } },
    ready: false,
    health: { state: "failed", why: "no disk" },
  },
  {
    name: "down, whatever it said last",
    worker: { state: "backoff", restarts: 1, health: { state: "ok" } },
    ready: false,
    health: { state: "failed", why: "backoff" },
  },
];
for (const { name, worker, ready, health } of SUMMARIES) {
  Deno.test(`readiness: a Worker that is ${name} makes the gateway ${ready ? "" : "not "}ready`, async () => {
    const { summary } = rig({ control: READY, "ocpp-0": worker });
    deepEqual(await summary({}), { ready, workers: { control: { state: "ok" }, "ocpp-0": health } });
  });
}

Deno.test("T3: status shows the offline authorisation in force in capitals, and what waits for a CSMS", async () => {
  const modes = { main: "cache-then-csms", spare: "csms-only" };
  const outages = { modes, messages: 3, bytes: 900, oldestSeconds: 61, refused: 2 };
  const { text, data } = await rig(undefined, undefined, undefined, outages).status();
  match(text, /^OFFLINE AUTHORISATION of CSMS main: CACHE-THEN-CSMS$/m);
  match(text, /^OFFLINE AUTHORISATION of CSMS spare: CSMS-ONLY$/m);
  match(text, /^3 messages \(900 bytes\) wait, the oldest for 61 s\.$/m);
  match(text, /^2 messages were REFUSED by their CSMS: see `outage refused STATION`\.$/m);
  deepEqual((data as Record<string, unknown>)["outages"], outages);
});

Deno.test("status: says who commands which Modbus point, and when that cannot be known", async () => {
  const lease = { unit: 11, point: "current-limit", owner: "ems-1 at ems", priority: 2, ttlMs: 60_000, seconds: 42 };
  const { text, data } = await rig(undefined, undefined, undefined, undefined, [lease]).status();
  match(text, /^11 +current-limit +ems-1 at ems +2 +42 s$/m);
  deepEqual((data as { modbusLeases: unknown }).modbusLeases, [lease]);
  const gone = new GatewayError("RPC_PEER_GONE", "it has ended");
  const away = await rig(undefined, undefined, undefined, undefined, gone).status();
  match(away.text, /Who commands Modbus points is not known/);
});
