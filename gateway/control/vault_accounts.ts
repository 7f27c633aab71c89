import type { DeviceRole } from "../../policies/access_types.ts";
import type { LoginOutcome, SetOutcome } from "../../policies/secret_rotation_types.ts";
import type { DeviceOperations, OperationFailure, TriedSecret } from "../core/device_operations_api.ts";
import type { DeviceAccounts } from "../vault/device_accounts.ts";

/** What a failed login means for a rotation. */
const LOGIN = {
  away: "unreachable",
  busy: "busy",
  closed: "blocked",
  "must-change": "blocked",
  "no-account": "blocked",
  pin: "blocked",
  refused: "wrong-password",
  rejected: "blocked",
  rule: "blocked",
  spent: "spent",
  // a controller that restarts answers strangely for a while; no password was judged
  strange: "unreachable",
  unknown: "unknown",
  unsupported: "blocked",
} as const satisfies Readonly<Record<OperationFailure, LoginOutcome>>;

/** What a failed change means for a rotation: where it is not sure that nothing happened, it is not known. */
const SET = {
  ...LOGIN,
  "must-change": "unknown",
  rejected: "refused",
  strange: "unknown",
  unsupported: "guided",
} as const satisfies Readonly<Record<OperationFailure, SetOutcome>>;

/** The operations at controllers as the vault wants them: by role alone, with outcomes of rotations. */
export function vaultAccounts(
  operations: Pick<DeviceOperations, "capabilities" | "proveLogin" | "sendPassword">,
  nameOf: (station: string, role: DeviceRole) => string | undefined,
): DeviceAccounts {
  const secretOf = (station: string, role: DeviceRole, password: string): TriedSecret => {
    const name = nameOf(station, role);
    return { password, ...name === undefined ? {} : { name } };
  };
  return {
    ways: (station) => {
      const { prove, passwords, steps } = operations.capabilities(station);
      return { canLogIn: prove, canSet: passwords, ...steps.password ? { steps: steps.password } : {} };
    },
    logIn: async ({ station, role, who, password }) => {
      const result = await operations.proveLogin({ station, who, role, secret: secretOf(station, role, password) });
      return result.ok ? { outcome: "in" } : { outcome: LOGIN[result.failure], why: result.why };
    },
    setPassword: async ({ station, role, who, old, next }) => {
      const result = await operations.sendPassword({ station, who, role, old: secretOf(station, role, old), next });
      return result.ok ? { outcome: "done" } : { outcome: SET[result.failure], why: result.why };
    },
  };
}
