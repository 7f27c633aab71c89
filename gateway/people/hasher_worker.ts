/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { startHasher } from "./hasher.ts";

runWorker(startHasher);
