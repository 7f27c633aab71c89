/// <reference lib="deno.worker" />
import process from "node:process";
import { runWorker } from "../../gateway/core/worker_entry.ts";

/** How the Worker misbehaves when it is reconfigured to; "calm" does nothing. */
export type Misbehaviour = "calm" | "throw" | "reject" | "exit" | "close" | "loop" | "memory" | "refuse";

const ACTS: Readonly<Record<Misbehaviour, () => unknown>> = {
  calm: () => undefined,
  throw: () =>
    queueMicrotask(() => {
      throw new Error("thrown on purpose");
    }),
  reject: () => void Promise.reject(new Error("rejected on purpose")),
  exit: () => queueMicrotask(() => process.exit(3)),
  close: () => queueMicrotask(() => self.close()),
  loop: () => {
    for (;;);
  },
  memory: () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array(1_000_000).fill(kept.length));
  },
  refuse: () => {
    throw new Error("refused on purpose");
  },
};

runWorker<Misbehaviour>(() =>
  Promise.resolve({
    listening: {},
    health: () => ({ state: "ok" as const }),
    reconfigure: (how) => {
      ACTS[how]();
      return Promise.resolve();
    },
    drain: () => Promise.resolve(),
  })
);
