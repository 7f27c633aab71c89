import { type Capability, DEVICE_ROLES, type DeviceRole } from "../../../../policies/access_types.ts";
import type { DeviceOperation, DeviceOperations } from "../../../core/device_operations_api.ts";
import type { DeviceGate } from "../../../people/device_gate.ts";
import type { CommandArgs, CommandHandler } from "../../contract.ts";

/** What a command does at the controller, and what a grant must allow for it. */
interface Gated {
  readonly operation: DeviceOperation;
  readonly capability: Capability;
}

/** Commands that reach a controller. "device check" and "device prove" only try logins: roles alone say who may. */
const GATED: Readonly<Record<string, Gated>> = {
  "device download": { operation: "logs", capability: "view" },
  "device firmware": { operation: "firmware", capability: "firmware" },
  "device import": { operation: "write", capability: "edit" },
  "device password": { operation: "password", capability: "secrets" },
  "device reboot": { operation: "reboot", capability: "reset" },
  "device settings": { operation: "read", capability: "view" },
  "device version": { operation: "version", capability: "view" },
};
/** The configuration holds what an installer sees; a log is what `view` is for. */
const CONFIGURATION: Gated = { operation: "configuration", capability: "view" };

/**
 * The commands `device ...` with each call of a person judged by the grants of the controller's pages (docs/roles.md): role
 * of the account, capability, hours, second factor, approval. Who works at the control socket of this box is not asked.
 */
export function gatedCommands(
  commands: Readonly<Record<string, CommandHandler>>,
  { gate, operations }: { readonly gate: Pick<DeviceGate, "enter">; readonly operations: DeviceOperations },
): Readonly<Record<string, CommandHandler>> {
  const gated = ([name, run]: readonly [string, CommandHandler]): readonly [string, CommandHandler] => {
    if (GATED[name] === undefined) return [name, run];
    return [name, async (args, who, caller) => {
      if (!caller) return await run(args, who);
      const { operation, capability } = args["what"] === "configuration" ? CONFIGURATION : GATED[name]!;
      const station = String(args["station"] ?? "");
      const deviceRole = await roleOf(operations, station, operation, args);
      // No way of the driver: nothing will be asked of the controller, and the step for a person is told.
      if (!deviceRole) return await run(args, who, caller);
      await gate.enter(who, caller, { station, deviceRole, capability, reason: reasonOf(args, name) });
      // What is written is judged as that role too, whatever the account could do that writes it.
      return await run(operation === "write" ? { ...args, role: deviceRole } : args, who, caller);
    }];
  };
  return Object.fromEntries(Object.entries(commands).map(gated));
}

/** As whom it is done: the role that is named, else that of the account which the site has for it. */
async function roleOf(
  operations: Pick<DeviceOperations, "accountFor" | "capabilities">,
  station: string,
  operation: DeviceOperation,
  { role }: CommandArgs,
): Promise<DeviceRole | undefined> {
  const named = DEVICE_ROLES.find((each) => each === role), needs = operations.capabilities(station).needs[operation];
  if (operation === "password") return named;
  if (!needs || operation === "write") return needs && (named ?? needs);
  return await operations.accountFor(station, needs) ?? needs;
}

function reasonOf({ because }: CommandArgs, name: string): string {
  const text = typeof because === "string" ? because.trim() : "";
  return text.length >= 3 ? text.slice(0, 200) : name;
}
