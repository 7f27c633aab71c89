import type { StationFirmwareStatus } from "../core/firmware_status_api.ts";
import { describeError } from "../core/errors.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { ObservedMessage } from "./relay_observer.ts";
import type { RelayPart, RelayPartTools } from "./relay_parts.ts";
import { plainPayload } from "./signed_payload.ts";

/** The actions that tell of an update: the second is the 1.6 security extension's. */
const READ = ["FirmwareStatusNotification", "SignedFirmwareStatusNotification"];

/**
 * Tells control of every status of an update that a station tells; it goes on to the CSMS as any message. A status that is
 * lost is an update that nobody sees the end of, so what control cannot take waits for it, the oldest of the same station
 * first to go.
 */
export class FirmwareStatusFeed {
  readonly #context: Pick<RelayPartTools["context"], "control" | "log">;
  #waiting: StationFirmwareStatus[] = [];
  #sending: Promise<void> = Promise.resolve();
  /** Ends in the same turn as the last look at what waits: a status that comes after it is sent by a run of its own. */
  #isSending = false;

  constructor(context: Pick<RelayPartTools["context"], "control" | "log">) {
    this.#context = context;
  }

  /** Takes note of one message. */
  see(stationId: string, { from, kind, frame, at }: Pick<ObservedMessage, "at" | "frame" | "from" | "kind">): void {
    if (from !== "station" || kind !== "call") return;
    const payload = (plainPayload(frame) ?? frame.payload ?? {}) as {
      readonly status?: unknown;
      readonly requestId?: unknown;
    };
    if (typeof payload.status !== "string" || payload.status === "") return;
    const { requestId } = payload;
    const status = payload.status.slice(0, OCPP_LIMITS.firmwareStatusChars);
    const isId = Number.isSafeInteger(requestId);
    this.#keep({ stationId, status, at, ...isId ? { requestId: requestId as number } : {} });
    void this.send();
  }

  /** Sends what waits, in order; what fails waits for the next sweep. */
  send(): Promise<void> {
    if (!this.#isSending) {
      this.#isSending = true;
      this.#sending = this.#send();
    }
    return this.#sending;
  }

  async #send(): Promise<void> {
    try {
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        await this.#context.control.call("firmware.status", next);
        this.#waiting = this.#waiting.filter((one) => one !== next);
      }
    } catch (error) {
      this.#context.log.warn("firmware.status.untold", { waiting: this.#waiting.length, msg: describeError(error) });
    } finally {
      this.#isSending = false;
    }
  }

  #keep(status: StationFirmwareStatus): void {
    const own = this.#waiting.filter(({ stationId }) => stationId === status.stationId);
    if (own.length >= OCPP_LIMITS.firmwareStatusesPerStation) {
      this.#waiting = this.#waiting.filter((one) => one !== own[0]);
    }
    this.#waiting.push(status);
    if (this.#waiting.length > OCPP_LIMITS.firmwareStatuses) this.#waiting.shift();
  }
}

/** The feed as a part of the relays. */
export function firmwareStatusPart({ context }: Pick<RelayPartTools, "context">): RelayPart {
  const feed = new FirmwareStatusFeed(context);
  return {
    observer: {
      name: "firmware-status",
      actions: READ,
      message: (relay, message) => feed.see(relay.options.stationId, message),
    },
    tick: () => void feed.send(),
    drain: async () => {
      await feed.send(); // one that is under way may be about to fail
      await feed.send();
    },
  };
}
