/// <reference lib="deno.worker" />
import { runWorker } from "../core/worker_entry.ts";
import { dialStation } from "./dialer.ts";
import { startTunnels } from "./service.ts";

runWorker((context, onPeer) => startTunnels(context, onPeer, dialStation));
