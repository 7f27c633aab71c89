/** Timers as a parameter, so that tests drive time and never sleep. */
export interface Timers {
  /** Calls `run` once after `delayMs`; the returned function cancels. */
  after(delayMs: number, run: () => void): () => void;
  /** Calls `run` every `periodMs`; the returned function cancels. */
  every(periodMs: number, run: () => void): () => void;
}

/** The timers of the box. */
export const systemTimers: Timers = {
  after(delayMs, run) {
    const id = setTimeout(run, delayMs);
    return () => clearTimeout(id);
  },
  every(periodMs, run) {
    const id = setInterval(run, periodMs);
    return () => clearInterval(id);
  },
};

/** Randomness as a parameter. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** A number in [0, 1) for jitter; not for secrets. */
  fraction(): number;
}

/** The randomness of the box. */
export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => Math.random(),
};
