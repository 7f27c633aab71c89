/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startIdentity } from "./service.ts";

runWorker(startIdentity);
