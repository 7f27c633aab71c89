import type { Json, StationCallAnswer, UpstreamRoute } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Answer } from "../effects.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { Liveness } from "../liveness.ts";
import type { LegSocket } from "../leg_socket.ts";
import { OwnCallWaiters, randomId } from "../own_call_waiters.ts";
import { STAND_IN_LIMITS } from "../outage/limits.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import { stationCallAnswer } from "../station_call.ts";
import type { UpstreamLeg } from "../upstream.ts";
import { loadSchemaCheck } from "../validation.ts";
import { asBuffer } from "../web_socket.ts";
import type { ControllerConfig, OcppWorkerConfig } from "../worker_config.ts";
import { type ControllerEffect, ControllerSession } from "./controller_session.ts";

const TEXT = { binary: false } as const;
/** Shortest and longest pause before a CSMS is dialled again, in milliseconds; half of it is jitter. */
const PAUSE_MS = { first: 1_000, longest: 300_000 } as const;
const HEARTBEAT_SECONDS = 300;

/** What all links follow at a reload. */
interface Settings {
  servesFiles: boolean;
  /** Milliseconds of silence until a new connection is tested; 0: never. */
  pingMs: number;
}

/** The gateway's own connections: one per CSMS that site.yaml gives it an identity for (LC3). Opt-in; off costs nothing. */
export function controllersPart(tools: RelayPartTools): RelayPart {
  const links = new Map<string, ControllerLink>();
  const settings: Settings = { servesFiles: false, pingMs: 0 };
  const configure = ({ controllers = [], firmware, csmsPingSeconds, pingSeconds }: OcppWorkerConfig) => {
    settings.servesFiles = firmware !== undefined;
    settings.pingMs = (csmsPingSeconds ?? pingSeconds) * 1_000;
    for (const [csms, link] of links) {
      if (controllers.some((one) => one.csms === csms && JSON.stringify(one) === JSON.stringify(link.config))) continue;
      link.end();
      links.delete(csms);
    }
    for (const one of controllers) {
      if (!links.has(one.csms)) links.set(one.csms, new ControllerLink(one, tools, settings));
    }
  };
  configure(tools.context.config);
  return {
    tick: () => links.forEach((link) => link.tick()),
    reconfigure: configure,
    drain: () => {
      links.forEach((link) => link.end());
      return Promise.resolve();
    },
    handlers: {
      "controller.call": async ({ csms, action, payload, timeoutMs }) => {
        const link = links.get(csms);
        if (!link) throw new GatewayError("CTL_REFUSED", `The gateway has no identity of its own at CSMS "${csms}"`);
        return await link.call(action, JSON.stringify(payload), timeoutMs);
      },
    },
  };
}

/** One connection of the gateway itself to one CSMS; dialled again for as long as it is wanted. */
class ControllerLink {
  readonly #waiters = new OwnCallWaiters();
  #socket: LegSocket | undefined;
  #session: ControllerSession | undefined;
  #liveness: Liveness | undefined;
  #isDialling = false;
  #isOver = false;
  #faults = 0;
  /** That it does not work was recorded since it last did. */
  #isFailureTold = false;
  #dialAt = 0;
  /** A new connection is left alone until then. */
  #settledAt = 0;

  constructor(
    readonly config: ControllerConfig,
    private readonly tools: RelayPartTools,
    private readonly settings: Settings,
  ) {}

