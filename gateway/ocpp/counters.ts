import type { Labels, Metrics } from "../core/metrics.ts";
import type { MetricName } from "../core/metric_names.ts";
import type { NoteKind, Side } from "./session.ts";

/** Counts of the hot path, kept as plain numbers and handed to the metrics once per sweep. */
export class RelayCounters {
  readonly messages = { station: 0, csms: 0 };
  readonly bytes = { station: 0, csms: 0 };
  readonly #notes = new Map<string, number>();
  readonly #observerFaults = new Map<string, number>();

  /** One relayed message. */
  message(from: Side, bytes: number): void {
    this.messages[from]++;
    this.bytes[from] += bytes;
  }

  /** Something odd about a message. */
  note(kind: NoteKind, from: Side): void {
    const key = `${kind} ${from}`;
    this.#notes.set(key, (this.#notes.get(key) ?? 0) + 1);
  }

  /** An observer threw; `observer` is its name in the code, so that the label stays bounded. */
  observerFault(observer: string): void {
    this.#observerFaults.set(observer, (this.#observerFaults.get(observer) ?? 0) + 1);
  }

  /** Adds what came together since the last time. */
  flush(metrics: Metrics): void {
    for (const from of ["station", "csms"] as const) {
      this.#hand(metrics, "bulkhead_ocpp_messages_total", { from }, this.messages[from]);
      this.#hand(metrics, "bulkhead_ocpp_bytes_total", { from }, this.bytes[from]);
      this.messages[from] = 0;
      this.bytes[from] = 0;
    }
    for (const [key, amount] of this.#notes) {
      const [kind = "", from = ""] = key.split(" ");
      this.#hand(metrics, "bulkhead_ocpp_notes_total", { kind, from }, amount);
    }
    this.#notes.clear();
    for (const [observer, amount] of this.#observerFaults) {
      this.#hand(metrics, "bulkhead_ocpp_observer_faults_total", { observer }, amount);
    }
    this.#observerFaults.clear();
  }

  #hand(metrics: Metrics, name: MetricName, labels: Labels, amount: number): void {
    if (amount > 0) metrics.count(name, labels, amount);
  }
}
