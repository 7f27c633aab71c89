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
 * when the CSMS took its last one: until then the station may have to repeat it to the same CSMS, also after a CALLERROR
 * (1.6 TransactionMessageAttempts, 2.x MessageAttempts), until it goes on with another one or is silent about it for long.
 * OCPP 1.6 names it by connector, because its id is known only after the answer; 2.x by the station's own id. Pure; `now`
 * is monotonic milliseconds.
 */
export class TransactionWatch {
  /** Key to the id that the CSMS gave, when it is known. */
  readonly #open: Map<string, number | undefined>;
  /** How often a transaction was added to the list or taken from it. */
  #changes = 0;
  /** CALLs whose answer ends a transaction, by message id. */
  readonly #ending = new Map<string, string>();
  /** Transactions whose last message the CSMS answered with an error, and when. */
  readonly #refused = new Map<string, number>();
  /** CALLs whose answer gives a transaction its id, by message id. */
  readonly #starting = new Map<string, string>();

  constructor(open: readonly string[] = []) {
    this.#open = new Map(open.map((key) => [key, undefined]));
  }

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** @returns whether the list of running transactions changed */
  see({ from, kind, action, frame }: WatchedMessage, now: number): boolean {
    if (!this.#concerns(from, kind, action, frame)) return false;
    const before = this.#changes;
    const name = plainAction(action);
    if (from === "station" && kind === "call") this.#call(name, frame);
    else if (from === "csms" && kind === "reply") this.#reply(frame, now);
    return this.#changes !== before;
  }

  /** Takes it that a station has given up what it repeated no more. @returns whether the list of running ones changed */
  tick(now: number): boolean {
    const before = this.#changes;
    for (const [key, at] of this.#refused) if (now - at >= MOVING_LIMITS.repeatMs) this.#over(key);
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
    // Transaction messages go out in their order: with one of another transaction the station has given up on these.
    const key = this.#keyIn(action, fields);
    this.#refused.delete(key);
    if (key !== "") { for (const other of this.#refused.keys()) this.#over(other); }
    switch (action) {
      case "StartTransaction":
        this.#begin(connectorKey(fields?.connectorId));
        bounded(this.#starting, id, connectorKey(fields?.connectorId));
        break;
      case "StopTransaction":
        bounded(this.#ending, id, key);
        break;
      case "MeterValues":
        // one that runs and whose beginning nobody saw: before the gateway, or before a restart
        if (typeof fields?.transactionId === "number") {
          this.#begin(connectorKey(fields.connectorId), fields.transactionId);
        }
        break;
      case "TransactionEvent":
        this.#begin(key);
        if (fields?.eventType === "Ended") bounded(this.#ending, id, key);
        break;
    }
  }

  /** The transaction that a CALL is about; "" when nobody can tell, or it may be of none. */
  #keyIn(action: string, fields: Record<string, unknown> | null): string {
    switch (action) {
      case "StartTransaction":
        return connectorKey(fields?.connectorId);
      case "TransactionEvent":
        return `transaction ${String(member(fields?.transactionInfo, "transactionId"))}`;
      default:
        return this.#keyOf(fields?.transactionId);
    }
  }

  #over(key: string): void {
    this.#refused.delete(key);
    if (this.#open.delete(key)) this.#changes++;
  }

  #reply({ id, type, payload }: OcppFrame, now: number): void {
    const ended = this.#ending.get(id);
    this.#ending.delete(id);
    if (ended !== undefined && type === MESSAGE_TYPE.callResult) this.#over(ended);
    else if (ended !== undefined && this.#open.has(ended)) this.#refused.set(ended, now);
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
