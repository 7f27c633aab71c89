import { Buffer } from "node:buffer";
import { OCPP_LIMITS } from "./limits.ts";
import type { Side } from "./session.ts";

/** What the sweep has to do for one session. */
export interface LivenessVerdict {
  readonly pingStation: boolean;
  readonly pingCsms: boolean;
  readonly stationDead: boolean;
  readonly csmsDead: boolean;
}

const QUIET: LivenessVerdict = Object.freeze({
  pingStation: false,
  pingCsms: false,
  stationDead: false,
  csmsDead: false,
});

interface Leg {
  heardAt: number;
  pingedAt: number;
  /** It answered one of our pings on this connection. */
  pongs: boolean;
  pings: number;
}

/** Payload of the gateway's own pings: pongs with it are not relayed. */
export const MARK = Buffer.from("bulkhead-alive");

/** Pings one peer may send between two sweeps. */
const PINGS_PER_SWEEP = 20;

/**
 * Whether the two peers still live: any traffic counts (Q10). A station that never answered a ping is given the time
 * of its heartbeats instead, three times over (Q11). Times are monotonic milliseconds.
 */
export class Liveness {
  readonly mark = MARK;
  readonly #legs: Readonly<Record<Side, Leg>>;
  #heartbeatMs = 0;

  /** 0: never ping this side, and never take its silence for death. */
  constructor(readonly pingMs: number, now: number, readonly csmsPingMs = pingMs) {
    const leg = (): Leg => ({ heardAt: now, pingedAt: now, pongs: false, pings: 0 });
    this.#legs = { station: leg(), csms: leg() };
  }

  /** A message of this side arrived. */
  heard(from: Side, now: number): void {
    this.#legs[from].heardAt = now;
  }

  /** A ping arrived; false when there are too many of them. */
  heardPing(from: Side, now: number): boolean {
    const leg = this.#legs[from];
    leg.heardAt = now;
    return ++leg.pings <= PINGS_PER_SWEEP;
  }

  /** A pong arrived; true when it answers a ping of ours. */
  heardPong(from: Side, data: Uint8Array, now: number): boolean {
    const leg = this.#legs[from];
    leg.heardAt = now;
    const isOurs = MARK.equals(data);
    if (isOurs) leg.pongs = true;
    return isOurs;
  }

  /** The CSMS told the station to send a heartbeat this often. */
  expectHeartbeat(seconds: number): void {
    this.#heartbeatMs = seconds * 1_000;
  }

  tick(now: number): LivenessVerdict {
    const { station, csms } = this.#legs;
    station.pings = 0;
    csms.pings = 0;
    const { pingMs, csmsPingMs } = this;
    if (pingMs === 0 && csmsPingMs === 0) return QUIET;
    const verdict = {
      pingStation: isDue(station, pingMs, now),
      pingCsms: isDue(csms, csmsPingMs, now),
      stationDead: pingMs > 0 && now - station.heardAt >= this.#stationLimit(station),
      csmsDead: csmsPingMs > 0 && now - csms.heardAt >= 3 * csmsPingMs + 1_000,
    };
    if (verdict.pingStation) station.pingedAt = now;
    if (verdict.pingCsms) csms.pingedAt = now;
    return verdict;
  }

  #stationLimit({ pongs }: Leg): number {
    if (pongs) return 3 * this.pingMs + 1_000;
    return Math.max(OCPP_LIMITS.idleWithoutPongSeconds * 1_000, 3 * this.#heartbeatMs);
  }
}

function isDue(leg: Leg, pingMs: number, now: number): boolean {
  return pingMs > 0 && now - leg.heardAt >= pingMs && now - leg.pingedAt >= pingMs;
}
