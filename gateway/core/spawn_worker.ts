import type { WorkerSpec } from "./conduit.ts";
import type { SpawnWorker } from "./worker_unit.ts";

/** Starts a real Worker with exactly the permissions of its spec; everything absent is denied. */
export const spawnWorker: SpawnWorker = (spec, events) => {
  const worker = new Worker(spec.module, {
    type: "module",
    name: spec.name,
    deno: { permissions: denyTheRest(spec.permissions) },
  } as WorkerOptions);
  worker.onmessage = (event) => events.message(event.data);
  worker.onerror = (event) => {
    event.preventDefault(); // otherwise the whole process ends
    events.fault(event.message);
  };
  worker.onmessageerror = () => events.fault("a message could not be read");
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    terminate: () => worker.terminate(),
  };
};

function denyTheRest(permissions: WorkerSpec["permissions"]): Record<string, unknown> {
  const list = (values: readonly string[] | undefined) => values && values.length > 0 ? [...values] : false;
  return {
    net: list(permissions.net),
    read: list(permissions.read),
    write: list(permissions.write),
    env: list(permissions.env),
    sys: list(permissions.sys),
    ffi: false,
    run: false,
    import: false,
  };
}
