import { plainAction } from "../../../policies/ocpp.ts";
import { MESSAGE_TYPE, type OcppFrame } from "../codec.ts";
import { MOVING_LIMITS } from "./limits.ts";

/** A message of the conversation as far as transactions need it. `action` of an answer is that of its CALL. */
export interface WatchedMessage {
  readonly from: "station" | "csms";
  readonly kind: "call" | "reply";
  readonly action: string;
  readonly frame: OcppFrame;
}

/** Actions that tell of transactions; a signed one is read as the same without its signature. */
export const WATCHED_ACTIONS: readonly string[] = [
  "MeterValues",
  "StartTransaction",
  "StopTransaction",
  "TransactionEvent",
];
const WATCHED: ReadonlySet<string> = new Set(WATCHED_ACTIONS.flatMap((name) => [name, `${name}-Signed`]));

/**
 * Which transactions of one station run, learned by looking on. A transaction begins with its first message and is over
 * when the CSMS answered its last one: until then the station may have to repeat it to the same CSMS. OCPP 1.6 names it
 * by connector, because its id is known only after the answer; 2.x by the station's own id. Pure.
 */
export class TransactionWatch {
  /** Key to the id that the CSMS gave, when it is known. */
  readonly #open: Map<string, number | undefined>;
  /** How often a transaction was added to the list or taken from it. */
  #changes = 0;
  /** CALLs whose answer ends a transaction, by message id. */
  readonly #ending = new Map<string, string>();
  /** CALLs whose answer gives a transaction its id, by message id. */
  readonly #starting = new Map<string, string>();

  constructor(open: readonly string[] = []) {
    this.#open = new Map(open.map((key) => [key, undefined]));
  }

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** @returns whether the list of running transactions changed */
  see({ from, kind, action, frame }: WatchedMessage): boolean {
    if (!this.#concerns(from, kind, action, frame)) return false;
    const before = this.#changes;
    const name = plainAction(action);
    if (from === "station" && kind === "call") this.#call(name, frame);
    else if (from === "csms" && kind === "reply") this.#reply(frame);
    return this.#changes !== before;
  }

  /** Whether a message can change anything: nearly none does, and every message of every station is looked at. */
  #concerns(from: WatchedMessage["from"], kind: WatchedMessage["kind"], action: string, frame: OcppFrame): boolean {
    if (kind === "reply") {
      if (from !== "csms" || this.#ending.size + this.#starting.size === 0) return false;
      return this.#ending.has(frame.id) || this.#starting.has(frame.id);
    }
    if (from !== "station" || !WATCHED.has(action)) return false;
    if (action !== "MeterValues") return true;
    const id = member(frame.payload, "transactionId");
    return typeof id === "number" && this.#open.get(connectorKey(member(frame.payload, "connectorId"))) !== id;
  }

  #call(action: string, { id, payload }: OcppFrame): void {
    const fields = payload as Record<string, unknown> | null;
    switch (action) {
      case "StartTransaction":
        this.#begin(connectorKey(fields?.connectorId));
        bounded(this.#starting, id, connectorKey(fields?.connectorId));
        break;
      case "StopTransaction":
        bounded(this.#ending, id, this.#keyOf(fields?.transactionId));
        break;
      case "MeterValues":
        // one that runs and whose beginning nobody saw: before the gateway, or before a restart
        if (typeof fields?.transactionId === "number") {
          this.#begin(connectorKey(fields.connectorId), fields.transactionId);
        }
        break;
      case "TransactionEvent": {
        const key = `transaction ${String(member(fields?.transactionInfo, "transactionId"))}`;
        this.#begin(key);
        if (fields?.eventType === "Ended") bounded(this.#ending, id, key);
        break;
      }
    }
  }

  #reply({ id, type, payload }: OcppFrame): void {
    const ended = this.#ending.get(id);
    this.#ending.delete(id);
    if (ended !== undefined && this.#open.delete(ended)) this.#changes++;
    const started = this.#starting.get(id);
    this.#starting.delete(id);
    if (started === undefined || type !== MESSAGE_TYPE.callResult || !this.#open.has(started)) return;
    const transactionId = member(payload, "transactionId");
    if (typeof transactionId === "number") this.#open.set(started, transactionId);
  }

  #begin(key: string, transactionId?: number): void {
    if (!this.#open.has(key) && this.#open.size >= MOVING_LIMITS.transactions) {
      this.#open.delete(this.#open.keys().next().value!);
    }
    if (!this.#open.has(key)) this.#changes++;
    else if (transactionId === undefined) return;
    this.#open.set(key, transactionId);
  }

  /** The transaction of this id; when its beginning was not seen and only one can be meant, that one. */
  #keyOf(transactionId: unknown): string {
    for (const [key, known] of this.#open) if (known !== undefined && known === transactionId) return key;
    const unnamed = [...this.#open].filter(([, known]) => known === undefined).map(([key]) => key);
    return unnamed.length === 1 ? unnamed[0]! : "";
  }
}

function connectorKey(connectorId: unknown): string {
  if (typeof connectorId !== "number") return "connector ?";
  return CONNECTORS[connectorId] ?? `connector ${connectorId}`;
}

/** The keys of all connectors that there are: every message of meter values asks for one. */
const CONNECTORS: readonly string[] = Array.from({ length: 16 }, (_, n) => `connector ${n}`);

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function bounded(map: Map<string, string>, id: string, value: string): void {
  map.set(id, value);
  if (map.size > MOVING_LIMITS.transactions) map.delete(map.keys().next().value!);
}
