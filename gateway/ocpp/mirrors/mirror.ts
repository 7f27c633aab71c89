import type { MirrorRoute } from "../../core/mirror_api.ts";
import type { OcppFrame } from "../codec.ts";
import type { Relay } from "../relay.ts";
import { maskBadges } from "./badge_mask.ts";
import { MIRROR_LIMITS } from "./limits.ts";
import { MirrorLeg, type MirrorLegOptions } from "./mirror_leg.ts";
import type { MirrorBudget } from "./mirror_queue.ts";
import { type MirrorEffect, type MirrorNote, MirrorSession } from "./mirror_session.ts";
import { ShadowComparison } from "./shadow_comparison.ts";

/** What all mirrors of an isolate share. */
export interface MirrorTools extends Omit<MirrorLegOptions, "dial" | "events" | "pingMs"> {
  readonly budget: MirrorBudget;
  /** As configured now: a reload may have changed it since the isolate began. */
  pingMs(): number;
  /** Key of the pseudonyms that stand for badges. */
  readonly badgeKey: Uint8Array;
  dial(relay: Relay, route: MirrorRoute): ReturnType<MirrorLegOptions["dial"]>;
  noted(relay: Relay, route: MirrorRoute, kind: MirrorNote, action: string, rule?: string): void;
  opened(relay: Relay, route: MirrorRoute): void;
  lost(relay: Relay, route: MirrorRoute, why: string): void;
  /** Something waits to be sent: call `pump` soon, but not now. */
  wants(mirror: Mirror): void;
}

/** One mirror of one station: its conversation and its connection. */
export class Mirror {
  readonly comparison: ShadowComparison | undefined;
  readonly #tools: MirrorTools;
  readonly #session: MirrorSession;
  readonly #leg: MirrorLeg;

  constructor(tools: MirrorTools, readonly relay: Relay, readonly route: MirrorRoute) {
    this.#tools = tools;
    const { mode, actions } = route;
    const judge = (frame: OcppFrame) => relay.options.judgeCsmsCall(frame, route.route.csms);
    const now = tools.clock.monotonic();
    this.comparison = mode === "shadow" ? new ShadowComparison() : undefined;
    this.#session = new MirrorSession({ mode, actions, budget: tools.budget, judge }, now);
    this.#leg = new MirrorLeg({
      ...tools,
      pingMs: tools.pingMs(),
      dial: () => tools.dial(relay, route),
      events: {
        opened: () => {
          tools.opened(relay, route);
          this.#perform(this.#session.opened(this.#now));
        },
        closed: (why) => {
          this.#perform(this.#session.closed());
          tools.lost(relay, route, why);
        },
        failed: (why) => tools.lost(relay, route, why),
        message: (data, isBinary) => {
          if (isBinary) return this.#leg.cut("OCPP-J messages are text");
          this.#perform(this.#session.receive(data.toString("utf8"), data, this.#now));
        },
      },
    });
    this.#leg.start();
  }

  /** State for people. */
  describe() {
    const { csms } = this.route.route;
    const state = this.#leg.isOpen ? "open" as const : "away" as const;
    return {
      stationId: this.relay.options.stationId,
      csms,
      mode: this.route.mode,
      state,
      queued: this.#session.queued,
    };
  }

  /** Takes a copy of a message of the station. Sends nothing yet: the primary goes first. */
  copy(frame: OcppFrame, bytes: Uint8Array): void {
    const seen = this.route.badges === "mask" ? maskBadges(frame.action, bytes, this.#tools.badgeKey) : bytes;
    if (!seen) return this.#tools.noted(this.relay, this.route, "withheld", frame.action);
    this.#perform(this.#session.copy(frame, seen));
    this.#tools.wants(this);
  }

  pump(): void {
    this.#perform(this.#session.pump(this.#now));
  }

  tick(): void {
    this.#perform(this.#session.tick(this.#now));
    this.#leg.tick();
  }

  end(code: number, reason: string): void {
    this.#session.end();
    this.#leg.end(code, reason);
  }

  #perform(effects: readonly MirrorEffect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          this.#leg.send(effect.data);
          break;
        case "ask":
          void this.#ask(effect);
          break;
        case "replied":
          this.comparison?.shadow(effect.id, effect.action, effect.frame, this.#now);
          break;
        case "note":
          this.#tools.noted(this.relay, this.route, effect.kind, effect.action, effect.rule);
          break;
        case "cut":
          this.#leg.cut(effect.why);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  async #ask({ ask, action, payloadText }: MirrorEffect & { do: "ask" }): Promise<void> {
    const outcome = await this.relay.call({ action, payloadText, timeoutMs: MIRROR_LIMITS.askMs });
    this.#perform(this.#session.answered(ask, outcome));
  }

  get #now(): number {
    return this.#tools.clock.monotonic();
  }
}
