import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { DeviceLinkControlApi } from "../../core/device_link_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import { type Door, door } from "./door.ts";
import type { DeviceTarget } from "./link.ts";

type Control = Pick<Rpc<DeviceLinkControlApi>, "call">;

/**
 * Takes a device that knows one login at a time, and asks for its approved certificate (DER; empty: none was approved).
 * @throws GatewayError RPC_*, ACCESS_REFUSED when control does not answer
 */
export async function holdDevice(
  { driver, origins }: Pick<DeviceTarget, "driver" | "origins">,
  session: string,
  control: Control,
): Promise<{ readonly pin: Uint8Array } | Door> {
  if (driver.sessions !== undefined) {
    const lease = await control.call("device.lease.take", { session, takeOver: false });
    if (!lease.held) return door("ui.door.in-use", { person: lease.person, since: lease.since });
  }
  if (!origins.some((origin) => origin.startsWith("https:"))) return { pin: new Uint8Array(0) };
  const { der } = await control.call("device.pin", { session });
  return { pin: der === undefined ? new Uint8Array(0) : new Uint8Array(Buffer.from(der, "base64")) };
}

/** Tells control what a device presents instead of its approved certificate. `told` never rejects. */
export function tellPresented(
  presented: Uint8Array,
  station: string,
  session: string,
  { control, log }: { readonly control: Control; readonly log: Pick<Logger, "warn"> },
): { readonly fingerprint: string; readonly told: Promise<unknown> } {
  const der = Buffer.from(presented).toString("base64");
  const told = control.call("device.pin.presented", { session, der }).catch((error) => {
    // Told again with the next request; the door is shut either way.
    log.warn("ui.device.pin.untold", { station, msg: describeError(error) });
  });
  return { fingerprint: createHash("sha256").update(presented).digest("hex"), told };
}
