/** Work that runs once at a time; who asks while it runs has it run once more, whatever it saw until then. */
export class OneLook {
  #running: Promise<void> = Promise.resolve();
  /** Ends in the same turn as the last question whether it was woken. */
  #isRunning = false;
  #isWoken = false;

  constructor(private readonly work: () => Promise<void>) {}

  /** Resolves when a run that began after this call is over. */
  async run(): Promise<void> {
    this.#isWoken = true;
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#running = this.#runAll();
    }
    await this.#running;
  }

  async #runAll(): Promise<void> {
    try {
      while (this.#isWoken) {
        this.#isWoken = false;
        await this.work();
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
