import { deepEqual, ok } from "node:assert/strict";
import { siteWorkers } from "../../gateway/cli/site_workers.ts";
import { loadSite } from "../../gateway/config/load.ts";
import type { WorkerSpec } from "../../gateway/core/conduit.ts";
import { spawnWorker } from "../../gateway/core/spawn_worker.ts";
import { CONDUITS } from "../../main.ts";
import type { Probe } from "../support/probing_worker.ts";
import { withDeadline } from "../support/wait_for.ts";

const SITE = `version: 1
site: { id: lab, dataDir: ./data }
console: { listen: "127.0.0.1:8443", hostname: gw.lab.example }
pki: { acme: { directoryUrl: "https://ca.example/directory", dns01: { url: "https://dns.example/txt" } } }
telemetry: { metricsListen: "127.0.0.1:9464" }
notify: [{ webhook: "https://ops.example/hook" }]
ocpp:
  listeners:
    - { listen: "127.0.0.1:8444", tls: {} }
    - { listen: "127.0.0.1:8445", plaintext: isolated-segment }
  csms: [{ id: main, url: "wss://csms.example/ocpp" }]
`;
const readers = { readFile: () => Promise.resolve(new TextEncoder().encode(SITE)) };
const specs: readonly WorkerSpec[] = siteWorkers(await loadSite("/etc/bulkhead/site.yaml", readers), CONDUITS);

/** Starts another program under exactly the permissions of a Worker of the site, and asks it what it may do. */
async function probe(spec: WorkerSpec): Promise<Probe> {
  const { promise, resolve, reject } = Promise.withResolvers<Probe>();
  const module = new URL("../support/probing_worker.ts", import.meta.url);
  const worker = spawnWorker({ ...spec, module }, {
    message: (message) => resolve(message as unknown as Probe),
    fault: (text) => reject(new Error(text)),
  });
  worker.post({ kind: "beat", sequence: 0 });
  try {
    return await withDeadline(`the probe of ${spec.name}`, promise);
  } finally {
    worker.terminate();
  }
}

Deno.test("worker permissions: the site runs every kind of Worker", () => {
  const kinds = new Set(specs.map(({ name }) => name.replace(/-\d+$/, "")));
  deepEqual([...kinds].sort(), ["acme", "console", "control", "courier", "hasher", "ocpp"]);
});

for (const spec of specs) {
  Deno.test(`worker permissions: ${spec.name} can neither read /etc/passwd, connect elsewhere, spawn nor dlopen`, async () => {
    const seen = await probe(spec);
    for (const [act, outcome] of Object.entries(seen)) ok(outcome !== "allowed", `${spec.name} may ${act}: ${outcome}`);
    deepEqual([seen.readPasswd, seen.connectElsewhere, seen.spawn, seen.dlopen], Array(4).fill("NotCapable"));
  });
}

Deno.test("worker permissions: control may use no TCP or UDP at all, the hasher nothing", () => {
  const net = (name: string) => specs.find((spec) => spec.name === name)!.permissions.net ?? [];
  deepEqual(net("control").filter((entry) => !entry.startsWith("unix:")), []);
  deepEqual(specs.find(({ name }) => name === "hasher")!.permissions, {});
});
