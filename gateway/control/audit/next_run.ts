/**
 * Work that runs once at a time. Who asks while it runs gets the run after it: what it does then covers all that stood
 * when he asked. Joining the run under way would not; an expiry could go unsigned by a checkpoint that began before it.
 */
export class NextRun {
  readonly #work: () => Promise<void>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Settles with a run that begins after this call; any number of callers share it. */
  run(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const run = this.#work();
      this.#running = run.catch(() => undefined); // told to who asked for it
      return run;
    });
    return this.#next;
  }

  /** Settles, never fails, when what has been asked for so far has ended. */
  async idle(): Promise<void> {
    await (this.#next ?? this.#running).then(() => undefined, () => undefined);
  }
}
