import type { WorkerContext } from "../../core/conduit.ts";
import { describeError } from "../../core/errors.ts";
import type { ListedBadges } from "../../core/outage_api.ts";
import type { OcppWorkerConfig } from "../worker_config.ts";
import { OCPP_BADGE_LIMITS } from "./limits.ts";

/**
 * Tells control of blocked badges that a CSMS put on a station's own list. The message itself went on as it came; what
 * control cannot take yet waits for it, bounded, the oldest first to go.
 */
export class ListWatch {
  readonly #context: Pick<WorkerContext<OcppWorkerConfig>, "control" | "log">;
  #waiting: ListedBadges[] = [];
  #sending: Promise<void> | undefined;

  constructor(context: Pick<WorkerContext<OcppWorkerConfig>, "control" | "log">) {
    this.#context = context;
  }

  /** Takes note of one list; no more badges of it than control records. */
  note({ badges, ...where }: ListedBadges): void {
    this.#waiting.push({ ...where, badges: badges.slice(0, OCPP_BADGE_LIMITS.told), count: badges.length });
    if (this.#waiting.length > OCPP_BADGE_LIMITS.listsWaiting) this.#waiting.shift();
    void this.send();
  }

  /** Sends what waits, one after the other; what fails waits for the next sweep. */
  send(): Promise<void> {
    return this.#sending ??= this.#send().finally(() => this.#sending = undefined);
  }

  async #send(): Promise<void> {
    try {
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        await this.#context.control.call("badges.listed", next);
        this.#waiting = this.#waiting.filter((one) => one !== next);
      }
    } catch (error) {
      this.#context.log.warn("badges.list.untold", { waiting: this.#waiting.length, msg: describeError(error) });
    }
  }
}
