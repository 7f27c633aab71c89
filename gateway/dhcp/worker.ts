/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startDhcp } from "./service.ts";

runWorker(startDhcp);
