/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startControl } from "./service.ts";

runWorker(startControl);
