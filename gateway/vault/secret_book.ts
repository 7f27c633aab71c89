import type { SecretSlot } from "../../policies/secret_schedule.ts";
import type { ControlContext } from "../control/contract.ts";
import { GatewayError, IntegrityError } from "../core/errors.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import { contextOf, createSealBox, getSealed, putSealed, type SealBox } from "../store/sealer.ts";
import type { Mutation, StoreKey } from "../store/store.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { recordId, type SecretRecord, type SecretValue } from "./secret_record.ts";

const KEY_BYTES = 32;
const valueKey = (subject: string, slot: SecretSlot, number: number): StoreKey => [
  ...KEYS.vault,
  "value",
  `${recordId(subject, slot)}\n${number}`,
];
const keyOf = (subject: string): StoreKey => [...KEYS.vault, "key", subject];
const COUNTER: StoreKey = [...KEYS.vault, "counter"];

/** The bytes of one value, under the key of its subject: without that key they are noise, in every copy of the store. */
interface StoredValue {
  readonly cipher: Uint8Array<ArrayBuffer>;
}

/**
 * All secrets of devices. Each unit has a key of its own, sealed with the box's; values are under the unit's key, so that
 * a unit's secrets end with one key (invariant 14), and no name or place of one opens another.
 */
export class SecretBook {
  readonly #context: Pick<ControlContext, "random" | "sealer" | "store">;
  readonly #records: RecordBook<SecretRecord>;
  readonly #boxes = new Map<string, Promise<SealBox>>();
  /** Numbers of values that are being stored. */
  readonly #pending = new Set<number>();
  #counter: number;

  private constructor(
    context: Pick<ControlContext, "random" | "sealer" | "store">,
    records: RecordBook<SecretRecord>,
    counter: number,
  ) {
    this.#context = context;
    this.#records = records;
    this.#counter = counter;
  }

  static async open(context: Pick<ControlContext, "random" | "sealer" | "store">): Promise<SecretBook> {
    const records = await RecordBook.open<SecretRecord>(context.store, [...KEYS.vault, "secret"]);
    const stored = (await context.store.get<number>(COUNTER))?.value ?? 0;
    return new SecretBook(context, records, stored);
  }

  /** Every value up to this number is stored, or never will be. */
  get settledUpTo(): number {
    return this.#pending.size === 0 ? this.#counter : Math.min(...this.#pending) - 1;
  }

  all(): readonly SecretRecord[] {
    return this.#records.all();
  }

  get(subject: string, slot: SecretSlot): SecretRecord | undefined {
    return this.#records.get(recordId(subject, slot));
  }

  /** The secret that a controller has in this slot, whatever its unit is called today. */
  ofStation(station: string, slot: SecretSlot): SecretRecord | undefined {
    return this.all().find((record) => record.slot === slot && Object.hasOwn(record.has, station));
  }

  /** Stores a record as it is now. */
  async put(record: SecretRecord): Promise<void> {
    await this.#records.put(recordId(record.subject, record.slot), record);
  }

  /**
   * Stores a new value with the record that `become` makes of it, in one commit: a value is kept before anybody is told it.
   */
  async add(
    { subject, slot }: Pick<SecretRecord, "slot" | "subject">,
    text: string,
    value: Omit<SecretValue, "number">,
    become: (value: SecretValue) => SecretRecord,
  ): Promise<SecretRecord> {
    const number = ++this.#counter; // a number that a failed commit used up is missed by nobody
    this.#pending.add(number);
    try {
      const box = await this.#boxFor(subject);
      const key = valueKey(subject, slot, number), bytes = new TextEncoder().encode(text);
      const stored: StoredValue = { cipher: await box.seal(bytes, contextOf(key)) };
      const { record, surplus } = trimmed(become({ ...value, number }));
      await this.#records.put(recordId(subject, slot), record, [
        { set: COUNTER, value: this.#counter },
        { set: key, value: stored },
        ...surplus.map((old): Mutation => ({ delete: valueKey(subject, slot, old) })),
      ]);
      return record;
    } finally {
      this.#pending.delete(number);
    }
  }

  /** The text of a value. @throws GatewayError SECRET_UNKNOWN, IntegrityError SEAL_BROKEN */
  async text({ subject, slot }: Pick<SecretRecord, "slot" | "subject">, number: number): Promise<string> {
    const key = valueKey(subject, slot, number);
    const entry = await this.#context.store.get<StoredValue>(key);
    if (!entry) throw new GatewayError("SECRET_UNKNOWN", `The vault has no value ${number} of ${subject} ${slot}`);
    const box = await this.#boxFor(subject);
    return new TextDecoder().decode(await box.unseal(entry.value.cipher, contextOf(key)));
  }

  /** Deletes everything of a unit, its key first of all. @returns how many values are gone */
  async erase(subject: string): Promise<number> {
    this.#boxes.delete(subject);
    return await this.#remove(this.all().filter((record) => record.subject === subject), [keyOf(subject)]);
  }

  /** Deletes one secret, and the key of its unit when that was the last. */
  async drop(record: SecretRecord): Promise<void> {
    const { subject, slot } = record;
    if (this.all().every((one) => one.subject !== subject || one.slot === slot)) await this.erase(subject);
    else await this.#remove([record], []);
  }

  async #remove(own: readonly SecretRecord[], more: readonly StoreKey[]): Promise<number> {
    const values = own.flatMap(({ subject, slot, values }) =>
      values.map(({ number }) => valueKey(subject, slot, number))
    );
    const ids = own.map(({ subject, slot }) => recordId(subject, slot));
    await this.#records.remove(ids, [...more, ...values].map((key) => ({ delete: key })));
    return values.length;
  }

  /** The box of a unit; its key is stored before the first value under it, once for all who ask at the same time. */
  #boxFor(subject: string): Promise<SealBox> {
    const known = this.#boxes.get(subject);
    if (known) return known;
    const box = this.#openBox(subject);
    this.#boxes.set(subject, box);
    box.catch(() => {
      if (this.#boxes.get(subject) === box) this.#boxes.delete(subject); // whoever asked has been told
    });
    return box;
  }

  async #openBox(subject: string): Promise<SealBox> {
    const { store, sealer, random } = this.#context, key = keyOf(subject);
    const stored = await getSealed(store, sealer, key);
    if (stored) return await createSealBox(stored);
    if (this.all().some((record) => record.subject === subject)) {
      throw new IntegrityError("SEAL_BROKEN", `The key of ${subject} is missing: its secrets cannot be opened`);
    }
    const bytes = random.bytes(KEY_BYTES);
    await putSealed(store, sealer, key, bytes);
    return await createSealBox(bytes);
  }
}

/** Drops the oldest values beyond the limit, never one that a controller has or is to have. */
function trimmed(record: SecretRecord): { readonly record: SecretRecord; readonly surplus: readonly number[] } {
  const { values, has, rotation } = record;
  const needed = new Set([
    ...Object.values(has),
    ...rotation ? [rotation.candidate, ...Object.values(rotation.from)] : [],
  ]);
  const over = Math.max(0, values.length - VAULT_LIMITS.values);
  const surplus = values.filter(({ number }) => !needed.has(number)).slice(0, over).map(({ number }) => number);
  return { record: { ...record, values: values.filter(({ number }) => !surplus.includes(number)) }, surplus };
}
