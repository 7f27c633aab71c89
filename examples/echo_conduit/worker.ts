/// <reference lib="deno.worker" />
import { runWorker } from "../../gateway/core/worker_entry.ts";
import { startEcho } from "./service.ts";

runWorker(startEcho);
