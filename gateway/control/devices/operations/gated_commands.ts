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
      if (caller) {
        const isConfiguration = name === "device download" && args["what"] === "configuration";
        const { operation, capability } = isConfiguration ? CONFIGURATION : GATED[name]!;
        const station = String(args["station"] ?? ""), { needs } = operations.capabilities(station);
        const deviceRole = roleOf(args) ?? needs[operation];
        // No way of the driver: nothing will be asked of the controller, and the step for a person is told.
        if (deviceRole) {
          await gate.enter(who, caller, { station, deviceRole, capability, reason: reasonOf(args, name) });
        }
      }
      return await run(args, who, caller);
    }];
  };
  return Object.fromEntries(Object.entries(commands).map(gated));
}

function roleOf({ role }: CommandArgs): DeviceRole | undefined {
  return DEVICE_ROLES.find((each) => each === role);
}

function reasonOf({ because }: CommandArgs, name: string): string {
  const text = typeof because === "string" ? because.trim() : "";
  return text.length >= 3 ? text.slice(0, 200) : name;
}
