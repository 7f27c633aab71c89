import type { Clock } from "../../core/clock.ts";
import type { DeviceOperationsControlApi } from "../../core/device_operations_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** Tells control how far an operation's file is, from time to time; nobody waits for it. */
export class ProgressTeller {
  #bytes = 0;
  #toldAt = -Infinity;

  constructor(
    private readonly session: string,
    private readonly needs: {
      readonly control: Pick<Rpc<DeviceOperationsControlApi>, "call">;
      readonly clock: Pick<Clock, "monotonic">;
      readonly log: Pick<Logger, "info">;
    },
  ) {}

  add(bytes: number): void {
    this.#bytes += bytes;
    const now = this.needs.clock.monotonic();
    if (now - this.#toldAt < UI_PROXY_LIMITS.progressMs) return;
    this.#toldAt = now;
    const { control, log } = this.needs;
    control.call("device.operation.progress", { session: this.session, bytes: this.#bytes }).catch((error) =>
      log.info("ui.device.progress.untold", { msg: describeError(error) })
    );
  }
}
