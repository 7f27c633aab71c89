/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startOcpp } from "./service.ts";

runWorker(startOcpp);
