/// <reference lib="deno.worker" />
import type { WorkerContext } from "../core/conduit.ts";
import { runWorker } from "../core/worker_entry.ts";
import { startOcpp } from "./service.ts";
import type { OcppWorkerConfig } from "./worker_config.ts";

runWorker((context: WorkerContext<OcppWorkerConfig>) => startOcpp(context));
