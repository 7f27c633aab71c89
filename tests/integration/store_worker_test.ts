import { deepEqual, match } from "node:assert/strict";
import { withDeadline } from "../support/wait_for.ts";

async function inWorker(permissions: Deno.PermissionOptionsObject, folder: string): Promise<string[]> {
  const module = new URL("../support/store_worker.ts", import.meta.url);
  const worker = new Worker(module, { type: "module", deno: { permissions } });
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  worker.onmessage = (event) => resolve(event.data);
  worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
  worker.postMessage(folder);
  return await withDeadline("the Worker", promise).finally(() => worker.terminate());
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("store: opens, seals, copies itself and probes the disk in a Worker that has its data folder and statfs only", () =>
  withFolder(async (folder) => {
    const steps = await inWorker({ read: [folder], write: [folder], sys: ["statfs"] }, folder);
    deepEqual(steps, ["read 1", "unsealed 1,2", "copied 1", "disk number"]);
  }));

Deno.test("store: a Worker without write on the data folder is told so", () =>
  withFolder(async (folder) => {
    match((await inWorker({ read: [folder] }, folder)).join(), /Cannot prepare the data folder.*Requires write access/);
  }));
