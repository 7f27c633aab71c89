/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startConsole } from "./service.ts";

runWorker(startConsole);