  /** Called once a second. */
  tick(): void {
    if (this.#isOver) return;
    const now = this.#now;
    if (this.#session) {
      this.#testPeer(now);
      if (this.#session && now >= this.#settledAt) this.#perform(this.#session.tick(now));
    } else if (!this.#isDialling && now >= this.#dialAt) void this.#dial();
  }

  async call(action: string, payloadText: string, timeoutMs: number): Promise<StationCallAnswer> {
    if (!this.#session) return { noAnswer: "away" };
    const fault = (await loadSchemaCheck(this.config.protocol)).call(action, JSON.parse(payloadText));
    if (fault !== undefined) {
      throw new GatewayError("STATION_CALL_INVALID", `${action} was not sent to CSMS "${this.config.csms}": ${fault}`);
    }
    const session = this.#session;
    if (!session) return { noAnswer: "away" };
    const id = randomId(this.tools.context.random);
    const outcome = this.#waiters.wait(id);
    this.#perform(session.call({ id, action, payloadText, timeoutMs }, this.#now));
    return stationCallAnswer(await outcome);
  }

  end(): void {
    this.#isOver = true;
    this.#socket?.close(1001, "the gateway is restarting");
    this.#closed();
  }

  async #dial(): Promise<void> {
    const { context, dialer } = this.tools, { csms, id, protocol } = this.config;
    this.#isDialling = true;
    try {
      const check = await loadSchemaCheck(protocol);
      const route: UpstreamRoute = await context.control.call("controller.route", { csms });
      const leg = await dialer.dial({ route, stationId: id, protocols: [protocol], deflate: true });
      if (this.#isOver) return leg.socket.terminate();
      this.#open(leg, check);
    } catch (error) {
      this.#later();
      this.#failed(describeError(error));
    } finally {
      this.#isDialling = false;
    }
  }

  #open({ socket, takeEarly }: UpstreamLeg, check: Awaited<ReturnType<typeof loadSchemaCheck>>): void {
    const { context } = this.tools, { protocol, firmwareVersion } = this.config;
    const liveness = new Liveness(0, this.#now, this.settings.pingMs);
    this.#socket = socket;
    this.#liveness = liveness;
    this.#settledAt = this.#now + STAND_IN_LIMITS.settleMs;
    const facts = {
      version: protocol,
      model: "Local Controller",
      firmwareVersion,
      heartbeatSeconds: HEARTBEAT_SECONDS,
    };
    this.#session = new ControllerSession({
      facts,
      check,
      callTimeoutMs: OCPP_LIMITS.controllerCallMs,
      newId: () => randomId(context.random),
      wallTime: () => new Date(context.clock.now()).toISOString(),
      publishes: () => protocol !== "ocpp1.6" && this.settings.servesFiles,
    }, this.#now);
    const receive = (data: Uint8Array, isBinary: boolean) => {
      if (socket !== this.#socket || !this.#session) return;
      liveness.heard("csms", this.#now);
      if (isBinary) return socket.close(1003, "OCPP-J messages are text");
      this.#perform(this.#session.receive(new TextDecoder().decode(data), this.#now));
    };
    socket.on("message", (data, isBinary) => receive(asBuffer(data), isBinary));
    socket.on("ping", (data) => socket === this.#socket && this.#pinged(socket, liveness, data));
    socket.on("pong", (data) => void liveness.heardPong("csms", data, this.#now));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      if (socket === this.#socket) this.#closed();
    });
    for (const { data, isBinary } of takeEarly()) receive(data, isBinary);
    if (socket.readyState >= socket.CLOSING) this.#closed();
  }

  #perform(effects: readonly ControllerEffect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          this.#send(effect.text);
          break;
        case "ask":
          void this.#ask(this.#session!, effect.id, effect.action, effect.payload as Json);
          break;
        case "settle":
          this.#waiters.settle(effect.id, effect.outcome);
          break;
        case "booted":
          if (effect.status === "Accepted") {
            this.#faults = 0;
            this.#isFailureTold = false;
          }
          this.#record("ocpp.controller.booted", effect.status === "Accepted" ? "ok" : "failed", {
            status: effect.status,
          });
          break;
        case "close":
          this.#socket?.close(effect.code, effect.reason);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #send(text: string): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== socket.OPEN) return; // its "close" event is on the way
    socket.send(text, TEXT);
    this.#checkBuffer(socket);
  }

  #pinged(socket: LegSocket, liveness: Liveness, data: Uint8Array): void {
    if (!liveness.heardPing("csms", this.#now)) return this.#cut("too many pings");
    if (socket.readyState !== socket.OPEN) return;
    socket.pong(data);
    this.#checkBuffer(socket);
  }

  /** Pings a CSMS that is silent, so that CGNAT keeps the way open, and notices one that is gone. */
  #testPeer(now: number): void {
    const verdict = this.#liveness!.tick(now);
    if (verdict.csmsDead) return this.#cut("no sign of life");
    if (verdict.pingCsms && this.#socket!.readyState === this.#socket!.OPEN) this.#socket!.ping(this.#liveness!.mark);
  }

  #checkBuffer(socket: LegSocket): void {
    if (socket.bufferedAmount > OCPP_LIMITS.bufferedBytes) this.#cut("it does not read");
  }

  /** Ends the connection at once; it is dialled again after a pause. */
  #cut(why: string): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#closed();
    socket.terminate();
    this.#failed(why);
  }

  /** The first of a row of failures is recorded. */
  #failed(why: string): void {
    if (this.#isFailureTold) return;
    this.#isFailureTold = true;
    this.#record("ocpp.controller.failed", "failed", { why: why.slice(0, 300) });
  }

  /** Control stores before it answers; what follows from it begins when the CSMS has the answer. */
  async #ask(session: ControllerSession, id: string, action: string, payload: Json): Promise<void> {
    const { control, log } = this.tools.context, { csms, protocol: version } = this.config;
    let answer: Answer;
    try {
      const said = await control.call("firmware.publish", { csms, version, action, payload });
      answer = "error" in said ? said.error : said;
    } catch (error) {
      log.warn("ocpp.controller.unanswered", { csms, action, msg: describeError(error) });
      answer = { code: "InternalError", description: "The gateway cannot say so now" };
    }
    if (session !== this.#session) return;
    this.#perform(session.answered(id, answer));
    if ("payload" in answer) control.notify("firmware.published", { csms });
  }

  #closed(): void {
    this.#socket = undefined;
    this.#session = undefined;
    this.#liveness = undefined;
    this.#waiters.endAll();
    this.#later();
  }

  /** The pause before the next attempt doubles until a boot is accepted. */
  #later(): void {
    const pause = Math.min(PAUSE_MS.first * 2 ** this.#faults++, PAUSE_MS.longest);
    this.#dialAt = this.#now + pause * (0.5 + this.tools.context.random.fraction() / 2);
  }

  #record(event: string, outcome: "failed" | "ok", detail: Record<string, string>): void {
    const { csms, id } = this.config;
    this.tools.reporter.auditRepeating({ event, class: "operation", who: id, target: csms, outcome, detail });
  }

  get #now(): number {
    return this.tools.context.clock.monotonic();
  }
}
