import { Buffer } from "node:buffer";
import type { Sealer } from "../../control/contract.ts";
import { IntegrityError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, type SealedValue, sealFor } from "../../store/sealer.ts";
import type { Mutation, Store, StoreKey } from "../../store/store.ts";
import { OUTAGE_LIMITS } from "./limits.ts";

/** Why a message is not sent by itself any more: how the CSMS refused it for good, or that it cannot be opened. */
export interface Refusal {
  readonly code: string;
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What is known of a kept message without opening it. Badge ids are in the message only, and that is sealed. */
export interface MessageHead {
  readonly sequence: number;
  readonly action: string;
  /** UTF-8 bytes of the message. */
  readonly bytes: number;
  /** When it was stored, milliseconds since the epoch. */
  readonly at: number;
  readonly digest: string;
  /** Of this slot only the newest message is kept: "boot", "status 1". */
  readonly slot?: string;
  /** The OCPP version it is written in; absent in what an earlier release kept. */
  readonly protocol?: string;
  /** The id that the gateway gave for a StartTransaction. */
  readonly transactionId?: number;
  /** It was on its way when the CSMS was lost, which may have taken it. */
  readonly isUncertain?: true;
  readonly refusal?: Refusal;
}

interface StoredMessage extends MessageHead {
  readonly parts: number;
  readonly first: SealedValue;
}

const headKey = (queue: string, sequence: number): StoreKey => [...KEYS.outage, "message", queue, sequence];
const partKey = (queue: string, sequence: number, part: number): StoreKey => [
  ...KEYS.outage,
  "part",
  queue,
  sequence,
  part,
];
const partsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / OUTAGE_LIMITS.partBytes));

/** Kept messages in the store, sealed, in parts of what one value holds. */
export class MessageRecords {
  readonly #store: Store;
  readonly #sealer: Sealer;

  constructor(store: Store, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** Heads of all kept messages, by queue and sequence. */
  async *list(): AsyncGenerator<{ readonly queue: string; readonly head: MessageHead }> {
    for await (
      const { key, value } of this.#store.list<StoredMessage>([...KEYS.outage, "message"], { limit: Infinity })
    ) {
      const { first: _first, parts: _parts, ...head } = value;
      yield { queue: String(key[2]), head };
    }
  }

  /** The changes that keep a message. */
  async keep(queue: string, head: MessageHead, text: string): Promise<Mutation[]> {
    const bytes = Buffer.from(text);
    const mutations: Mutation[] = [];
    let first: SealedValue | undefined;
    for (let part = 0; part < partsOf(bytes.length); part++) {
      const from = part * OUTAGE_LIMITS.partBytes;
      const plain = bytes.subarray(from, from + OUTAGE_LIMITS.partBytes);
      const key = partKey(queue, head.sequence, part);
      const sealed = await sealFor(this.#sealer, key, plain);
      if (part === 0) first = sealed;
      else mutations.push({ set: key, value: sealed });
    }
    const value = { ...head, parts: mutations.length + 1, first: first! } satisfies StoredMessage;
    return [{ set: headKey(queue, head.sequence), value }, ...mutations];
  }

  /** The changes that drop a message. */
  drop(queue: string, { sequence, bytes }: MessageHead): Mutation[] {
    const parts = Array.from({ length: partsOf(bytes) - 1 }, (_, index) => partKey(queue, sequence, index + 1));
    return [headKey(queue, sequence), ...parts].map((key) => ({ delete: key }));
  }

  /** The change that marks a message as refused by the CSMS, or takes the mark away. */
  async mark(queue: string, head: MessageHead, refusal: Refusal | undefined): Promise<Mutation[]> {
    const entry = await this.#store.get<StoredMessage>(headKey(queue, head.sequence));
    if (!entry) return [];
    const { refusal: _before, ...value } = entry.value;
    return [{ set: entry.key, value: refusal ? { ...value, refusal } : value }];
  }

  /**
   * The message, byte for byte as it was kept.
   * @throws IntegrityError SEAL_BROKEN when a part is missing or was changed
   */
  async read(queue: string, { sequence }: MessageHead): Promise<string> {
    const head = (await this.#store.get<StoredMessage>(headKey(queue, sequence)))?.value;
    if (!head) throw missing(sequence);
    const pieces: Uint8Array[] = [];
    for (let part = 0; part < head.parts; part++) {
      const key = partKey(queue, sequence, part);
      const sealed = part === 0 ? head.first : (await this.#store.get<SealedValue>(key))?.value;
      if (!sealed) throw missing(sequence);
      pieces.push(await this.#sealer.unseal(sealed.sealed, contextOf(key)));
    }
    return Buffer.concat(pieces).toString("utf8");
  }
}

function missing(sequence: number): IntegrityError {
  return new IntegrityError("SEAL_BROKEN", `A part of kept message ${sequence} is missing`, {
    hint: "The store was changed from outside: restore the last backup (docs/backup-and-restore.md)",
  });
}
