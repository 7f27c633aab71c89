import { runWorker } from "../core/worker_entry.ts";
import { openLines } from "./dialer.ts";
import { startModbusLines } from "./service_lines.ts";
import type { LinesConfig } from "./worker_config.ts";

runWorker<LinesConfig>((context, onPeer) => startModbusLines(context, onPeer, openLines));
