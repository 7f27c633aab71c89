/** What the policy says of one line: pass, or refuse in the protocol's own words. */
export type Verdict = { readonly pass: true } | {
  readonly pass: false;
  readonly rule: string;
  readonly answer: string;
};

/** What the session wants done; service.ts does it. */
export type Effect =
  | { readonly do: "send"; readonly line: string }
  | { readonly do: "record"; readonly rule: string }
  | { readonly do: "close"; readonly why: string };

/** What a session is told when it is made. */
export interface SessionSettings {
  readonly idleMs: number;
  /** The policy, asked through one injected function. */
  readonly judge: (line: string) => Verdict;
}

/** One conversation as a state machine: no sockets, no timers, no clock. `now` is monotonic milliseconds. */
export class EchoSession {
  readonly #settings: SessionSettings;
  #state: "open" | "closed" = "open";
  #lastHeard: number;

  constructor(settings: SessionSettings, now: number) {
    this.#settings = settings;
    this.#lastHeard = now;
  }

  /** A complete line came in. */
  receive(line: string, now: number): Effect[] {
    if (this.#state === "closed") return [];
    this.#lastHeard = now;
    const verdict = this.#settings.judge(line);
    if (verdict.pass) return [{ do: "send", line }];
    return [{ do: "record", rule: verdict.rule }, { do: "send", line: verdict.answer }];
  }

  /** Time has passed. */
  tick(now: number): Effect[] {
    if (this.#state === "closed" || now - this.#lastHeard < this.#settings.idleMs) return [];
    return this.end("idle");
  }

  /** The session ends for a reason of ours; a second end does nothing. */
  end(why: string): Effect[] {
    if (this.#state === "closed") return [];
    this.#state = "closed";
    return [{ do: "close", why }];
  }
}
