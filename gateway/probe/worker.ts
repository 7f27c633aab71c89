/// <reference lib="deno.worker" />
import type { WorkerContext } from "../core/conduit.ts";
import { runWorker } from "../core/worker_entry.ts";
import { startProbe } from "./service.ts";
import type { ProbeWorkerConfig } from "./worker_config.ts";

runWorker((context: WorkerContext<ProbeWorkerConfig>) => Promise.resolve(startProbe(context)));
