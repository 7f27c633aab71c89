import type { StationActivity } from "../core/control_api.ts";
import type { StationConnectors } from "../core/firmware_status_api.ts";
import type { OcppFrame } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { ObservedMessage } from "./relay_observer.ts";
import type { RelayPart } from "./relay_parts.ts";

/** What one station was seen doing. */
interface Seen {
  /** Connector ("1" or "1.1") to its last status. */
  readonly connectors: Map<string, string>;
  /** Running transactions by their id; of 1.6 by connector until the CSMS gave the id. */
  readonly transactions: Map<string, string>;
  /** StartTransaction of 1.6 by message id, until its answer names the transaction. */
  readonly starting: Map<string, string>;
}

/** Status of a connector that means a car: cable in, energy flowing or about to. */
const BUSY: ReadonlySet<string> = new Set([
  "Charging",
  "Finishing",
  "Occupied",
  "Preparing",
  "SuspendedEV",
  "SuspendedEVSE",
]);

/** The actions that tell of it. */
const READ = [
  "BootNotification",
  "StartTransaction",
  "StatusNotification",
  "StopTransaction",
  "TransactionEvent",
];

/**
 * Whether stations charge, as far as their messages told: what must not disturb a car asks this first. Kept over
 * reconnects, lost with the Worker; what was never seen is "unknown", never "idle".
 */
export class Activity {
  readonly #stations = new Map<string, Seen>();

  /** Looks on, and answers control. */
  get part(): RelayPart {
    return {
      observer: {
        name: "activity",
        actions: READ,
        message: (relay, message) => this.see(relay.options.stationId, message),
      },
      handlers: {
        "station.activity": ({ stationId }) => this.of(stationId),
        "station.connectors": ({ stationId }) => this.connectorsOf(stationId),
      },
    };
  }

  /** What is known of a station now. */
  of(stationId: string): StationActivity {
    const seen = this.#stations.get(stationId);
    if (!seen) return { state: "unknown" };
    if (seen.transactions.size > 0) return { state: "busy", why: "a transaction runs" };
    const busy = [...seen.connectors].find(([, status]) => BUSY.has(status));
    if (busy) return { state: "busy", why: `connector ${busy[0]} is occupied` };
    return { state: seen.connectors.size > 0 ? "idle" : "unknown" };
  }

  /** How many connectors a station told of, and which of them are faulted or reserved. */
  connectorsOf(stationId: string): StationConnectors {
    const connectors = [...this.#stations.get(stationId)?.connectors ?? []];
    const those = (status: string) => connectors.filter((one) => one[1] === status).map(([name]) => name);
    return { count: connectors.length, faulted: those("Faulted"), reserved: those("Reserved") };
  }

  /** One message of either side. */
  see(stationId: string, { from, kind, action, frame, fate }: Omit<ObservedMessage, "text" | "bytes" | "at">): void {
    if (kind === "reply") {
      if (from === "csms" && action === "StartTransaction") this.#started(stationId, frame);
    } else if (from === "station" && fate !== "refused") {
      this.#read(stationId, action, frame);
    }
  }

  #read(stationId: string, action: string, frame: OcppFrame): void {
    switch (action) {
      case "BootNotification":
        // Whatever ran has ended or will be told again.
        this.#stations.delete(stationId);
        return;
      case "StatusNotification":
        return this.#status(this.#of(stationId), frame.payload);
      case "StartTransaction": {
        const connector = text(field(frame.payload, "connectorId"));
        const { transactions, starting } = this.#of(stationId);
        add(transactions, `connector ${connector}`, connector);
        return add(starting, frame.id, connector);
      }
      case "StopTransaction":
        return this.#stopped(this.#of(stationId), text(field(frame.payload, "transactionId")));
      case "TransactionEvent":
        return this.#event(this.#of(stationId), frame.payload);
    }
  }

  #status({ connectors, transactions }: Seen, payload: unknown): void {
    const evse = field(payload, "evseId"), connector = text(field(payload, "connectorId"));
    if (evse === undefined && connector === "0") return; // the station as a whole (OCPP 1.6 section 4.9)
    const name = evse === undefined ? connector : `${text(evse)}.${connector}`;
    const status = field(payload, "connectorStatus") ?? field(payload, "status");
    add(connectors, name, text(status));
    if (status !== "Available") return;
    for (const [id, at] of transactions) if (at === name) transactions.delete(id);
  }

  #started(stationId: string, frame: OcppFrame): void {
    const seen = this.#stations.get(stationId);
    const connector = seen?.starting.get(frame.id);
    if (!seen || connector === undefined) return;
    seen.starting.delete(frame.id);
    if (!seen.transactions.delete(`connector ${connector}`)) return; // it has stopped meanwhile
    const id = field(frame.payload, "transactionId");
    if (id !== undefined) add(seen.transactions, text(id), connector);
  }

  #stopped({ transactions }: Seen, id: string): void {
    if (transactions.delete(id)) return;
    // Its start was never seen, or has no id yet: the only one that runs is meant.
    const [only] = transactions.keys();
    if (transactions.size === 1 && only!.startsWith("connector ")) transactions.delete(only!);
  }

  #event({ transactions }: Seen, payload: unknown): void {
    const id = text(field(field(payload, "transactionInfo"), "transactionId"));
    if (field(payload, "eventType") === "Ended") transactions.delete(id);
    else add(transactions, id, "");
  }

  #of(stationId: string): Seen {
    let seen = this.#stations.get(stationId);
    if (!seen) {
      if (this.#stations.size >= OCPP_LIMITS.flightStations) {
        this.#stations.delete(this.#stations.keys().next().value!);
      }
      seen = { connectors: new Map(), transactions: new Map(), starting: new Map() };
      this.#stations.set(stationId, seen);
    }
    return seen;
  }
}

/** Bounded: what a station says of more connectors or transactions than it can have is not kept. */
function add<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.has(key) || map.size < OCPP_LIMITS.activityEntries) map.set(key, value);
}

/** Ids are short; a longer one is cut, which can only join what is busy anyway. */
const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value).slice(0, 40) : "?";

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
