import type { DeviceRequestRecord } from "../../core/device_api.ts";
import type { Timers } from "../../core/timers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** Tells control; stored when it resolves. */
export type TellRequests = (requests: readonly DeviceRequestRecord[]) => Promise<void>;

/**
 * What one session did, on its way to the audit. Alike requests of a few seconds become one record, since a page is
 * dozens of them; what changes something is told before it goes on, and alone.
 */
export class RequestLog {
  readonly #waiting = new Map<string, DeviceRequestRecord>();
  readonly #tell: TellRequests;
  readonly #timers: Timers;
  #cancel: (() => void) | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(tell: TellRequests, timers: Timers) {
    this.#tell = tell;
    this.#timers = timers;
  }

  /** Control has not taken what waits, and no more kinds of it can be kept: nothing may go on unrecorded. */
  get isFull(): boolean {
    return this.#waiting.size >= UI_PROXY_LIMITS.recordsWaiting;
  }

  /** Stored when it resolves. @throws what control says */
  async before(record: DeviceRequestRecord): Promise<void> {
    await this.#tell([record]);
  }

  /** To be told within seconds. */
  note(record: DeviceRequestRecord): void {
    const { at: _, bytesIn, bytesOut, count, ...rest } = record;
    const key = JSON.stringify(rest), known = this.#waiting.get(key);
    this.#waiting.set(
      key,
      known
        ? {
          ...known,
          count: known.count + count,
          bytesIn: known.bytesIn + bytesIn,
          bytesOut: known.bytesOut + bytesOut,
        }
        : record,
    );
    this.#cancel ??= this.#timers.after(UI_PROXY_LIMITS.recordMs, () => void this.flush());
  }

  /** Tells what waits; what control does not take stays. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    return this.#telling = this.#telling.then(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const records = [...this.#waiting].slice(0, UI_PROXY_LIMITS.recordsAtOnce);
    if (records.length === 0) return;
    for (const [key] of records) this.#waiting.delete(key);
    try {
      await this.#tell(records.map(([, record]) => record));
    } catch (_away) {
      for (const [, record] of records) this.note(record);
      return;
    }
    if (this.#waiting.size > 0) await this.#flush();
  }
}
