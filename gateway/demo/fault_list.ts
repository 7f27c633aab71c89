import { DEMO_LIMITS } from "./limits.ts";

/** The first faults by text and the count of all. */
export class FaultList {
  readonly #texts: string[] = [];
  #count = 0;

  get texts(): readonly string[] {
    return this.#texts;
  }

  get count(): number {
    return this.#count;
  }

  add(text: string): void {
    this.#count++;
    if (this.#texts.length < DEMO_LIMITS.faults) this.#texts.push(text);
  }
}
