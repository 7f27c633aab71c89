import type { Readable } from "node:stream";
import type { DeviceRole } from "../../../policies/access_types.ts";
import type { Clock } from "../../core/clock.ts";
import type { DeviceLinkControlApi } from "../../core/device_link_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import type { HeaderField } from "../device_headers.ts";
import { DeviceJar } from "../device_jar.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { DeviceLogin, doorOfError } from "./device_login.ts";
import { DeviceWays, type WireRequest } from "./device_ways.ts";
import { type Door, door } from "./door.ts";
import type { Spool } from "./spool.ts";
import { judgeUpload } from "./upload_gate.ts";
import { holdDevice, tellPresented } from "./hold_device.ts";
import type { DeviceLink, DeviceTarget, LinkAnswer, LinkDoor, LinkRequest, LinkSwitch } from "./link.ts";
import { PageClock } from "./page_clock.ts";
import { fieldsOf, playDriver, type Stage } from "./play_driver.ts";
import type { DeviceAnswer } from "./wire/device_answer.ts";

/** Whose link it is. */
export interface LinkSession {
  readonly id: string;
  readonly deviceRole: DeviceRole;
}

/** What a link needs of the Worker. */
export interface LinkNeeds {
  readonly control: Pick<Rpc<DeviceLinkControlApi>, "call">;
  readonly timers: Timers;
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Where firmware uploads wait for their verdict; absent: none is taken. */
  readonly spool?: Spool;
}

/** Opens one session's way to one device. Nothing is sent before the first request. */
export function openDeviceLink(target: DeviceTarget, session: LinkSession, needs: LinkNeeds): DeviceLink {
  return new Link(target, session, needs);
}

