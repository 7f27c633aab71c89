/** Milliseconds between two looks at a condition: short at first, longer when it takes its time, since a look may cost much. */
const POLL_MS = { first: 5, most: 40 } as const;
/** The default deadline: generous, since the machine may be slow and busy, and only what fails ever waits for its end. */
const DEADLINE_MS = 60_000;
/** How long a look at what there is instead may take. */
const SEEN_MS = 10_000;

/**
 * Waits until `condition` gives something other than undefined, null or false, and returns it. The only place where
 * tests wait: they poll a condition with a deadline and never sleep. `mostPauseMs`: longer where a look costs the product.
 * `seen`: what there was instead, for whoever has to find out why; asked for once, at the end, and never for long.
 * @throws Error that names `what`, and what was seen, when the deadline passes
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
  mostPauseMs: number = POLL_MS.most,
  seen?: () => unknown,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + deadlineMs;
  for (let pause: number = POLL_MS.first;; pause = Math.min(mostPauseMs, pause * 1.25)) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) {
      return value as Exclude<T, undefined | null | false>;
    }
    if (performance.now() > end) {
      const instead = seen ? `; seen: ${await seenText(seen)}` : "";
      throw new Error(`Waited ${deadlineMs} ms in vain for: ${what}${instead}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** What was seen, as text. A gateway that hangs must not hide what the test waited for. */
async function seenText(seen: () => unknown): Promise<string> {
  try {
    const value = await withDeadline("a look at it", Promise.resolve(seen()), SEEN_MS);
    return typeof value === "string" ? value : JSON.stringify(value);
  } catch (error) {
    return String(error);
  }
}

/** Milliseconds that some work takes. What is to happen within a time is compared with what else takes time on a busy machine. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/**
 * Settles as `work` does, or fails when it takes longer than `deadlineMs`; the timer never outlives the call.
 * @throws Error that names `what` when the deadline passes
 */
export async function withDeadline<T>(what: string, work: Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${deadlineMs} ms`)), deadlineMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
