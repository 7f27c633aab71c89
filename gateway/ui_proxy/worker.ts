/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startUiProxy } from "./service.ts";

runWorker(startUiProxy);
