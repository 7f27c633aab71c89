import type { AuditEvent } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Mutation } from "../../store/store.ts";
import type { Audit } from "../contract.ts";
import { ALARM_LIMITS } from "./limits.ts";

/**
 * Notices that no commit has taken yet, while the disk fails. Bounded; those given up are logged at once and recorded in
 * the audit chain as soon as it takes a record: an alarm that nobody was told of must not look like one that was.
 */
export class UnsentNotices {
  readonly #audit: Audit;
  readonly #log: Logger;
  #waiting: readonly Mutation[] = [];
  #givenUp = 0;

  constructor(audit: Audit, log: Logger) {
    this.#audit = audit;
    this.#log = log;
  }

  /** All that wait, oldest first; from now on they are the caller's. */
  take(): readonly Mutation[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** The commit failed: what was taken waits again, in front of what came since. The oldest are given up first. */
  putBack(notices: readonly Mutation[]): void {
    const all = [...notices, ...this.#waiting];
    const over = Math.max(0, all.length - ALARM_LIMITS.unsentNotices);
    this.#waiting = all.slice(over);
    if (over === 0) return;
    this.#givenUp += over;
    this.#log.error("alarms.notice.abandoned", { count: over, why: "the disk takes nothing" });
  }

  /** Records how many were given up; what cannot be recorded now is recorded the next time. */
  async recordGivenUp(): Promise<void> {
    const count = this.#givenUp;
    if (count === 0) return;
    this.#givenUp = 0;
    const event: AuditEvent = {
      event: "notify.notice.abandoned",
      class: "operation",
      who: "gateway",
      outcome: "failed",
      detail: { why: "the disk took nothing and too many waited", count },
    };
    try {
      await this.#audit.record(event);
    } catch (error) {
      this.#givenUp += count;
      this.#log.error("alarms.audit.failed", { kind: event.event, why: describeError(error) });
    }
  }
}
