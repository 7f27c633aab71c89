import type { Clock } from "../../core/clock.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { OutageState } from "../../core/outage_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import { plainAction } from "../../../policies/ocpp.ts";
import { MESSAGE_TYPE, type OcppFrame, type OcppVersion } from "../codec.ts";
import type { Approvals } from "./approvals.ts";
import { badgeInfoOf, badgeOf, clockOffset, readBoot } from "./stand_in_answers.ts";
import type { StationMessage } from "./station_message.ts";

/** What remembering the CSMS's word needs. */
export interface CsmsWordOptions {
  readonly stationId: string;
  readonly csms: string;
  readonly version: OcppVersion;
  readonly state: OutageState;
  readonly control: Rpc<ControlApi>;
  readonly clock: Clock;
  readonly learnBadges: boolean;
  readonly approvals: Approvals;
}

/** What a live CSMS said of its station: version, boot, time, badges. It is what the gateway answers with later. */
export class CsmsWord {
  readonly #options: CsmsWordOptions;
  #boot: OutageState["boot"];
  #protocol: string | undefined;

  constructor(options: CsmsWordOptions) {
    this.#options = options;
    const { state: { boot, protocol }, version } = options;
    this.#boot = (protocol ?? version) === version ? boot : undefined; // in the words of another version it is none
    this.#protocol = protocol;
  }

  /** The BootNotification that it last accepted. */
  get boot(): OutageState["boot"] {
    return this.#boot;
  }

  /** It agreed to talk to the station in this version. */
  agreed(): void {
    const { control, stationId, csms, version } = this.#options;
    if (this.#protocol === version) return;
    this.#protocol = version;
    // Not stored: told again with the next connection.
    control.call("outage.learn", { stationId, csms, protocol: version }).catch(() => this.#protocol = undefined);
  }

  /** It answered a CALL of the station. */
  answered(message: StationMessage, answer: OcppFrame): void {
    if (answer.type !== MESSAGE_TYPE.callResult) return;
    const { control, clock } = this.#options;
    const action = plainAction(message.action);
    if (action === "BootNotification" || action === "Heartbeat") {
      const offsetMs = clockOffset(answer, clock.now());
      if (offsetMs !== undefined) control.notify("outage.clock-seen", { offsetMs });
    }
    if (action === "BootNotification") this.#booted(message, answer);
    else this.#judged(message, answer);
  }

  #booted({ text }: StationMessage, answer: OcppFrame): void {
    const { isAccepted, intervalSeconds } = readBoot(answer);
    if (!isAccepted || intervalSeconds === 0) return;
    this.#boot = { text, intervalSeconds };
    const { control, stationId, csms } = this.#options;
    control.call("outage.learn", { stationId, csms, boot: this.#boot }).catch(() => {}); // the next boot tells it again
  }

  #judged({ frame }: StationMessage, answer: OcppFrame): void {
    const { version, approvals, clock, learnBadges, control, csms } = this.#options;
    const badge = badgeOf(version, frame), info = badgeInfoOf(version, answer);
    if (badge === undefined || info === undefined) return;
    if (info.status === "Accepted") approvals.add(badge, clock.monotonic());
    else approvals.remove(badge);
    if (learnBadges) control.notify("badges.learn", { csms, badge, ...info });
  }
}
