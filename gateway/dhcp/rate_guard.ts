import { DHCP_LIMITS } from "./limits.ts";

/** Rates of one zone, messages per second. A burst of two seconds' worth is let through. */
export interface Rates {
  readonly perMac: number;
  /** All devices without an address here, together. */
  readonly strangers: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Stands behind the kernel's meter with the same rates, for boxes where that one is missing: no MAC has more than its
 * share, and strangers together never take what known devices need. Bounded; the source not heard for longest is forgotten.
 */
export class RateGuard {
  readonly #rates: Rates;
  readonly #sources = new Map<string, Bucket>();
  readonly #strangers: Bucket;
  #dropped = 0;
  #worst = new Map<string, number>();

  constructor(rates: Rates, now: number) {
    this.#rates = rates;
    this.#strangers = { tokens: rates.strangers * 2, at: now };
  }

  /** Whether a message may pass. `mac` is the one that sent the frame; relay agents are not asked about. */
  admit(mac: string, isFamiliar: boolean, now: number): boolean {
    const bucket = this.#sources.get(mac) ?? { tokens: this.#rates.perMac * 2, at: now };
    this.#sources.delete(mac);
    this.#sources.set(mac, bucket);
    if (this.#sources.size > DHCP_LIMITS.sources) this.#sources.delete(this.#sources.keys().next().value!);
    const passes = take(bucket, this.#rates.perMac, now) &&
      (isFamiliar || take(this.#strangers, this.#rates.strangers, now));
    if (!passes) this.#drop(mac);
    return passes;
  }

  /** What was dropped since the last time, and by whom most; undefined when nothing was. */
  report(): { readonly dropped: number; readonly mac: string } | undefined {
    if (this.#dropped === 0) return undefined;
    const [mac = "many"] = [...this.#worst].sort(([, a], [, b]) => b - a)[0] ?? [];
    const report = { dropped: this.#dropped, mac };
    this.#dropped = 0;
    this.#worst = new Map();
    return report;
  }

  #drop(mac: string): void {
    this.#dropped++;
    if (this.#worst.size < DHCP_LIMITS.remembered || this.#worst.has(mac)) {
      this.#worst.set(mac, (this.#worst.get(mac) ?? 0) + 1);
    }
  }
}

function take(bucket: Bucket, perSecond: number, now: number): boolean {
  bucket.tokens = Math.min(perSecond * 2, bucket.tokens + (now - bucket.at) / 1_000 * perSecond);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
