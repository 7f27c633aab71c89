import { sealFor, unsealEntry } from "../../../store/sealer.ts";
import type { StoreKey } from "../../../store/store.ts";
import type { ControlContext } from "../../contract.ts";

/** Records of one kind by id, all in memory, and sealed in the store: what they hold may be a login or a key. */
export class SealedBook<T> {
  readonly #byId = new Map<string, T>();

  private constructor(
    private readonly context: Pick<ControlContext, "sealer" | "store">,
    private readonly prefix: StoreKey,
  ) {}

  /** Reads all that is stored below `prefix`. @throws IntegrityError SEAL_BROKEN for a record of another id or kind */
  static async open<T>(
    context: Pick<ControlContext, "sealer" | "store">,
    prefix: StoreKey,
  ): Promise<SealedBook<T>> {
    const book = new SealedBook<T>(context, prefix);
    for await (const entry of context.store.list(prefix, { limit: Infinity })) {
      const plain = await unsealEntry(context.sealer, entry);
      book.#byId.set(String(entry.key[1]), JSON.parse(new TextDecoder().decode(plain)));
    }
    return book;
  }

  get(id: string): T | undefined {
    return this.#byId.get(id);
  }

  all(): readonly T[] {
    return [...this.#byId.values()];
  }

  /** Stores a record and forgets others, in one commit. */
  async put(id: string, record: T, forget: readonly string[] = []): Promise<void> {
    const key = [...this.prefix, id], plain = new TextEncoder().encode(JSON.stringify(record));
    await this.context.store.commit([
      { set: key, value: await sealFor(this.context.sealer, key, plain) },
      ...forget.map((old) => ({ delete: [...this.prefix, old] })),
    ]);
    this.#byId.set(id, record);
    for (const old of forget) this.#byId.delete(old);
  }

  async remove(id: string): Promise<void> {
    await this.context.store.commit([{ delete: [...this.prefix, id] }]);
    this.#byId.delete(id);
  }
}
