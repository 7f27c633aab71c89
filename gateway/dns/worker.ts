/// <reference lib="deno.worker" />
import type { WorkerContext } from "../core/conduit.ts";
import { runWorker } from "../core/worker_entry.ts";
import { startDns } from "./service.ts";
import type { DnsWorkerConfig } from "./worker_config.ts";

runWorker((context: WorkerContext<DnsWorkerConfig>) => startDns(context));
