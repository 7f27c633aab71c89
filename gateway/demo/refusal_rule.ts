import type { CommandArgs, CommandResult } from "../control/contract.ts";
import type { Timers } from "../core/timers.ts";
import { DEMO_LIMITS } from "./limits.ts";

/** The part of a gateway process that is needed here. */
export interface AuditSource {
  command(command: string, args?: CommandArgs): Promise<CommandResult>;
}

/** Reads in the gateway's audit which rule refused; each record is looked at once. */
export class RefusalRules {
  #last = 0;

  constructor(private readonly gateway: AuditSource, private readonly timers: Timers) {}

  /**
   * The rule of the newest refusal, from this address if one is given, among the records since the last call. A record may
   * follow the refusal by a moment; undefined when none came in time.
   */
  async next(from: string | undefined): Promise<string | undefined> {
    let rule: string | undefined;
    for (let look = 0; look < DEMO_LIMITS.auditLooks && rule === undefined; look++) {
      if (look > 0) await this.#pause();
      for (const record of await this.#news()) {
        if (record.outcome === "refused" && mayBeFrom(record.source, from)) rule = record.rule;
      }
    }
    return rule;
  }

  async #news(): Promise<readonly Refusal[]> {
    const args = { lines: String(DEMO_LIMITS.auditLines), after: String(this.#last) };
    const { lines, last } = (await this.gateway.command("audit tail", args)).data as unknown as Page;
    this.#last = last;
    return lines.map((line) => JSON.parse(line) as Refusal);
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.timers.after(DEMO_LIMITS.auditLookMs, resolve);
    return promise;
  }
}

/** A handshake that broke early may be recorded without its source. */
function mayBeFrom(source: string | undefined, from: string | undefined): boolean {
  return from === undefined || source === undefined || source === "unknown" || source === from;
}

interface Page {
  readonly lines: readonly string[];
  readonly last: number;
}

interface Refusal {
  readonly outcome?: string;
  readonly rule?: string;
  readonly source?: string;
}
