/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startCourier } from "./service.ts";

runWorker(startCourier);
