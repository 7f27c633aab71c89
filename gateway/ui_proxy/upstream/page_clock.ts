/** A device's clock offset is told again when it moved by this much: each telling is a write. */
const STEP_SECONDS = 5;
/** IMF-fixdate (RFC 9110 section 5.6.7); what looks otherwise is no date that a server of today sends. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Seconds that a device's clock is ahead of ours (negative: behind), by the `Date` of an answer that it made just now;
 * undefined without one, or when the answer was kept somewhere on the way (`Age`).
 */
export function pageClockOffset(headers: ReadonlyMap<string, readonly string[]>, nowMs: number): number | undefined {
  const [date, ...others] = headers.get("date") ?? [];
  if (date === undefined || others.length > 0 || headers.has("age") || !HTTP_DATE.test(date)) return undefined;
  const at = Date.parse(date);
  return Number.isNaN(at) ? undefined : Math.round((at - nowMs) / 1_000);
}

/** Watches the clock of one device through its answers, and tells of it when it is new or has moved. */
export class PageClock {
  readonly #tell: (offsetSeconds: number) => void;
  #told: number | undefined;

  constructor(tell: (offsetSeconds: number) => void) {
    this.#tell = tell;
  }

  /** An answer of the device came in at `nowMs`, wall milliseconds. */
  note(headers: ReadonlyMap<string, readonly string[]>, nowMs: number): void {
    const offset = pageClockOffset(headers, nowMs);
    if (offset === undefined || this.#told !== undefined && Math.abs(offset - this.#told) < STEP_SECONDS) return;
    this.#told = offset;
    this.#tell(offset);
  }
}
