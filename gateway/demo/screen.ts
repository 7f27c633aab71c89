import type { Timers } from "../core/timers.ts";
import { DEMO_LIMITS } from "./limits.ts";
import { attackText, changeText, renderTable, type TableModel } from "./live_table.ts";
import type { StationView } from "./model.ts";

/** Where the demo writes. */
export interface Terminal {
  write(text: string): void;
  /** Columns and rows; undefined when it is no terminal, then plain lines are written. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
}

/** Shows the demo: a table that is drawn again in place, or plain lines for pipes and logs. */
export class Screen {
  readonly #shown = new Map<string, StationView>();
  readonly #stop: () => void;
  #attacks = 0;
  #ended = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly model: () => TableModel,
    timers: Timers,
    private readonly plain = terminal.size() === undefined,
  ) {
    if (plain) { for (const line of model().header) this.line(line); }
    this.#stop = timers.every(DEMO_LIMITS.redrawMs, () => this.draw());
  }

  /** Shows what is true now. */
  draw(): void {
    if (this.#ended) return;
    if (this.plain) this.#writeChanges();
    else this.#redraw();
  }

  /** Ends the table; what follows are plain lines below it. */
  end(): void {
    this.draw();
    this.#ended = true;
    this.#stop();
  }

  /** Writes one line below everything. */
  line(text: string): void {
    this.terminal.write(`${text}\n`);
  }

  #writeChanges(): void {
    const { stations, attacks, attackCount } = this.model();
    for (const view of stations) {
      const text = changeText(this.#shown.get(view.id), view);
      if (text !== undefined) {
        this.#shown.set(view.id, view);
        this.line(text);
      }
    }
    const news = Math.min(attackCount - this.#attacks, attacks.length);
    if (news > 0) { for (const attack of attacks.slice(-news)) this.line(attackText(attack)); }
    this.#attacks = attackCount;
  }

  #redraw(): void {
    const { columns, rows } = this.terminal.size() ?? { columns: 120, rows: 40 };
    const lines = renderTable(this.model(), columns).slice(0, rows - 1);
    // Home, then every line cleared to its end, then everything below: no flicker as from clearing first.
    this.terminal.write(`\x1b[H${lines.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`);
  }
}
