import type { Logger } from "../../core/log.ts";
import type { Metrics } from "../../core/metrics.ts";
import { describeError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import type { AuditChain } from "../audit/mod.ts";
import type { ChainReader } from "../audit/reader.ts";
import type { AwayAlarm } from "./away_alarm.ts";
import type { Deliver } from "./courier_call.ts";
import { DELIVERY_LIMITS } from "./limits.ts";
import { RetryLoop, type RetryLoopOptions } from "./retry_loop.ts";
import { formatSyslog } from "./syslog_format.ts";

/** What one feed needs. */
export interface SyslogFeedOptions extends Pick<RetryLoopOptions, "timers" | "random"> {
  readonly sink: string;
  readonly site: string;
  readonly audit: AuditChain;
  readonly store: Store;
  readonly deliver: Deliver;
  readonly away: AwayAlarm;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * Sends the audit chain to one syslog receiver, in order and from where it stood. While the receiver is away records wait
 * in their segments; the cursor in the store moves only after a delivery.
 */
export class SyslogFeed {
  readonly sink: string;
  readonly #options: SyslogFeedOptions;
  readonly #loop: RetryLoop;
  readonly #unlisten: () => void;
  #reader: ChainReader | undefined;
  #cursor = 0;
  #sinceStored = 0;

  private constructor(options: SyslogFeedOptions, cursor: number) {
    const { audit, away, log, sink, timers, random } = options;
    this.sink = sink;
    this.#options = options;
    this.#cursor = cursor;
    this.#loop = new RetryLoop({
      timers,
      random,
      work: () => this.#sendSome(),
      onFailure: (error, failures) => {
        // The first failure of a start is only a courier that is not ready yet.
        this.#reader = undefined; // what was read and not delivered is read again
        if (failures === 2) log.warn("audit.sink.lost", { sink, why: describeError(error) });
        away.failed(error).catch((fault) => log.error("audit.sink.alarm_failed", { sink, why: describeError(fault) }));
      },
    });
    this.#unlisten = audit.onStored(() => this.#loop.poke());
    this.#loop.poke();
  }

  /** Reads the cursor and begins a little before it: the end of the last connection may not have been read. */
  static async open(options: SyslogFeedOptions): Promise<SyslogFeed> {
    const stored = (await options.store.get<number>([...KEYS.sinks, options.sink]))?.value ?? 0;
    const cursor = Math.min(stored, options.audit.head.seq);
    return new SyslogFeed(options, Math.max(0, cursor - DELIVERY_LIMITS.syslogRewind));
  }

  /** Last record that the receiver has. */
  get cursor(): number {
    return this.#cursor;
  }

  retryNow(): void {
    this.#loop.retryNow();
  }

  async stop(): Promise<void> {
    this.#unlisten();
    await this.#loop.stop();
    if (this.#sinceStored > 0) await this.#storeCursor();
  }

  async #sendSome(): Promise<boolean> {
    const { audit, deliver, away, metrics, site } = this.#options;
    this.#reader ??= audit.reader(this.#cursor);
    const lines = await this.#reader.next(DELIVERY_LIMITS.syslogFrames);
    metrics.set("bulkhead_audit_sink_lag_records", audit.head.seq - this.#cursor, { sink: this.sink });
    if (lines.length === 0) return false;
    await deliver({ kind: "syslog", sink: this.sink, frames: lines.map((line) => formatSyslog(line, site)) });
    this.#cursor = lines.at(-1)!.seq;
    this.#sinceStored += lines.length;
    if (this.#sinceStored >= DELIVERY_LIMITS.syslogStoreEvery) await this.#storeCursor();
    metrics.set("bulkhead_audit_sink_lag_records", audit.head.seq - this.#cursor, { sink: this.sink });
    await away.arrived();
    return true;
  }

  /** Not after every record: an old cursor only means that the receiver gets some records twice. */
  async #storeCursor(): Promise<void> {
    this.#sinceStored = 0;
    await this.#options.store.commit([{ set: [...KEYS.sinks, this.sink], value: this.#cursor }]);
  }
}
