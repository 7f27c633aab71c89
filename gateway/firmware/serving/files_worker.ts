/// <reference lib="deno.worker" />
import type { WorkerContext } from "../../core/conduit.ts";
import { runWorker } from "../../core/worker_entry.ts";
import { startFirmwareFiles } from "./files_service.ts";
import type { ServingConfig } from "./worker_config.ts";

runWorker((context: WorkerContext<ServingConfig>) => startFirmwareFiles(context));
