import { resolve } from "node:path";
import type { SerialDevice } from "../../hal/serial_lines.ts";
import type { LoadedSite } from "../config/load.ts";
import { describeError } from "../core/errors.ts";
import { type Finding, foundFault, foundWarning } from "./finding.ts";

/** Asks the hald behind this socket for its serial devices. @throws HardwareError as HaldClient.call */
export type AskSerialDevices = (socket: string) => Promise<readonly SerialDevice[]>;

/**
 * Judges the serial devices of Modbus lines by what hald says: one that hald.json does not list is a fault, one that is not plugged in
 * a warning. A hald that is not there is judged elsewhere.
 */
export async function checkSerial(
  { site, box }: Pick<LoadedSite, "site" | "box">,
  ask: AskSerialDevices,
): Promise<Finding[]> {
  const lines = (site.modbus?.lines ?? []).flatMap(({ serial }, at) => serial ? [{ device: serial.device, at }] : []);
  if (lines.length === 0 || !site.hal) return [];
  let known: readonly SerialDevice[];
  try {
    known = await ask(resolve(box.configDir, site.hal.socket));
  } catch (error) {
    return [foundWarning(["hal", "socket"], `hald could not be asked for serial devices: ${describeError(error)}`)];
  }
  const names = known.map(({ device }) => device).join(", ") || "none";
  return lines.flatMap(({ device, at }) => {
    const path = ["modbus", "lines", at, "serial", "device"];
    const found = known.find((one) => one.device === device);
    if (!found) {
      const todo = "add it, then restart bulkhead-hald";
      return [foundFault(path, `hald.json does not list "${device}" under "serial": ${todo}; listed are: ${names}`)];
    }
    if (found.isThere) return [];
    return [
      foundWarning(path, `there is no device "${device}" now: is the adapter plugged in? The line opens by itself`),
    ];
  });
}
