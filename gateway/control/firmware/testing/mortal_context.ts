import type { Store } from "../../../store/store.ts";
import type { ControlContext } from "../../contract.ts";

const NEVER = new Promise<never>(() => {});

/** What a control that can be killed works with. */
export interface MortalContext {
  readonly context: ControlContext;
  /**
   * From now on nothing that it began goes on: no commit, no call to a Worker, no answer to those under way. Resolves when
   * what had reached the disk is there.
   */
  kill(): Promise<void>;
}

/** A context of a control that ends as a power cut would end it: between any two of its steps, with nothing said. */
export function mortal(given: ControlContext): MortalContext {
  let isAlive = true;
  const commits = new Set<Promise<void>>();
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isAlive) return await NEVER;
    const end = await work().then((value) => ({ value }), (fault: unknown) => ({ fault }));
    if (!isAlive) return await NEVER;
    if ("fault" in end) throw end.fault;
    return end.value;
  };
  const { store, workers } = given;
  const mortalStore: Store = {
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    snapshot: (file) => store.snapshot(file),
    close: () => store.close(),
    commit: (mutations, checks) =>
      live(() => {
        const commit = store.commit(mutations, checks).finally(() => commits.delete(commit));
        commits.add(commit);
        return commit;
      }),
  };
  const mortalWorkers: ControlContext["workers"] = {
    ...workers,
    get: (name) => {
      const worker = workers.get(name);
      return { ...worker, call: (method, args, options) => live(() => worker.call(method, args, options)) };
    },
  };
  // All else is looked up in the given context, so that a test can change it while this one lives.
  const context = Object.assign(Object.create(given), { store: mortalStore, workers: mortalWorkers });
  const kill = async () => {
    isAlive = false;
    await Promise.allSettled(commits);
  };
  return { context, kill };
}
