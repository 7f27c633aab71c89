/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startModbusDoor } from "./service.ts";

runWorker(startModbusDoor);
