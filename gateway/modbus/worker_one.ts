import { runWorker } from "../core/worker_entry.ts";
import { openLines } from "./dialer.ts";
import { startModbusOne } from "./service_one.ts";
import type { OneConfig } from "./worker_config.ts";

runWorker<OneConfig>((context, onPeer) => startModbusOne(context, onPeer, openLines));
