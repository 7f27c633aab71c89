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

  /** `pingMs` 0: never ping, and never take silence for death. */
  constructor(readonly pingMs: number, now: number) {
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
    if (this.pingMs === 0) return QUIET;
    const verdict = {
      pingStation: this.#isDue(station, now),
      pingCsms: this.#isDue(csms, now),
      stationDead: now - station.heardAt >= this.#stationLimit(station),
      csmsDead: now - csms.heardAt >= 3 * this.pingMs + 1_000,
    };
    if (verdict.pingStation) station.pingedAt = now;
    if (verdict.pingCsms) csms.pingedAt = now;
    return verdict;
  }

  #isDue(leg: Leg, now: number): boolean {
    return now - leg.heardAt >= this.pingMs && now - leg.pingedAt >= this.pingMs;
  }

  #stationLimit({ pongs }: Leg): number {
    if (pongs) return 3 * this.pingMs + 1_000;
    return Math.max(OCPP_LIMITS.idleWithoutPongSeconds * 1_000, 3 * this.#heartbeatMs);
  }
}
