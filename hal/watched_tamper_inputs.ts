import { describeError } from "../gateway/core/errors.ts";
import type { Logger } from "../gateway/core/log.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { TamperInputs, TamperLine, TamperState } from "./tamper_inputs.ts";

interface Watched {
  readonly line: TamperLine;
  isOpen: boolean;
  openings: number;
}

/**
 * Looks at the lines a few times a second and counts openings, so that a lid that is opened and closed again leaves its
 * trace. A line that cannot be read any more (a cut wire does not show as such) counts as open.
 */
export class WatchedTamperInputs implements TamperInputs {
  readonly #watched: readonly Watched[];
  readonly #cancel: () => void;
  readonly #log: Logger;

  constructor(lines: readonly TamperLine[], { timers, log }: { readonly timers: Timers; readonly log: Logger }) {
    this.#log = log;
    this.#watched = lines.map((line) => ({ line, isOpen: false, openings: 0 }));
    this.#look();
    this.#cancel = timers.every(HAL_LIMITS.tamperLookMs, () => this.#look());
  }

  states(): readonly TamperState[] {
    this.#look();
    return this.#watched.map(({ line, isOpen, openings }) => ({ name: line.name, isOpen, openings }));
  }

  close(): void {
    this.#cancel();
    for (const { line } of this.#watched) line.close();
  }

  #look(): void {
    for (const one of this.#watched) {
      const isOpen = this.#read(one);
      if (isOpen && !one.isOpen) {
        one.openings++;
        this.#log.warn("hald.tamper.opened", { input: one.line.name });
      }
      one.isOpen = isOpen;
    }
  }

  #read({ line, isOpen }: Watched): boolean {
    try {
      return line.isOpen();
    } catch (error) {
      if (!isOpen) this.#log.error("hald.tamper.unreadable", { input: line.name, why: describeError(error) });
      return true;
    }
  }
}
