/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startAcme } from "./service.ts";

runWorker(startAcme);
