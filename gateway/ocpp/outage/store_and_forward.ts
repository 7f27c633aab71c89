import type { WorkerContext } from "../../core/conduit.ts";
import { describeError } from "../../core/errors.ts";
import type { OutageState } from "../../core/outage_api.ts";
import type { OcppVersion } from "../codec.ts";
import { reportDialFault } from "../dial_fault.ts";
import { OCPP_LIMITS } from "../limits.ts";
import type { Reporter } from "../reporter.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { Admitted } from "../upgrade.ts";
import { DialError, type UpstreamLeg } from "../upstream.ts";
import type { OcppWorkerConfig } from "../worker_config.ts";
import { CsmsLink, type LinkEvents } from "./csms_link.ts";
import { DeliveryHeads } from "./delivery_heads.ts";
import type { Forwarder } from "./forwarder.ts";
import { ForwardingLeg } from "./forwarding_leg.ts";
import { STAND_IN_LIMITS } from "./limits.ts";

/** What opening store-and-forward legs works with. */
export interface StoreAndForwardTools {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly reporter: Reporter;
}

/** HTTP statuses by which a CSMS refuses the station itself: then nobody stands in for it. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([401, 403, 404]);

/** Opens the upstream legs of store-and-forward stations. */
export class StoreAndForward {
  readonly #tools: StoreAndForwardTools;
  readonly #gate: TokenBucket;
  readonly #heads = new DeliveryHeads();

  constructor(tools: StoreAndForwardTools) {
    this.#tools = tools;
    const { acceptsBurst, acceptsPerSecond } = OCPP_LIMITS;
    this.#gate = new TokenBucket(acceptsBurst, acceptsPerSecond, tools.context.clock.monotonic());
  }

  /**
   * Dials, and stands in when the CSMS does not answer: for a station that it accepted before, in the version they
   * agreed on, while there is room for messages. `again` opens each later connection.
   * @throws the dial's fault for any other station
   */
  async open(
    admission: Admitted,
    offered: readonly OcppVersion[],
    dial: () => Promise<UpstreamLeg>,
    again: (version: OcppVersion) => Promise<UpstreamLeg>,
  ): Promise<UpstreamLeg> {
    const { context } = this.#tools;
    const state = await context.control.call("outage.state", {
      stationId: admission.stationId,
      csms: admission.upstream.csms,
    });
    const dialling = dial();
    const known = offered.find((version) => version === state.protocol);
    const first = known && !state.isFull ? await this.#atFirst(dialling) : await dialling;
    if (first instanceof Error) {
      if (first instanceof DialError && REFUSALS.has(first.status)) throw first;
      return this.#forward(admission, known!, state, again, undefined);
    }
    if (first) return this.#forward(admission, first.protocol as OcppVersion, state, again, first);
    return this.#forward(admission, known!, state, again, dialling);
  }

  /** The leg, the fault, or undefined while neither is there after a while. */
  async #atFirst(dialling: Promise<UpstreamLeg>): Promise<UpstreamLeg | Error | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const cancel = this.#tools.context.timers.after(STAND_IN_LIMITS.firstDialMs, () => resolve(undefined));
    try {
      const outcome = dialling.catch((error: unknown) => error instanceof Error ? error : new Error(String(error)));
      return await Promise.race([outcome, late]);
    } finally {
      cancel();
    }
  }

  #forward(
    admission: Admitted,
    version: OcppVersion,
    state: OutageState,
    again: (version: OcppVersion) => Promise<UpstreamLeg>,
    csms: UpstreamLeg | Promise<UpstreamLeg> | undefined,
  ): UpstreamLeg {
    const { context } = this.#tools;
    const { stationId, upstream: route } = admission;
    const { replayBoot = false, learnBadges = false } = route.outage ?? {};
    const leg = new ForwardingLeg(version, {
      ...{ stationId, csms: route.csms, version, state, replayBoot, learnBadges },
      heads: this.#heads,
      ...{ control: context.control, clock: context.clock, timers: context.timers, random: context.random },
      graceMs: route.graceSeconds * 1_000,
      callTimeoutMs: context.config.callTimeoutSeconds * 1_000,
      createLink: (events) => this.#link(admission, () => again(version), events),
      standing: (isStanding, counts) => this.#record(admission, isStanding, counts),
    });
    const { forwarder } = leg;
    const begin = (connect: () => void) =>
      leg.asUpstream(() => void this.#catchUp(admission, version, forwarder).then(connect));
    if (csms && "socket" in csms) return begin(() => forwarder.link.adopt(csms));
    forwarder.standInNow();
    return begin(() => csms ? void forwarder.link.follow(csms) : forwarder.link.redial());
  }

  /**
   * An older session of the station ended only now, and may have learned the CSMS's id of a transaction since this one was
   * admitted: without it the end of that transaction would name an id that the CSMS does not know.
   */
  async #catchUp({ stationId, upstream: { csms } }: Admitted, protocol: string, forwarder: Forwarder): Promise<void> {
    const { control, log } = this.#tools.context;
    try {
      forwarder.catchUp(await control.call("outage.state", { stationId, csms, protocol, isSettled: true }));
    } catch (error) {
      log.warn("outage.state.unread", { station: stationId, msg: describeError(error) }); // what was read before counts
    }
  }

  #link(admission: Admitted, again: () => Promise<UpstreamLeg>, events: LinkEvents): CsmsLink {
    const { context, reporter } = this.#tools;
    const { upstream: route } = admission;
    return new CsmsLink({
      ...{ clock: context.clock, timers: context.timers, random: context.random, gate: this.#gate, events },
      dial: async () => {
        const leg = await again();
        context.metrics.count("bulkhead_ocpp_upstream_dials_total", { csms: route.csms, outcome: "ok" });
        reporter.clear("ocpp.csms.unreachable", route.csms);
        reporter.clear("ocpp.csms.untrusted", route.csms);
        return leg;
      },
      onFault: (error) => {
        context.metrics.count("bulkhead_ocpp_upstream_dials_total", { csms: route.csms, outcome: "failed" });
        reportDialFault(reporter, admission, error instanceof DialError ? error : undefined, describeError(error));
      },
    });
  }

  #record(
    admission: Admitted,
    isStanding: boolean,
    counts: { readonly kept: number; readonly delivered: number },
  ): void {
    const { stationId, session, upstream } = admission;
    this.#tools.reporter.audit({
      event: isStanding ? "outage.session.began" : "outage.session.ended",
      class: "operation",
      who: stationId,
      target: upstream.csms,
      outcome: "ok",
      detail: { session, ...isStanding ? {} : counts },
    });
  }
}
