import type { StoreKey } from "../../../store/store.ts";
import type { ControlContext } from "../../contract.ts";

/** Records of one kind by id, all in memory, and sealed in the store: what they hold may be a login or a key. */
export class SealedBook<T> {
  readonly #byId = new Map<string, T>();

  private constructor(
    private readonly context: Pick<ControlContext, "sealer" | "store">,
    private readonly prefix: StoreKey,
    private readonly what: string,
  ) {}

  /** Reads all that is stored below `prefix`; `what` names the kind, so that no record passes for one of another. */
  static async open<T>(
    context: Pick<ControlContext, "sealer" | "store">,
    prefix: StoreKey,
    what: string,
  ): Promise<SealedBook<T>> {
    const book = new SealedBook<T>(context, prefix, what);
    for await (const { key, value } of context.store.list<Uint8Array>(prefix, { limit: Infinity })) {
      const id = String(key[1]);
      const plain = await context.sealer.unseal(value, `${what} ${id}`);
      book.#byId.set(id, JSON.parse(new TextDecoder().decode(plain)));
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
    const plain = new TextEncoder().encode(JSON.stringify(record));
    const value = await this.context.sealer.seal(plain, `${this.what} ${id}`);
    await this.context.store.commit([
      { set: [...this.prefix, id], value },
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