/** Methods that may be carried out twice without harm, and have no body that is gone. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

class Link implements DeviceLink {
  readonly #target: DeviceTarget;
  readonly #session: LinkSession;
  readonly #needs: LinkNeeds;
  readonly #jar = new DeviceJar();
  readonly #login: DeviceLogin;
  readonly #pageClock = new PageClock((offsetSeconds) => this.#tellClock(offsetSeconds));
  #ways: DeviceWays | undefined;
  #pin: Uint8Array = new Uint8Array(0);
  #presented: string | undefined;
  #told: Promise<unknown> = Promise.resolve();
  #holding: Promise<Door | undefined> | undefined;
  #takenBy: string | undefined;
  #closed = false;
  /** What the device lists of itself is asked for once in a session, beside what the person asks. */
  #learning: Promise<void> | undefined;

  constructor(target: DeviceTarget, session: LinkSession, needs: LinkNeeds) {
    this.#target = target;
    this.#session = session;
    this.#needs = needs;
    this.#login = new DeviceLogin({
      driver: target.driver,
      session,
      control: needs.control,
      clock: needs.clock,
      log: needs.log,
      doorOf: (error) => this.#doorOf(error),
      stage: (onSocket) => ({
        origin: target.origins[0],
        jar: this.#jar,
        send: (request, body) => this.#open().send(request, body, onSocket),
      }),
    });
  }

  async request(request: LinkRequest, body?: Readable): Promise<LinkAnswer | LinkDoor> {
    body?.on("error", seenWhereItIsRead);
    return await this.#withLogin(request, async (wire) => await this.#open().send(wire, body));
  }

  async upload(request: LinkRequest, body: Readable): Promise<LinkAnswer | LinkDoor> {
    body.on("error", seenWhereItIsRead);
    const shut = await this.#ready();
    if (shut) return { kind: "door", door: shut };
    const judged = await judgeUpload(request, body, this.#session.id, this.#needs);
    if ("rule" in judged) return { kind: "door", door: judged };
    const sent = await this.request({ ...request, bodyLength: judged.bytes }, judged.read());
    if (sent.kind === "answer") sent.body.once("close", () => judged.close());
    else judged.close();
    return sent;
  }

  async upgrade(request: LinkRequest): Promise<LinkSwitch | LinkAnswer | LinkDoor> {
    let switched: LinkSwitch | undefined;
    const answer = await this.#withLogin(request, async (wire) => {
      const found = await this.#open().upgrade(wire);
      if (!("response" in found)) return found;
      const { response, socket, head } = found;
      switched = { kind: "switched", rawHeaders: response.rawHeaders, socket, head };
      return response;
    });
    return answer.kind === "answer" ? switched ?? answer : answer;
  }

  async takeOver(): Promise<void> {
    await this.#needs.control.call("device.lease.take", { session: this.#session.id, takeOver: true });
    this.#takenBy = undefined;
    this.#login.reopen();
  }

  async lose(by: string): Promise<void> {
    this.#takenBy = by;
    await this.#end();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#end();
  }

  /** Ends login and connections, the login at the device first, in bounded time. */
  async #end(): Promise<void> {
    this.#holding = undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#needs.timers.after(UI_PROXY_LIMITS.logoutMs, resolve);
    await Promise.race([this.#login.leave(), promise]);
    stop();
    this.#ways?.close();
    this.#ways = undefined;
    await this.#jar.clear();
  }

  async #withLogin(
    request: LinkRequest,
    send: (wire: WireRequest) => Promise<DeviceAnswer>,
  ): Promise<LinkAnswer | LinkDoor> {
    for (let isSecond = false;; isSecond = true) {
      const shut = await this.#ready();
      if (shut) return { kind: "door", door: shut };
      const login = this.#login.session;
      try {
        const answer = await this.#keep(request, await send(await this.#wire(request)));
        if (!this.#isLoggedOut(answer)) return answer;
        answer.body.destroy();
        // Right after a login it is the page that is refused, not the login: another one would only be another try.
        if (isSecond || (login === this.#login.session && this.#login.isFresh)) return shutBy("ui.door.role");
        this.#login.lapse(login);
        if (!REPEATABLE.has(request.method)) return shutBy("ui.door.logged-out");
      } catch (error) {
        return { kind: "door", door: await this.#failed(error) };
      }
    }
  }

  /** Has the device, its certificate and a login; or the door that says what is missing. */
  async #ready(): Promise<Door | undefined> {
    if (this.#closed) return door("ui.door.ended");
    if (this.#takenBy !== undefined) return door("ui.door.taken", { person: this.#takenBy });
    try {
      this.#holding ??= this.#hold();
      const shut = await this.#holding;
      if (shut) this.#holding = undefined;
      const closed = shut ?? await this.#login.enter();
      if (!closed) this.#learning ??= this.#learn();
      return closed;
    } catch (error) {
      this.#holding = undefined;
      return this.#doorOf(error);
    }
  }

  async #hold(): Promise<Door | undefined> {
    const held = await holdDevice(this.#target, this.#session.id, this.#needs.control);
    if ("rule" in held) return held;
    this.#pin = held.pin;
    return undefined;
  }

  async #learn(): Promise<void> {
    const { driver, origins, station } = this.#target, { control, log } = this.#needs, session = this.#session.id;
    if (!driver.learn) return;
    try {
      if (!await control.call("device.catalogue.missing", { session })) return;
      const stage: Stage = {
        origin: origins[0],
        jar: new DeviceJar(),
        send: (request, body) => this.#open().send(request, body),
      };
      const { end: settings } = await playDriver(driver.learn(), stage);
      await control.call("device.catalogue", { session, settings });
    } catch (error) {
      log.info("ui.device.unlearned", { station, msg: describeError(error) }); // the next session asks again
    }
  }

  #open(): DeviceWays {
    const { oldTls, driver } = this.#target;
    return this.#ways ??= new DeviceWays({
      timers: this.#needs.timers,
      sockets: driver.connections ?? UI_PROXY_LIMITS.deviceSockets,
      pin: () => this.#pin,
      ...oldTls ? { oldTls } : {},
      onPinChanged: (presented) => this.#pinChanged(presented),
    });
  }

  async #wire({ headers, origin = this.#target.origins[0], ...request }: LinkRequest): Promise<WireRequest> {
    const cookie = await this.#jar.headerFor(`${origin}${request.target}`);
    const own: HeaderField[] = [...this.#login.session?.headers ?? []];
    if (cookie !== undefined) own.push(["cookie", cookie]);
    return { ...request, origin, headers: [...headers, ...own] };
  }

  async #keep({ origin, target }: LinkRequest, response: DeviceAnswer): Promise<LinkAnswer> {
    const url = `${origin ?? this.#target.origins[0]}${target}`, { statusCode: status, rawHeaders, whole } = response;
    const fields = fieldsOf(rawHeaders);
    this.#pageClock.note(fields, this.#needs.clock.now());
    await this.#jar.keep(fields.get("set-cookie") ?? [], url);
    return { kind: "answer", status, rawHeaders, body: response, url, ...whole === undefined ? {} : { whole } };
  }

  #tellClock(offsetSeconds: number): void {
    const { control, log } = this.#needs, { station } = this.#target;
    control.call("device.clock.seen", { session: this.#session.id, offsetSeconds }).catch((error) => {
      log.info("ui.device.clock.untold", { station, msg: describeError(error) }); // the next session tells it
    });
  }

  #isLoggedOut({ status, rawHeaders }: LinkAnswer): boolean {
    const answer = {
      status,
      get headers() {
        return fieldsOf(rawHeaders);
      },
    }; // most drivers look at the status alone
    return this.#target.driver.isLoggedOut(answer);
  }

  #pinChanged(presented: Uint8Array): void {
    const { fingerprint, told } = tellPresented(presented, this.#target.station, this.#session.id, this.#needs);
    this.#presented = fingerprint;
    this.#told = told;
  }

  async #failed(error: unknown): Promise<Door> {
    await this.#told;
    return this.#doorOf(error);
  }

  #doorOf(error: unknown): Door {
    const shut = doorOfError(error, () => this.#presented);
    if (shut.rule !== "ui.door.pin") return shut;
    // Somebody may approve the new certificate meanwhile: the next request asks for it anew.
    this.#ways?.close();
    this.#ways = undefined;
    this.#holding = undefined;
    return shut;
  }
}

/** A browser may go away before its body is read; whoever reads it then meets the error. */
function seenWhereItIsRead(): void {}

function shutBy(rule: Door["rule"]): LinkDoor {
  return { kind: "door", door: door(rule) };
}
