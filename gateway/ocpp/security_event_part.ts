import { plainAction } from "../../policies/plain_action.ts";
import { securityEvent } from "../../profiles/security_events.ts";
import type { StationSecurityEvent } from "../core/security_api.ts";
import { describeError } from "../core/errors.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { redactText } from "./redact.ts";
import type { Relay } from "./relay.ts";
import type { RelayPart, RelayPartTools } from "./relay_parts.ts";
import { plainPayload } from "./signed_payload.ts";
import { TokenBucket } from "./token_bucket.ts";

interface Station {
  /** By whether an event is an alarm: what somebody has to see is not left out for what a station says all the time. */
  readonly buckets: Readonly<Record<"alarming" | "other", TokenBucket>>;
  /** Events that were left out, by type; of more types than there is room for nobody counts them. */
  readonly missed: Map<string, number>;
}

/**
 * Tells control of every SecurityEventNotification that passes, signed or not; it goes on to the CSMS as any message. A
 * station that floods is told of at the pace of a bucket, with the number of those of the same type that were left out.
 */
export class SecurityEventFeed {
  readonly #context: RelayPartTools["context"];
  readonly #stations = new WeakMap<Relay, Station>();
  /** Events that control could not take yet; the oldest makes room. */
  #waiting: StationSecurityEvent[] = [];
  #sending = false;

  constructor({ context }: Pick<RelayPartTools, "context">) {
    this.#context = context;
  }

  /** Takes note of one CALL of the station. */
  called(relay: Relay, action: string, payload: unknown): void {
    if (action !== "SecurityEventNotification") return;
    const type = text(payload, "type");
    if (type === undefined) return;
    const station = this.#stationOf(relay);
    const bucket = station.buckets[(securityEvent(type)?.alarm ?? "none") === "none" ? "other" : "alarming"];
    const missed = station.missed.get(type) ?? 0;
    if (!bucket.take(this.#context.clock.monotonic())) {
      const hasRoom = station.missed.has(type) || station.missed.size < OCPP_LIMITS.securityEventTypes;
      if (hasRoom) station.missed.set(type, missed + 1);
      return;
    }
    const time = text(payload, "timestamp"), info = text(payload, "techInfo");
    station.missed.delete(type);
    this.#waiting.push({
      ...{ stationId: relay.options.stationId, type, missed },
      ...time === undefined ? {} : { time },
      ...info === undefined ? {} : { info: redactText(info) },
    });
    if (this.#waiting.length > OCPP_LIMITS.securityEventsWaiting) this.#waiting.shift();
    void this.send();
  }

  /** Sends what waits, one after the other; what fails waits for the next sweep. */
  async send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let event = this.#waiting[0]; event; event = this.#waiting[0]) {
        await this.#context.control.call("security.event", event);
        this.#waiting = this.#waiting.filter((one) => one !== event);
      }
    } catch (error) {
      this.#context.log.warn("security.event.untold", { waiting: this.#waiting.length, msg: describeError(error) });
    } finally {
      this.#sending = false;
    }
  }

  #stationOf(relay: Relay): Station {
    let station = this.#stations.get(relay);
    if (!station) {
      const { securityEventsBurst, securityEventsPerSecond } = OCPP_LIMITS, now = this.#context.clock.monotonic();
      const bucket = () => new TokenBucket(securityEventsBurst, securityEventsPerSecond, now);
      station = { buckets: { alarming: bucket(), other: bucket() }, missed: new Map() };
      this.#stations.set(relay, station);
    }
    return station;
  }
}

/** The feed as a part of the relays. */
export function securityEventPart(tools: Pick<RelayPartTools, "context">): RelayPart {
  const feed = new SecurityEventFeed(tools);
  return {
    observer: {
      name: "security-events",
      actions: ["SecurityEventNotification"],
      message: (relay, { from, kind, action, frame }) => {
        if (from === "station" && kind === "call") {
          feed.called(relay, plainAction(action), plainPayload(frame) ?? frame.payload);
        }
      },
    },
    tick: () => void feed.send(),
    drain: () => feed.send(),
  };
}

/** A text property, cut. */
function text(payload: unknown, name: string): string | undefined {
  const value = typeof payload === "object" && payload !== null
    ? (payload as Record<string, unknown>)[name]
    : undefined;
  return typeof value === "string" && value !== "" ? value.slice(0, OCPP_LIMITS.securityEventChars) : undefined;
}
