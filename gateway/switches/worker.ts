/// <reference lib="deno.worker" />
import type { WorkerContext } from "../core/conduit.ts";
import { runWorker } from "../core/worker_entry.ts";
import { startSwitches } from "./service.ts";
import type { SwitchesWorkerConfig } from "./worker_config.ts";

runWorker((context: WorkerContext<SwitchesWorkerConfig>) => startSwitches(context));
