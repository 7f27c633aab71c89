import { KEYS } from "../../store/keys.ts";
import type { Clock } from "../../core/clock.ts";
import type { Store } from "../../store/store.ts";
import { OUTAGE_LIMITS } from "./limits.ts";

/** What the clock's word is worth. */
export interface ClockTrustOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** What hald says; undefined on a box without hald. Rejects while hald is away. */
  readonly synchronised?: () => Promise<boolean>;
}

const KEY = [...KEYS.outage, "clock"];
const HOUR_MS = 3_600_000;
/** A difference between the two clocks beyond this means that somebody stepped the wall clock. */
const STEP_MS = 5_000;

/**
 * Whether the gateway may tell a station the time. hald's word counts where there is hald; elsewhere the clock is
 * believed while it agreed with the CSMS's own time within the last day and was not stepped since. A wrong time would
 * stand in every record of the station.
 */
export class ClockTrust {
  readonly #options: ClockTrustOptions;
  #agreedAt: number | undefined;
  #storedAt = 0;
  /** Wall time minus monotonic time when it agreed; a restart of the gateway forgets it. */
  #offset: number | undefined;

  private constructor(options: ClockTrustOptions, agreedAt: number | undefined) {
    this.#options = options;
    this.#agreedAt = agreedAt;
  }

  static async open(options: ClockTrustOptions): Promise<ClockTrust> {
    return new ClockTrust(options, (await options.store.get<{ at: number }>(KEY))?.value.at);
  }

  /** The CSMS told its time; written at most once an hour. */
  async seen(offsetMs: number): Promise<void> {
    const { clock, store } = this.#options;
    const now = clock.now();
    if (Math.abs(offsetMs) > OUTAGE_LIMITS.clockSeconds * 1_000) return;
    this.#agreedAt = now;
    this.#offset = now - clock.monotonic();
    if (Math.abs(now - this.#storedAt) < HOUR_MS) return;
    this.#storedAt = now;
    await store.commit([{ set: KEY, value: { at: now } }]);
  }

  async isTrusted(): Promise<boolean> {
    try {
      return await this.#options.synchronised?.() ?? this.#agrees();
    } catch {
      return this.#agrees(); // hald is being restarted: the CSMS's word is the next best
    }
  }

  #agrees(): boolean {
    const { clock } = this.#options;
    if (this.#agreedAt === undefined) return false;
    const age = clock.now() - this.#agreedAt;
    const isStepped = this.#offset !== undefined &&
      Math.abs(clock.now() - clock.monotonic() - this.#offset) > STEP_MS;
    return age >= 0 && age <= OUTAGE_LIMITS.clockHours * HOUR_MS && !isStepped;
  }
}
