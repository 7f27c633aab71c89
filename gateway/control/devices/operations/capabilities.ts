import type { DeviceRole } from "../../../../policies/access_types.ts";
import { DRIVER_STEPS, GUIDED_STEPS } from "../../../../profiles/controllers/guided_steps.ts";
import {
  DEVICE_OPERATIONS,
  type DeviceCapabilities,
  type DeviceOperation,
  type GuidedStep,
} from "../../../core/device_operations_api.ts";
import type { Driver } from "../../../ui_proxy/drivers/driver.ts";

/** What a driver can do, and the steps of a person for the rest. */
export function capabilitiesOf(driver: Driver): DeviceCapabilities {
  const operations = driver.operations ?? {};
  const can = DEVICE_OPERATIONS.filter((each) => hasWay(driver, each));
  const rest = DEVICE_OPERATIONS.filter((each) => !can.includes(each));
  return {
    driver: driver.id,
    prove: Object.keys(driver.accounts).length > 0,
    can,
    needs: Object.fromEntries(can.flatMap((each) => needsOf(driver, each))),
    passwords: operations.password?.roles ?? [],
    steps: Object.fromEntries(rest.map((each) => [each, stepOf(driver.id, each)])),
  };
}

function needsOf({ operations = {} }: Driver, operation: DeviceOperation): readonly (readonly [string, DeviceRole])[] {
  if (operation === "password") return [];
  const way = operations[operation] ?? (operation === "configuration" ? operations.read : undefined);
  return way ? [[operation, way.role]] : [];
}

/** What a person does instead of the driver. */
export function stepOf(driver: string, operation: DeviceOperation): GuidedStep {
  const own = (DRIVER_STEPS as Readonly<Record<string, Partial<Record<DeviceOperation, GuidedStep>>>>)[driver];
  return own?.[operation] ?? GUIDED_STEPS[operation];
}

/** A driver that reads settings makes a file of them where the controller gives out none. */
function hasWay({ operations = {} }: Driver, operation: DeviceOperation): boolean {
  return operations[operation] !== undefined || (operation === "configuration" && operations.read !== undefined);
}
