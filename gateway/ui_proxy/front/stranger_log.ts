import type { AuditEvent } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Timers } from "../../core/timers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** What was refused to somebody whom nobody knows. */
export interface StrangerRefusal {
  readonly rule: string;
  readonly source: string;
  readonly status: number;
  /** Absent: it was for no page. */
  readonly station?: string;
}

/**
 * Refusals of requests without a session, for the audit: alike ones of some seconds are one record with a count, so that
 * a flood costs a stranger more than the disk.
 */
export class StrangerLog {
  readonly #waiting = new Map<string, { readonly refusal: StrangerRefusal; count: number }>();
  #cancel: (() => void) | undefined;

  constructor(
    private readonly record: (event: AuditEvent) => Promise<unknown>,
    private readonly timers: Timers,
    private readonly log: Pick<Logger, "warn">,
  ) {}

  /** @returns false when there are so many kinds that this one is counted only */
  note(refusal: StrangerRefusal): boolean {
    const key = JSON.stringify([refusal.rule, refusal.source, refusal.status, refusal.station]);
    const known = this.#waiting.get(key);
    if (known) known.count++;
    else if (this.#waiting.size >= UI_PROXY_LIMITS.strangersWaiting) return false;
    else this.#waiting.set(key, { refusal, count: 1 });
    this.#cancel ??= this.timers.after(UI_PROXY_LIMITS.recordMs, () => void this.flush());
    return true;
  }

  /** Tells what waits. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    try {
      await Promise.all(waiting.map(({ refusal: { rule, source, status, station }, count }) =>
        this.record({
          event: "device.request.refused",
          class: "access",
          who: "unknown",
          outcome: "refused",
          rule,
          source,
          ...(station === undefined ? {} : { target: station }),
          detail: { status, count },
        })
      ));
    } catch (error) {
      this.log.warn("ui.refusals.unrecorded", { count: waiting.length, msg: describeError(error) });
    }
  }
}
