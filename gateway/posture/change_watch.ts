import type { Timers } from "../core/timers.ts";

/** Judges what has changed a little later, all of it together: a station that boots tells many things at once. */
export class ChangeWatch {
  readonly #changed = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(
    private readonly timers: Pick<Timers, "after">,
    private readonly settleMs: number,
    private readonly judge: (subject: string) => Promise<unknown>,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Something of these subjects is otherwise. */
  note(...subjects: readonly string[]): void {
    for (const subject of subjects) this.#changed.add(subject);
    if (this.#changed.size > 0) this.#cancel ??= this.timers.after(this.settleMs, () => void this.#judgeAll());
  }

  stop(): void {
    this.#cancel?.();
    this.#changed.clear();
  }

  async #judgeAll(): Promise<void> {
    this.#cancel = undefined;
    const subjects = [...this.#changed];
    this.#changed.clear();
    for (const subject of subjects) await this.judge(subject).catch(this.onFault);
  }
}
