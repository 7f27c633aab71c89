import type { ControlContext } from "../../control/contract.ts";
import type { OutageQueue } from "./outage_queue.ts";

/** What `status` shows of outages. */
export interface OutageStatus {
  /** Offline authorisation mode by CSMS. */
  readonly modes: Readonly<Record<string, string>>;
  readonly messages: number;
  readonly bytes: number;
  /** Age of the oldest waiting message in seconds; absent when none waits. */
  readonly oldestSeconds?: number;
  readonly refused: number;
}

/** Hours after which waiting messages are an alarm of their own: the CSMS may be back and the station gone. */
const STALE_HOURS = 24;

/** Keeps metrics and alarms of the waiting messages in step. */
export class QueueWatch {
  readonly #context: ControlContext;
  readonly #queue: OutageQueue;
  readonly #full = new Set<string>();
  readonly #stale = new Set<string>();
  readonly #other = new Set<string>();

  constructor(context: ControlContext, queue: OutageQueue) {
    this.#context = context;
    this.#queue = queue;
  }

  status(): OutageStatus {
    const { clock, site } = this.#context;
    const views = this.#queue.views();
    const oldest = Math.min(...views.map(({ oldestAt }) => oldestAt ?? Infinity));
    return {
      modes: Object.fromEntries((site.ocpp?.csms ?? []).map((csms) => [csms.id, csms.offlineAuthorisation])),
      messages: views.reduce((sum, { messages }) => sum + messages, 0),
      bytes: views.reduce((sum, { bytes }) => sum + bytes, 0),
      ...Number.isFinite(oldest) ? { oldestSeconds: Math.max(0, Math.round((clock.now() - oldest) / 1_000)) } : {},
      refused: views.reduce((sum, { refused }) => sum + refused, 0),
    };
  }

  /** One look at lengths and ages. */
  async look(): Promise<void> {
    const { metrics, clock } = this.#context;
    const { messages, bytes, oldestSeconds, refused } = this.status();
    metrics.set("bulkhead_outage_waiting_messages", messages);
    metrics.set("bulkhead_outage_waiting_bytes", bytes);
    metrics.set("bulkhead_outage_oldest_seconds", oldestSeconds ?? 0);
    metrics.set("bulkhead_outage_refused_messages", refused);
    const views = this.#queue.views();
    const staleBefore = clock.now() - STALE_HOURS * 3_600_000;
    const stale = views.filter(({ oldestAt }) => oldestAt !== undefined && oldestAt < staleBefore);
    await this.#follow(
      "ocpp.outage.full",
      this.#full,
      views.filter(({ isFull }) => isFull).map(({ station }) => station),
    );
    const other = views.filter(({ otherVersion }) => otherVersion > 0).map(({ station }) => station);
    await this.#follow("ocpp.outage.version", this.#other, other);
    await this.#follow("ocpp.outage.stale", this.#stale, stale.map(({ station }) => station));
  }

  async #follow(kind: string, standing: Set<string>, now: readonly string[]): Promise<void> {
    const { alarms } = this.#context;
    for (const subject of now) {
      if (standing.has(subject)) continue;
      await alarms.raise({ kind, subject });
      standing.add(subject);
    }
    for (const subject of [...standing]) {
      if (now.includes(subject)) continue;
      await alarms.clear(kind, subject);
      standing.delete(subject);
    }
  }
}
