import type { Random } from "../../core/timers.ts";
import { newToken, type SecretDigest } from "../secret_text.ts";
import { DEVICE_LIMITS } from "./limits.ts";

/** What a ticket is good for. */
export interface TicketPurpose {
  readonly person: string;
  /** The console session that asked: the device session ends with it. */
  readonly parent: string;
  readonly lease: string;
  /** The one origin where it is taken. */
  readonly origin: string;
  /** The device session that gets one more origin; absent: a new one, or the same as before. */
  readonly session?: string;
  /** The device session that is looked at. */
  readonly watches?: string;
}

/**
 * Ways that may be walked once, within seconds. In memory only: a ticket that control's restart forgets costs a click.
 * Kept as digests, so that nothing in memory opens a page either.
 */
export class Tickets {
  readonly #waiting = new Map<string, TicketPurpose & { readonly until: number }>();
  readonly #digest: SecretDigest;
  readonly #random: Random;

  constructor(digest: SecretDigest, random: Random) {
    this.#digest = digest;
    this.#random = random;
  }

  /** @param now steady milliseconds */
  async issue(purpose: TicketPurpose, now: number): Promise<string> {
    const text = newToken(this.#random);
    const digest = await this.#digest("device-ticket", text);
    this.#forget(now);
    this.#waiting.set(digest, { ...purpose, until: now + DEVICE_LIMITS.ticketMs });
    return text;
  }

  /** What the ticket is good for, and never again: also a try at the wrong origin spends it. */
  async take(text: string, origin: string, now: number): Promise<TicketPurpose | undefined> {
    if (text.length > MAX_CHARS) return undefined;
    const digest = await this.#digest("device-ticket", text);
    const found = this.#waiting.get(digest);
    this.#waiting.delete(digest);
    return found && now < found.until && found.origin === origin ? found : undefined;
  }

  /** Makes room: what is over, else the oldest. */
  #forget(now: number): void {
    for (const [digest, { until }] of this.#waiting) if (now >= until) this.#waiting.delete(digest);
    while (this.#waiting.size >= DEVICE_LIMITS.tickets) this.#waiting.delete(this.#waiting.keys().next().value!);
  }
}

/** Longer texts are no ticket: they are not even hashed. */
const MAX_CHARS = 128;
