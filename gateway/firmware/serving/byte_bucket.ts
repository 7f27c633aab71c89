/**
 * A rate of bytes with a second's worth of burst. Bytes are taken at once and paid for by waiting: who takes a piece
 * waits as long as the debt before it says, so that two who share a bucket share its rate. Time is monotonic milliseconds.
 */
export class ByteBucket {
  #paidUntil: number;

  constructor(readonly bytesPerSecond: number, now: number) {
    this.#paidUntil = now - 1_000;
  }

  /** Takes bytes; returns the milliseconds to wait before they are sent. */
  take(bytes: number, now: number): number {
    const from = Math.max(this.#paidUntil, now - 1_000);
    this.#paidUntil = from + bytes * 1_000 / this.bytesPerSecond;
    return Math.max(0, Math.ceil(from - now));
  }

  /** Whether nothing is owed and nothing was taken for a second: a new bucket would be the same. */
  isFull(now: number): boolean {
    return this.#paidUntil <= now - 1_000;
  }
}

/** The rates of a site and of each of its stations. */
export class Pacing {
  readonly #site: ByteBucket;
  readonly #stations = new Map<string, ByteBucket>();
  readonly #stationRate: number;

  constructor(rates: { readonly site: number; readonly station: number }, now: number) {
    this.#site = new ByteBucket(rates.site, now);
    this.#stationRate = rates.station;
  }

  /** Milliseconds to wait before these bytes go to or come from this station. */
  take(stationId: string, bytes: number, now: number): number {
    let own = this.#stations.get(stationId);
    if (!own) {
      for (const [id, bucket] of this.#stations) if (bucket.isFull(now)) this.#stations.delete(id);
      this.#stations.set(stationId, own = new ByteBucket(this.#stationRate, now));
    }
    return Math.max(this.#site.take(bytes, now), own.take(bytes, now));
  }
}

/**
 * Whether a peer takes or brings bytes too slowly (the slow-retrieval attack of TUF). Only time in which we waited for the
 * peer counts: what our own pacing holds up is not its fault.
 */
export class Slowness {
  #bytes = 0;
  #waitedMs = 0;

  constructor(private readonly limits: { readonly slowestBytesPerSecond: number; readonly slowWindowMs: number }) {}

  /** Bytes went through after a wait for the peer. Returns whether it is too slow. */
  note(bytes: number, waitedMs: number): boolean {
    this.#bytes += bytes;
    this.#waitedMs += waitedMs;
    const { slowestBytesPerSecond, slowWindowMs } = this.limits;
    if (this.#waitedMs < slowWindowMs) return false;
    const isSlow = this.#bytes * 1_000 < slowestBytesPerSecond * this.#waitedMs;
    this.#bytes = this.#waitedMs = 0;
    return isSlow;
  }
}
