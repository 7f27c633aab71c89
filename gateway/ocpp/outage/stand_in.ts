import type { ControlApi } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { BadgeAnswer, Kept } from "../../core/outage_api.ts";
import type { Clock } from "../../core/clock.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import { type OcppVersion } from "../codec.ts";
import type { Approvals } from "./approvals.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import { idToken } from "./message_ids.ts";
import {
  badgeAnswer,
  badgeOf,
  badgeToJudge,
  bootAnswer,
  heartbeatAnswer,
  standInKind,
  statusSlot,
} from "./stand_in_answers.ts";
import { type StationMessage, utf8 } from "./station_message.ts";

/** What standing in for one station's CSMS works with. */
export interface StandInOptions {
  readonly stationId: string;
  readonly csms: string;
  readonly version: OcppVersion;
  readonly control: Rpc<ControlApi>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly approvals: Approvals;
  /** Heartbeat interval of the BootNotification that the CSMS last accepted. */
  bootInterval(): number | undefined;
}

/** The answer to one message, or why there is none: then the station keeps it, and its connection is closed. */
export type StandInResult =
  | { readonly text: string; readonly isKept: boolean }
  | { readonly close: string };

/** A StartTransaction must be answered with a status, also one that names nobody. */
const NO_BADGE: BadgeAnswer = { status: "Invalid", rule: "badge.none" };
const AWAY = "The CSMS is away";
const NO_TIME = "The CSMS is away and the time is not known here";

/**
 * Answers one CALL of a station in the place of its CSMS (facts: ocpp 3.2). What is answered for good was stored first
 * (idea 4); a transaction message is never answered with an error (invariant 15).
 */
export class StandIn {
  readonly #options: StandInOptions;

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  async answer(message: StationMessage): Promise<StandInResult> {
    switch (standInKind(this.#options.version, message.action)) {
      case "keep":
        return await this.#keep(message);
      case "latest":
        return await this.#keep(message, statusSlot(message.frame));
      case "boot":
        return await this.#boot(message);
      case "heartbeat":
        return await this.#isTimeKnown()
          ? this.#result(message, heartbeatAnswer(this.#options.clock.now()))
          : this.#error(message, NO_TIME);
      case "authorize":
        return await this.#authorize(message);
      case "refuse":
        return this.#error(message, AWAY);
    }
  }

  async #keep(message: StationMessage, slot?: string): Promise<StandInResult> {
    const kept = await this.#store(message, slot);
    if (!kept.kept) return { close: `no room is left for the CSMS's messages (${kept.why})` };
    const { version } = this.#options, { transactionId } = kept;
    const badge = badgeToJudge(version, message.frame);
    if (badge === undefined && transactionId === undefined) return this.#result(message, "{}", true);
    const { status, info } = badge === undefined ? NO_BADGE : await this.#insist(() => this.#judge(badge));
    return this.#result(message, badgeAnswer(version, status, info, transactionId), true);
  }

  async #boot(message: StationMessage): Promise<StandInResult> {
    const interval = this.#options.bootInterval();
    if (interval === undefined) return this.#error(message, "The CSMS is away and never accepted this station");
    if (!await this.#isTimeKnown()) return this.#error(message, NO_TIME);
    const kept = await this.#store(message, "boot");
    if (!kept.kept) return { close: `no room is left for the CSMS's messages (${kept.why})` };
    return this.#result(message, bootAnswer(this.#options.clock.now(), interval), true);
  }

  async #authorize(message: StationMessage): Promise<StandInResult> {
    const { version } = this.#options;
    const badge = badgeOf(version, message.frame);
    if (badge === undefined) return this.#error(message, AWAY);
    const { status, info } = await this.#insist(() => this.#judge(badge));
    return this.#result(message, badgeAnswer(version, status, info));
  }

  #judge(badge: string) {
    const { control, stationId, csms, approvals, clock } = this.#options;
    const isJustApproved = approvals.has(badge, clock.monotonic());
    return control.call("badges.judge", { stationId, csms, badge, isJustApproved });
  }

  #store({ action, text, isUncertain }: StationMessage, slot?: string): Promise<Kept> {
    const { control, stationId, csms, version: protocol } = this.#options;
    const more = { ...slot === undefined ? {} : { slot }, ...isUncertain ? { isUncertain } : {} };
    return this.#insist(() => control.call("outage.keep", { stationId, csms, protocol, action, text, ...more }));
  }

  async #isTimeKnown(): Promise<boolean> {
    return (await this.#insist(() => this.#options.control.call("outage.clock", {}))).isTrusted;
  }

  /**
   * Asks control until it answers: it may be restarting, or the disk stuck. A message that was stored by a try whose
   * answer was lost is recognised by control. @throws the last fault when the time is over
   */
  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, timers } = this.#options;
    const end = clock.monotonic() + STAND_IN_LIMITS.keepMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (clock.monotonic() >= end) {
          const what = `Control did not answer for station "${this.#options.stationId}": ${describeError(error)}`;
          throw new GatewayError("RPC_DEADLINE", what, { cause: error });
        }
        await new Promise<void>((resolve) => void timers.after(STAND_IN_LIMITS.keepPauseMs, resolve));
      }
    }
  }

  #result(message: StationMessage, payload: string, isKept = false): StandInResult {
    return { text: `[3,${idToken(utf8(message.text))},${payload}]`, isKept };
  }

  #error(message: StationMessage, why: string): StandInResult {
    const details = `${JSON.stringify("GenericError")},${JSON.stringify(why)},{"rule":"outage.csms-away"}`;
    return { text: `[4,${idToken(utf8(message.text))},${details}]`, isKept: false };
  }
}
