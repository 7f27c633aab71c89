import type { Clock } from "../../core/clock.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { Logger } from "../../core/log.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import type { Driver } from "../drivers/driver.ts";
import type { UiProxyWorkerConfig, WorkerDevice } from "../worker_config.ts";
import type { PageMap } from "./page_map.ts";
import type { SessionTable } from "./session_table.ts";
import type { StrangerLog } from "./stranger_log.ts";

/** What the door works with; everything from outside comes in here. */
export interface FrontParts {
  readonly control: Pick<Rpc<ControlApi>, "call">;
  readonly table: SessionTable;
  readonly strangers: StrangerLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly config: () => UiProxyWorkerConfig;
  readonly pages: () => PageMap;
  readonly driverOf: (device: WorkerDevice) => Driver;
}
