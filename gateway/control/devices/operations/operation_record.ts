import type { DeviceRole } from "../../../../policies/access_types.ts";
import type { OperationFailure, TaskResult } from "../../../core/device_operations_api.ts";
import type { ControlContext } from "../../contract.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/** What is recorded of an operation. */
export interface OperationMark {
  readonly station: string;
  readonly who: string;
  readonly operation: string;
  readonly role?: DeviceRole;
  /** The driver by which it was done. */
  readonly template?: string;
  readonly detail?: Readonly<Record<string, string>>;
}

/** These are refusals; the others are faults. */
const REFUSED: ReadonlySet<OperationFailure> = new Set([
  "busy",
  "closed",
  "no-account",
  "pin",
  "refused",
  "rejected",
  "rule",
  "spent",
  "unsupported",
]);

/** Audits one operation at a controller; secrets and values are in no part of it. */
export async function recordOperation(
  { audit, metrics }: Pick<ControlContext, "audit" | "metrics">,
  { station, who, operation, role, template, detail = {} }: OperationMark,
  result: TaskResult,
): Promise<void> {
  const outcome = result.ok ? "ok" : REFUSED.has(result.failure) ? "refused" : "failed";
  metrics.count("bulkhead_device_operations_total", { operation, outcome });
  await audit.record({
    event: "device.operation.done",
    class: operation === "password" || operation === "prove" || operation === "firmware" ? "security" : "operation",
    who,
    target: station,
    outcome,
    ...result.ok ? {} : { rule: result.rule ?? `device-operation.${result.failure}` },
    detail: {
      operation,
      ...role === undefined ? {} : { deviceRole: role },
      ...template === undefined ? {} : { template },
      ...detail,
      ...result.ok && result.download
        ? { bytes: result.download.bytes, sha256: result.download.sha256, file: result.download.fileName }
        : {},
      ...result.ok ? {} : { why: result.why.slice(0, OPERATION_LIMITS.whyChars) },
    },
  });
}
