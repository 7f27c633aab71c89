import { MODBUS_LIMITS } from "./limits.ts";

/** What a request is to the line: a heartbeat keeps a station's failsafe from firing, a read can wait. */
export const SERVICE_CLASSES = ["heartbeat", "write", "read"] as const;
/** One class of service. */
export type ServiceClass = typeof SERVICE_CLASSES[number];

/** What the queue must know of an entry. */
export interface Queued {
  readonly client: string;
  readonly serviceClass: ServiceClass;
  /** Time it takes on the line, in any unit: long requests must not buy a client more of the line. */
  readonly cost: number;
  /** Monotonic milliseconds after which its answer is of no use. */
  readonly deadline: number;
}

interface ClientTurn<T> {
  readonly client: string;
  readonly entries: T[];
  /** What the client may still spend in this round (deficit round robin, Shreedhar and Varghese 1995). */
  credit: number;
  /** Its turn has come, and with it its share of this round. */
  isPaid: boolean;
}

/** The clients of one class, in the order of their turns. */
class ClassQueue<T extends Queued> {
  /** The client whose turn it is stands first. */
  readonly turns: ClientTurn<T>[] = [];

  push(entry: T): void {
    const turn = this.turns.find(({ client }) => client === entry.client);
    if (turn) turn.entries.push(entry);
    else this.turns.push({ client: entry.client, entries: [entry], credit: 0, isPaid: false });
  }

  /** The next entry. Each client's share of the line is its weight, whatever the sizes of its requests. */
  take(weightOf: (client: string) => number, quantum: number): T | undefined {
    while (this.turns.length > 0) {
      const turn = this.turns[0]!;
      // Paid when its turn comes, not when it has passed: else who asks one thing at a time waits two rounds for it.
      if (!turn.isPaid) turn.credit += quantum * weightOf(turn.client);
      turn.isPaid = true;
      if (turn.credit >= turn.entries[0]!.cost) {
        const entry = turn.entries.shift()!;
        turn.credit -= entry.cost;
        if (turn.entries.length === 0) this.turns.shift(); // who has nothing to ask saves nothing up
        return entry;
      }
      turn.isPaid = false;
      this.turns.push(this.turns.shift()!);
    }
    return undefined;
  }

  /** Takes out what `isOut` names. */
  remove(isOut: (entry: T) => boolean): T[] {
    const out: T[] = [];
    for (const turn of this.turns) {
      const kept = turn.entries.filter((entry) => !isOut(entry));
      out.push(...turn.entries.filter((entry) => isOut(entry)));
      turn.entries.splice(0, turn.entries.length, ...kept);
    }
    this.turns.splice(0, this.turns.length, ...this.turns.filter(({ entries }) => entries.length > 0));
    return out;
  }
}

/**
 * Requests that wait for one line: classes in their order, clients of a class by weight. A lower class is never starved:
 * after `turnsBeforeLower` requests of higher ones it has its turn.
 */
export class FairQueue<T extends Queued> {
  readonly #classes = {
    heartbeat: new ClassQueue<T>(),
    write: new ClassQueue<T>(),
    read: new ClassQueue<T>(),
  };
  readonly #perClient = new Map<string, number>();
  readonly #weightOf: (client: string) => number;
  #length = 0;
  #quantum = 1;
  /** Requests of higher classes served in a row while each class waited. */
  readonly #waited = { heartbeat: 0, write: 0, read: 0 };

  /** `weightOf` a client is 1 or more; 2 gets twice the line of 1. */
  constructor(weightOf: (client: string) => number = () => 1) {
    this.#weightOf = weightOf;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes an entry in; false when the client, or the line, has as many waiting as it may. */
  push(entry: T): boolean {
    const ofClient = this.#perClient.get(entry.client) ?? 0;
    if (ofClient >= MODBUS_LIMITS.queuedPerClient || this.#length >= MODBUS_LIMITS.queuedPerLine) return false;
    this.#perClient.set(entry.client, ofClient + 1);
    this.#length++;
    this.#quantum = Math.max(this.#quantum, entry.cost);
    this.#classes[entry.serviceClass].push(entry);
    return true;
  }

  /** The request whose turn it is. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const waiting = SERVICE_CLASSES.filter((name) => this.#classes[name].turns.length > 0);
    const name = waiting.find((name) => this.#waited[name] >= MODBUS_LIMITS.turnsBeforeLower) ?? waiting[0];
    if (name === undefined) return undefined;
    for (const other of SERVICE_CLASSES) {
      this.#waited[other] = other !== name && waiting.includes(other) ? this.#waited[other] + 1 : 0;
    }
    const entry = this.#classes[name].take(this.#weightOf, this.#quantum)!;
    this.#forget(entry);
    return entry;
  }

  /** Takes out what is past its deadline. */
  expire(now: number): T[] {
    return this.#remove(({ deadline }) => deadline <= now);
  }

  /** Takes out what nobody wants any more. */
  remove(isOut: (entry: T) => boolean): T[] {
    return this.#remove(isOut);
  }

  /** Takes out everything. */
  clear(): T[] {
    return this.#remove(() => true);
  }

  #remove(isOut: (entry: T) => boolean): T[] {
    const out = SERVICE_CLASSES.flatMap((name) => this.#classes[name].remove(isOut));
    for (const entry of out) this.#forget(entry);
    return out;
  }

  #forget({ client }: T): void {
    this.#length--;
    const left = this.#perClient.get(client)! - 1;
    if (left > 0) this.#perClient.set(client, left);
    else this.#perClient.delete(client);
  }
}
