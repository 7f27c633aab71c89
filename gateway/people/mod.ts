import type { Conduit } from "../core/conduit.ts";

/** The hasher: argon2id for weak station keys and, later, for people. A Worker without any permission. */
export const hasher: Conduit<unknown> = {
  name: "hasher",
  workers: () => [
    { name: "hasher", module: new URL("./hasher_worker.ts", import.meta.url), permissions: {}, config: {}, after: [] },
  ],
};
