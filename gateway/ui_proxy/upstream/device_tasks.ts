import type { DeviceOperation, DeviceTask, OperationFailed, TaskResult } from "../../core/device_operations_api.ts";
import { coversRole } from "../../../policies/device_key.ts";
import type { Conversation } from "../drivers/driver.ts";
import type { ChangeOutcome, DriverOperations } from "../drivers/operations.ts";
import { change } from "./device_change.ts";
import { fetchFile } from "./device_download.ts";
import { bringImage } from "./device_firmware.ts";
import type { DeviceVisit, VisitLogin } from "./device_visit.ts";
import { failed } from "./operation_failure.ts";
import { BrokenConversation } from "./play_driver.ts";

/** Does one thing at a device that the visit has entered. Never throws for what the device does. */
export async function performTask(visit: DeviceVisit, login: VisitLogin, task: DeviceTask): Promise<TaskResult> {
  if (task.do === "prove") return { ok: true, ...login.mustChange ? { mustChange: true } : {} };
  const operations = visit.target.driver.operations ?? {};
  if (login.mustChange && task.do !== "password") {
    return failed("must-change", "The device wants another password before it does anything else");
  }
  const short = shortOf(operations, task.do, login);
  if (short) return short;
  switch (task.do) {
    case "password": {
      const { session, account } = login, { next } = task;
      return await change(visit, operations.password!.set({ session, account, next }));
    }
    case "read":
      return await read(visit, operations.read!.settings(login.session));
    case "write":
      return await change(visit, operations.write!.settings(login.session, task.settings));
    case "version":
      return await readVersion(visit, operations.version!.read(login.session));
    case "reboot":
      return await reboot(visit, operations.reboot!.now(login.session));
    case "logs":
    case "configuration":
      return await fetchFile(visit, operations[task.do]!, login.session, task);
    case "firmware":
      return await bringImage(visit, operations.firmware!, login.session, task);
  }
}

/** What the driver or the account lacks. */
function shortOf(
  operations: DriverOperations,
  what: DeviceOperation,
  { account: { role } }: VisitLogin,
): OperationFailed | undefined {
  if (!operations[what]) return failed("unsupported", "The driver knows no way");
  if (what === "password") {
    return operations.password!.roles.includes(role)
      ? undefined
      : failed("unsupported", `The driver knows no way to set the password of the ${role}`);
  }
  const needs = operations[what]!.role;
  return coversRole(role, needs) ? undefined : failed("no-account", `It needs an account of the ${needs} or above`);
}

/** A device that restarts may be gone before it has answered. */
async function reboot(visit: DeviceVisit, conversation: Conversation<ChangeOutcome>): Promise<TaskResult> {
  const result = await change(visit, conversation);
  return !result.ok && result.failure === "unknown" ? { ok: true } : result;
}

async function readVersion(
  visit: DeviceVisit,
  conversation: ReturnType<NonNullable<DriverOperations["version"]>["read"]>,
): Promise<TaskResult> {
  return await looked(
    visit,
    conversation,
    (end) => end.outcome === "version" ? { ok: true, version: end.version } : failed("strange", end.why),
  );
}

async function read(
  visit: DeviceVisit,
  conversation: ReturnType<NonNullable<DriverOperations["read"]>["settings"]>,
): Promise<TaskResult> {
  return await looked(
    visit,
    conversation,
    (end) => end.outcome === "read" ? { ok: true, settings: end.settings } : failed("strange", end.why),
  );
}

/** Plays what only looks: a connection that breaks has changed nothing. */
async function looked<T>(
  visit: DeviceVisit,
  conversation: Conversation<T>,
  resultOf: (end: T) => TaskResult,
): Promise<TaskResult> {
  try {
    return resultOf((await visit.play(conversation)).end);
  } catch (error) {
    if (!(error instanceof BrokenConversation)) throw error;
    return await visit.failed(error.cause);
  }
}
