/// <reference lib="deno.worker" />
import { runWorker } from "../../core/worker_entry.ts";
import { startIntake } from "./service.ts";

runWorker(startIntake);
