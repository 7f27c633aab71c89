import type { ControlContext } from "../control/contract.ts";
import type { AuditEvent, StationAttempt } from "../core/control_api.ts";
import { StorageError } from "../core/errors.ts";
import { AttemptLimiter } from "./attempt_limiter.ts";
import { INVENTORY_LIMITS } from "./limits.ts";

/** What becomes of stations' attempts, in the audit chain: one record per attempt and cause (O-24). */
export class AdmissionRecords {
  readonly #context: Pick<ControlContext, "audit" | "clock" | "log" | "site">;
  /** Repeating refusals that are in the chain already. */
  readonly #told = new AttemptLimiter({
    limit: 1,
    windowSeconds: INVENTORY_LIMITS.failureWindowSeconds,
    tracked: INVENTORY_LIMITS.trackedAttempts,
  });

  constructor(context: Pick<ControlContext, "audit" | "clock" | "log" | "site">) {
    this.#context = context;
  }

  /** A full disk must not stop a car from charging (DESIGN idea 5), unless the admin chose `stop-accepting`. */
  async record(event: AuditEvent): Promise<void> {
    try {
      await this.#context.audit.record(event);
    } catch (error) {
      if (!(error instanceof StorageError) || this.#context.site.audit.diskFull === "stop-accepting") throw error;
      this.#context.log.error("audit.record.failed", { code: error.code, msg: error.message, rule: event.rule });
    }
  }

  /** An attempt was refused by a rule. */
  async refused(rule: string, reason: string, attempt: StationAttempt): Promise<void> {
    await this.record({
      event: "station.session.refused",
      class: "security",
      who: attempt.isMisdirected ? "unknown" : attempt.stationId.slice(0, 48), // a path may hold a token
      outcome: "refused",
      rule,
      source: attempt.source,
      detail: {
        ...{ listener: attempt.listener, tls: attempt.tls, reason },
        ...attempt.setAside ? { certificate: attempt.setAside.rule } : {},
      },
    });
  }

  /**
   * Every cause of a refusal is audited (O-24), but those that repeat by themselves once per window: a flood must not fill
   * the disk, and an alarm says that it goes on. A disk that is full already takes no record.
   */
  async refusedAgain(subject: string, rule: string, reason: string, attempt: StationAttempt): Promise<void> {
    const now = this.#context.clock.monotonic();
    const key = `${rule} ${subject}`;
    if (this.#told.isLimited(key, now)) return;
    this.#told.fail(key, now);
    try {
      await this.refused(rule, reason, attempt);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#context.log.error("audit.record.failed", { code: error.code, msg: error.message, rule });
    }
  }
}
