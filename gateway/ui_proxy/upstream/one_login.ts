import type { DeviceRole } from "../../../policies/access_types.ts";
import type { DeviceLinkControlApi, LoginEnd, LoginTurn } from "../../core/device_link_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Conversation, DeviceAccount, Driver, LoginOutcome } from "../drivers/driver.ts";
import { BrokenConversation, type Played } from "./play_driver.ts";

/** What one try needs. */
export interface OneLoginParts {
  readonly driver: Driver;
  readonly session: { readonly id: string; readonly deviceRole: DeviceRole };
  readonly control: Pick<Rpc<DeviceLinkControlApi>, "call">;
  readonly play: (conversation: Conversation<LoginOutcome>) => Promise<Played<LoginOutcome>>;
}

/** What came of it. */
export type OneLogin =
  | { readonly turn: Exclude<LoginTurn, { allowed: true }> }
  | { readonly end: LoginOutcome; readonly account: DeviceAccount }
  /** The conversation broke off: `cause`. */
  | { readonly cause: unknown };

/**
 * One try at a device's account: control gives the turn and is told the end, so that never more than two are refused.
 * @throws GatewayError RPC_*, ACCESS_REFUSED when control does not answer
 */
export async function logInOnce({ driver, session, control, play }: OneLoginParts): Promise<OneLogin> {
  const { id, deviceRole: role } = session;
  const turn = await control.call("device.login.begin", { session: id });
  if (!turn.allowed) return { turn };
  const ended = async (end: LoginEnd, why?: string) =>
    void await control.call("device.login.ended", {
      session: id,
      attempt: turn.attempt,
      end,
      ...why === undefined ? {} : { why },
    });
  try {
    const account = { role, ...turn.account };
    const { end, gaveSecret } = await play(driver.login(account));
    // An answer that nobody understands may have been a refusal: a try that the device saw counts.
    const counted = end.outcome === "strange" && gaveSecret ? "unknown" : end.outcome;
    await ended(counted, "why" in end ? end.why : undefined);
    return { end, account };
  } catch (error) {
    if (!(error instanceof BrokenConversation)) throw error;
    await ended(error.gaveSecret ? "unknown" : "unreachable", describeError(error.cause));
    return { cause: error.cause };
  }
}
