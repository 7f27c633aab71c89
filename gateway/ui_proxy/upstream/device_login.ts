import type { Duplex } from "node:stream";
import type { DeviceRole } from "../../../policies/access_types.ts";
import type { Clock } from "../../core/clock.ts";
import type { DeviceLinkControlApi, LoginTurn } from "../../core/device_link_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Conversation, DeviceSession, Driver, LoginOutcome } from "../drivers/driver.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { type Door, door } from "./door.ts";
import { logInOnce } from "./one_login.ts";
import { BrokenConversation, playDriver, type Stage } from "./play_driver.ts";

/** After these the device is left alone for a while; the others cost it nothing. */
const PAUSING: ReadonlySet<string> = new Set([
  "ui.door.busy",
  "ui.door.closed",
  "ui.door.must-change",
  "ui.door.refused",
  "ui.door.strange",
]);

/** What a login needs. */
export interface LoginParts {
  readonly driver: Driver;
  readonly session: { readonly id: string; readonly deviceRole: DeviceRole };
  readonly control: Pick<Rpc<DeviceLinkControlApi>, "call">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Pick<Logger, "info" | "warn">;
  /** The device's side; what it throws becomes a door. */
  readonly stage: (onSocket: (socket: Duplex) => void) => Stage;
  readonly doorOf: (error: unknown) => Door;
}

/**
 * The login of one session at one device: made once for all requests that wait for it, renewed without the password
 * where the device can, and never tried again right after it failed.
 */
export class DeviceLogin {
  readonly #parts: LoginParts;
  #session: DeviceSession | undefined;
  /** The connection that a connection-bound login is in. */
  #socket: Duplex | undefined;
  #lapsed: DeviceSession | undefined;
  #entering: Promise<Door | undefined> | undefined;
  #enteredAt = -Infinity;
  #shut: { readonly door: Door; readonly until: number } | undefined;

  constructor(parts: LoginParts) {
    this.#parts = parts;
  }

  /** What the login puts on every request; undefined while there is none. */
  get session(): DeviceSession | undefined {
    return this.#session;
  }

  /** Whether the last login is so young that another one would not help. */
  get isFresh(): boolean {
    return this.#parts.clock.monotonic() - this.#enteredAt < UI_PROXY_LIMITS.loginPauseMs;
  }

  /** Logs in unless it is; a door says why it is not. A device without accounts is logged in to by the person. */
  async enter(): Promise<Door | undefined> {
    if (this.#session || Object.keys(this.#parts.driver.accounts).length === 0) return undefined;
    if (this.#shut && this.#parts.clock.monotonic() < this.#shut.until) return this.#shut.door;
    this.#entering ??= this.#enter().finally(() => this.#entering = undefined);
    return await this.#entering;
  }

  /** The device ended this login; another one that was made meanwhile stays. */
  lapse(session: DeviceSession | undefined): void {
    if (session === undefined || session !== this.#session) return;
    this.#lapsed = session;
    this.#session = undefined;
  }

  /** Tries again at once: a person took the device over or changed something. */
  reopen(): void {
    this.#shut = undefined;
  }

  /** Ends the login at the device where the driver knows how. Never throws. */
  async leave(): Promise<void> {
    const session = this.#session;
    this.#session = this.#lapsed = undefined;
    if (!session || !this.#parts.driver.logout) return;
    await playDriver(this.#parts.driver.logout(session), this.#parts.stage(() => {})).catch((error) => {
      // Away, or it ended the login first: there is nothing left to end.
      this.#parts.log.info("ui.device.logout.failed", { msg: describeError(error) });
    });
  }

  async #enter(): Promise<Door | undefined> {
    const { driver, clock } = this.#parts;
    try {
      if (this.#lapsed && driver.renew && await this.#renew(this.#lapsed)) return undefined;
      const shut = await this.#logIn();
      if (shut && PAUSING.has(shut.rule)) {
        this.#shut = { door: shut, until: clock.monotonic() + UI_PROXY_LIMITS.loginPauseMs };
      }
      return shut;
    } catch (error) {
      return this.#parts.doorOf(error);
    } finally {
      this.#lapsed = undefined;
    }
  }

  async #renew(lapsed: DeviceSession): Promise<boolean> {
    try {
      const { end } = await this.#play(this.#parts.driver.renew!(lapsed));
      if (end) this.#keep(end);
      return end !== undefined;
    } catch (error) {
      if (error instanceof BrokenConversation) return false;
      throw error;
    }
  }

  async #logIn(): Promise<Door | undefined> {
    const { driver, control, session } = this.#parts;
    const made = await logInOnce({ driver, control, session, play: (conversation) => this.#play(conversation) });
    if ("turn" in made) return noTurn(made.turn, session.deviceRole);
    return "cause" in made ? this.#parts.doorOf(made.cause) : this.#settle(made.end);
  }

  #settle(outcome: LoginOutcome): Door | undefined {
    const { session: { deviceRole: role } } = this.#parts;
    if (outcome.outcome !== "in") return doorOfOutcome(outcome, role);
    this.#keep(outcome.session);
    return undefined;
  }

  #keep(session: DeviceSession): void {
    this.#session = session;
    this.#enteredAt = this.#parts.clock.monotonic();
    const socket = this.#socket;
    if (!session.connectionBound || !socket) return;
    if (socket.destroyed) this.lapse(session);
    else socket.once("close", () => this.lapse(session));
  }

  async #play<T>(conversation: Conversation<T>) {
    this.#socket = undefined;
    const played = await playDriver(conversation, this.#parts.stage((socket) => this.#socket = socket));
    return played;
  }
}

/** The door for a login that the device did not let in. */
export function doorOfOutcome(outcome: Exclude<LoginOutcome, { outcome: "in" }>, role: DeviceRole): Door {
  switch (outcome.outcome) {
    case "refused":
      return door("ui.door.refused", { role });
    case "closed":
      return door("ui.door.closed", { why: outcome.why });
    case "must-change":
      return door("ui.door.must-change", { role });
    case "busy":
      return door("ui.door.busy");
    case "strange":
      return door("ui.door.strange", { why: outcome.why });
  }
}

/** The door for a try that control does not give. */
export function noTurn({ why, since = 0 }: Exclude<LoginTurn, { allowed: true }>, role: DeviceRole): Door {
  if (why === "no-account") return door("ui.door.no-account", { role });
  return why === "spent" ? door("ui.door.spent", { since }) : door("ui.door.waiting");
}

/** The door for what went wrong on the way to the device or to control. */
export function doorOfError(error: unknown, fingerprint: () => string | undefined): Door {
  const code = error instanceof GatewayError ? error.code : undefined;
  if (code === "UI_PIN_CHANGED") return door("ui.door.pin", { fingerprint: fingerprint() ?? "none" });
  if (code === "UI_DEVICE_STRANGE") return door("ui.door.strange", { why: describeError(error) });
  if (code === "ACCESS_REFUSED" || code === "SESSION_ENDED") return door("ui.door.ended");
  if (code?.startsWith("RPC_")) return door("ui.door.control");
  return door("ui.door.unreachable", { why: describeError(error) });
}
