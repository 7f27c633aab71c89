import type { DeviceAnswer } from "./wire/device_answer.ts";
import type { Readable } from "node:stream";
import type { DeviceLinkControlApi } from "../../core/device_link_api.ts";
import type { DeviceOperationsControlApi, OperationFailed } from "../../core/device_operations_api.ts";
import type { Clock } from "../../core/clock.ts";
import { describeError, UpstreamError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import { DeviceJar } from "../device_jar.ts";
import type { Conversation, DeviceAccount, DeviceRequest, DeviceSession } from "../drivers/driver.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { doorOfError, doorOfOutcome, noTurn } from "./device_login.ts";
import { DeviceWays } from "./device_ways.ts";
import { type Door, door } from "./door.ts";
import { holdDevice, tellPresented } from "./hold_device.ts";
import type { DeviceTarget } from "./link.ts";
import { failureOf } from "./operation_failure.ts";
import { logInOnce } from "./one_login.ts";
import { playDriver, type Played, readAnswer, type Stage, wireOf } from "./play_driver.ts";
import type { Spool } from "./spool.ts";

/** What operations need of the Worker. */
export interface VisitNeeds {
  readonly control: Pick<Rpc<DeviceLinkControlApi & DeviceOperationsControlApi>, "call">;
  readonly timers: Timers;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly spool: Spool;
  /** Folder of verified images; absent: the site has no vault. */
  readonly images?: string;
  /** Folder of sealed files of controllers. */
  readonly downloads: string;
}

/** The login that a visit has. */
export interface VisitLogin {
  readonly session: DeviceSession;
  readonly account: DeviceAccount;
  /** The device does nothing else before its password was changed. */
  readonly mustChange: boolean;
}

/** One login of the gateway itself at a device: its own connections and cookies, gone when it leaves. */
export class DeviceVisit {
  readonly target: DeviceTarget;
  readonly needs: VisitNeeds;
  readonly id: string;
  readonly #role: DeviceAccount["role"];
  readonly #jar = new DeviceJar();
  #ways: DeviceWays | undefined;
  #pin: Uint8Array = new Uint8Array(0);
  #presented: string | undefined;
  #told: Promise<unknown> = Promise.resolve();
  #takenBy: string | undefined;
  #login: VisitLogin | undefined;

  constructor(
    target: DeviceTarget,
    { id, deviceRole }: { readonly id: string; readonly deviceRole: DeviceAccount["role"] },
    needs: VisitNeeds,
  ) {
    this.target = target;
    this.id = id;
    this.needs = needs;
    this.#role = deviceRole;
  }

  /** Takes the device and logs in once; or says why not. */
  async enter(): Promise<VisitLogin | OperationFailed> {
    try {
      const held = await holdDevice(this.target, this.id, this.needs.control);
      if ("rule" in held) return failureOf(held);
      this.#pin = held.pin;
      await this.#knock();
      return await this.#logIn();
    } catch (error) {
      return await this.failed(error);
    }
  }

  /** Plays a conversation within the login. @throws BrokenConversation */
  async play<T>(conversation: Conversation<T>): Promise<Played<T>> {
    return await playDriver(conversation, this.stage, UI_PROXY_LIMITS.operationRequests);
  }

  /** Sends one request of the driver with a body of its own, and gives the head of the answer. @throws as DeviceWays.send */
  async send(
    request: DeviceRequest,
    body?: { readonly bytes: number; readonly stream: Readable; readonly answerMs: number },
  ): Promise<DeviceAnswer> {
    const wire = await wireOf(request, body?.bytes ?? 0, this.stage);
    return await this.#open().send(body ? { ...wire, answerMs: body.answerMs } : wire, body?.stream);
  }

  get stage(): Stage {
    return {
      origin: this.target.origins[0],
      jar: this.#jar,
      send: (request, body) => this.#open().send(request, body),
    };
  }

  /** What went wrong on the way, as a failure. */
  async failed(error: unknown): Promise<OperationFailed> {
    await this.#told;
    return failureOf(this.#doorOf(error));
  }

  /** Somebody takes the device: what is under way breaks off. */
  lose(by: string): void {
    this.#takenBy = by;
    this.#ways?.close();
  }

  /** The failure of a visit that somebody broke off; undefined: nobody did. */
  get lost(): OperationFailed | undefined {
    return this.#takenBy === undefined ? undefined : failureOf(door("ui.door.taken", { person: this.#takenBy }));
  }

  /** Logs out where the device can, ends every connection. Bounded in time, never throws. */
  async leave(): Promise<void> {
    const { timers, log } = this.needs, { logout } = this.target.driver;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = timers.after(UI_PROXY_LIMITS.logoutMs, resolve);
    if (this.#login && logout && this.#takenBy === undefined) {
      const left = playDriver(logout(this.#login.session), this.stage).catch((error) =>
        log.info("ui.device.logout.failed", { msg: describeError(error) })
      );
      await Promise.race([left, promise]);
    }
    stop();
    this.#ways?.close();
    await this.#jar.clear();
  }

  /** Anything answers: a device that is restarting would break off a login, which counts as a try. */
  async #knock(): Promise<void> {
    await readAnswer(await this.send({ method: "GET", target: "/" }), "/", this.stage);
  }

  async #logIn(): Promise<VisitLogin | OperationFailed> {
    const { driver } = this.target, session = { id: this.id, deviceRole: this.#role };
    const play = (conversation: ReturnType<typeof driver.login>) => playDriver(conversation, this.stage);
    const made = await logInOnce({ driver, session, control: this.needs.control, play });
    if ("turn" in made) return failureOf(noTurn(made.turn, this.#role));
    if ("cause" in made) return await this.failed(made.cause);
    const { end, account } = made;
    if (end.outcome === "in") return this.#login = { session: end.session, account, mustChange: false };
    if (end.outcome !== "must-change" || !end.session) return failureOf(doorOfOutcome(end, this.#role));
    return this.#login = { session: end.session, account, mustChange: true };
  }

  #doorOf(error: unknown): Door {
    if (this.#takenBy !== undefined) return door("ui.door.taken", { person: this.#takenBy });
    return doorOfError(error, () => this.#presented);
  }

  #open(): DeviceWays {
    const { oldTls, driver, station } = this.target;
    if (this.#takenBy !== undefined) {
      throw new UpstreamError("UI_DEVICE_UNREACHABLE", `${this.#takenBy} took the device`);
    }
    return this.#ways ??= new DeviceWays({
      timers: this.needs.timers,
      // One connection: a login that belongs to it holds for the whole visit.
      sockets: driver.connections ?? 1,
      pin: () => this.#pin,
      ...oldTls ? { oldTls } : {},
      onPinChanged: (presented) => {
        const { fingerprint, told } = tellPresented(presented, station, this.id, this.needs);
        this.#presented = fingerprint;
        this.#told = told;
      },
    });
  }
}
