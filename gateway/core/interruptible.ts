/** A stream that can be ended from outside, also while its next part is waited for. */
export class Interruptible<T> {
  #fault: unknown;
  #isOver = false;
  #waiting: PromiseWithResolvers<IteratorResult<T>> | undefined;

  /** Whoever waits for the next part gets this error, and so does whoever asks for it later. The first error counts. */
  interrupt(fault: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fault = fault;
    this.#waiting?.reject(fault);
  }

  /**
   * Passes the parts on. No Promise.race with one promise for all of them: it would keep every part until the end, all of
   * an image (seen on 2.9.6).
   */
  async *read(parts: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = parts[Symbol.asyncIterator]();
    while (true) {
      if (this.#isOver) throw this.#fault;
      this.#waiting = Promise.withResolvers();
      iterator.next().then(this.#waiting.resolve, this.#waiting.reject);
      const { done, value } = await this.#waiting.promise;
      if (done) return;
      yield value;
    }
  }
}
