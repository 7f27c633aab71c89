import { deepEqual, match, notEqual, ok, throws } from "node:assert/strict";
import type { Probe } from "../../tests/support/probing_worker.ts";
import { withDeadline } from "../../tests/support/wait_for.ts";
import type { WorkerPermissions } from "./conduit.ts";
import { spawnWorker } from "./spawn_worker.ts";

const PROBING = new URL("../../tests/support/probing_worker.ts", import.meta.url);

/** What a program may do under these permissions. */
async function probe(permissions: WorkerPermissions): Promise<Probe> {
  const { promise, resolve, reject } = Promise.withResolvers<Probe>();
  const worker = spawnWorker({ name: "probe", module: PROBING, permissions, config: {}, after: [] }, {
    message: (message) => resolve(message as unknown as Probe),
    fault: (text) => reject(new Error(text)),
  });
  worker.post({ kind: "beat", sequence: 0 });
  try {
    return await withDeadline("the probe", promise);
  } finally {
    worker.terminate();
  }
}

for (const permissions of [{}, { net: [], read: [], write: [], env: [], sys: [] }]) {
  Deno.test(`spawn worker: ${JSON.stringify(permissions)} denies everything`, async () => {
    const outcomes = Object.entries(await probe(permissions));
    deepEqual(outcomes.filter(([, outcome]) => outcome === "allowed"), []);
  });
}

const GRANTS: readonly { name: keyof Probe; permissions: WorkerPermissions }[] = [
  { name: "readPasswd", permissions: { read: ["/etc/passwd"] } },
  { name: "environment", permissions: { env: ["HOME"] } },
  { name: "connectElsewhere", permissions: { net: ["127.0.0.1:1"] } },
];
for (const { name, permissions } of GRANTS) {
  Deno.test(`spawn worker: ${JSON.stringify(permissions)} grants ${name} and nothing else`, async () => {
    const { [name]: granted, ...rest } = await probe(permissions);
    notEqual(granted, "NotCapable");
    ok(Object.values(rest).every((outcome) => outcome !== "allowed"), JSON.stringify(rest));
  });
}

Deno.test("spawn worker: a permission that is no list of Deno's is refused when the Worker is made", () => {
  const spec = { name: "x", module: PROBING, permissions: { net: ["*:80"] }, config: {}, after: [] };
  throws(() => spawnWorker(spec, { message: () => {}, fault: () => {} }));
});

Deno.test("spawn worker: a module that throws when it is loaded is a fault of the Worker, not of the process", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const module = new URL("data:text/javascript,throw new Error('at import')");
  const worker = spawnWorker({ name: "x", module, permissions: {}, config: {}, after: [] }, {
    message: () => {},
    fault: resolve,
  });
  match(await withDeadline("the fault", promise), /at import/);
  worker.terminate();
});
