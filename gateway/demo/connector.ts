import type { Clock } from "../core/clock.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { Dialect } from "./dialect.ts";
import { DEMO_LIMITS } from "./limits.ts";
import type { FinishedSession, StationSpec, Transaction } from "./model.ts";
import type { Queued } from "./outbox.ts";

/** What a connector gets from its station. */
export interface ConnectorDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Milliseconds between meter values. */
  readonly meterMs: number;
  /** How many times faster than real time energy flows. */
  readonly energySpeed: number;
  /** Takes every transaction message, in order. */
  readonly queue: (message: Queued) => void;
  /** Told when a session began or ended. */
  readonly changed: () => void;
}

/** Why a session ends. */
export type StopReason = "Local" | "Remote" | "Reset";

/** Milliseconds per hour: watts times milliseconds over this gives watt-hours. */
const HOUR_MS = 3_600_000;

/** The one connector of a simulated station: its energy register, the running session and the finished ones. */
export class Connector {
  readonly #sessions: FinishedSession[] = [];
  #transaction: Transaction | undefined;
  #registerWh: number;
  #deliveredWh = 0;
  #meteredAt = 0;
  #stopMeter: (() => void) | undefined;

  constructor(
    private readonly spec: StationSpec,
    private readonly dialect: Dialect,
    private readonly deps: ConnectorDeps,
  ) {
    this.#registerWh = 1_000 + Math.floor(deps.random.fraction() * 100_000);
  }

  get transaction(): Transaction | undefined {
    return this.#transaction;
  }

  get sessions(): readonly FinishedSession[] {
    return this.#sessions;
  }

  /** Energy of all sessions so far, in watt-hours. */
  get deliveredWh(): number {
    return this.#deliveredWh;
  }

  /** Starts a session and its periodic meter values. */
  begin(badge: string): void {
    const { clock, timers, random, meterMs } = this.deps;
    const id = this.spec.protocol === "ocpp1.6" ? undefined : hex(random.bytes(16));
    const transaction: Transaction = {
      id,
      badge,
      startWh: Math.round(this.#registerWh),
      nextSequence: 0,
      answeredMeters: 0,
    };
    this.#registerWh = transaction.startWh;
    this.#transaction = transaction;
    this.#meteredAt = clock.monotonic();
    this.deps.queue({
      kind: "start",
      build: this.dialect.start(transaction, this.#now()),
      answered: (answer) => {
        // The CSMS may refuse the badge only now; the session ends, but what flowed is still reported.
        if (!this.dialect.started(transaction, answer) && this.#transaction === transaction) this.end("Remote");
      },
    });
    this.#stopMeter = timers.every(meterMs, () => this.#meter(transaction));
    this.deps.changed();
  }

  /** Ends the running session, if there is one. */
  end(reason: StopReason): void {
    const transaction = this.#transaction;
    if (!transaction) return;
    this.powerCut();
    this.#measure();
    const stopWh = Math.round(this.#registerWh);
    this.#transaction = undefined;
    this.deps.queue({ kind: "stop", build: this.dialect.stop(transaction, this.#now(), stopWh, reason) });
    if (this.#sessions.length >= DEMO_LIMITS.sessions) this.#sessions.shift();
    this.#sessions.push({
      ...{ stationId: this.spec.id, badge: transaction.badge, startWh: transaction.startWh, stopWh },
      get answeredMeters() {
        return transaction.answeredMeters; // some may wait yet
      },
    });
    this.deps.changed();
  }

  /** Stops metering without ending the session. */
  powerCut(): void {
    this.#stopMeter?.();
    this.#stopMeter = undefined;
  }

  #meter(transaction: Transaction): void {
    this.#measure();
    const registerWh = Math.round(this.#registerWh);
    this.deps.queue({
      kind: "meter",
      build: this.dialect.meter(transaction, this.#now(), registerWh, this.spec.powerWatts),
      answered: () => void transaction.answeredMeters++,
    });
  }

  /** Adds the energy since the last reading to the register. */
  #measure(): void {
    const now = this.deps.clock.monotonic();
    const wattHours = this.spec.powerWatts * (now - this.#meteredAt) * this.deps.energySpeed / HOUR_MS;
    this.#registerWh += wattHours;
    this.#deliveredWh += wattHours;
    this.#meteredAt = now;
  }

  #now(): string {
    return new Date(this.deps.clock.now()).toISOString();
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
