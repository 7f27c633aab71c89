import type { Store } from "../../gateway/store/store.ts";

/** A part of control between its start and its end by kill -9: from then on what it still asks for is never answered. */
export interface Life {
  readonly isOver: () => boolean;
  /** What every commit fails with at the moment: a full disk. */
  readonly diskFault: () => Error | undefined;
}

/** Does something for a part that still lives; one that has ended hears nothing any more. */
export async function alive<T>({ isOver }: Pick<Life, "isOver">, work: () => T | Promise<T>): Promise<T> {
  return isOver() ? await new Promise<T>(() => {}) : await work();
}

/** The store as one life of control sees it: the one after it has the same store. */
export function mortalStore(store: Store, life: Life): Store {
  return {
    get: (key) => alive(life, () => store.get(key)) as never,
    list: (prefix, options) => store.list(prefix, options),
    commit: (mutations, checks) =>
      alive(life, () => {
        const fault = life.diskFault();
        return fault ? Promise.reject(fault) : store.commit(mutations, checks);
      }),
    snapshot: (file) => store.snapshot(file),
    close: () => Promise.resolve(),
  };
}
