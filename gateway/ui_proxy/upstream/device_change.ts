import type { TaskResult } from "../../core/device_operations_api.ts";
import type { Conversation } from "../drivers/driver.ts";
import type { ChangeOutcome } from "../drivers/operations.ts";
import type { DeviceVisit } from "./device_visit.ts";
import { failed } from "./operation_failure.ts";
import { BrokenConversation } from "./play_driver.ts";

/** Something at the device changes; what breaks off half-way may have been carried out. */
export async function change(visit: DeviceVisit, conversation: Conversation<ChangeOutcome>): Promise<TaskResult> {
  try {
    return resultOf((await visit.play(conversation)).end);
  } catch (error) {
    if (!(error instanceof BrokenConversation)) throw error;
    const failure = await visit.failed(error.cause);
    return error.gaveSecret ? { ...failure, failure: "unknown" } : failure;
  }
}

/** A change's outcome in the words of an operation. */
export function resultOf(outcome: ChangeOutcome): TaskResult {
  switch (outcome.outcome) {
    case "done":
      return { ok: true };
    case "rejected":
      return failed("rejected", outcome.why);
    case "unsupported":
      return failed("unsupported", "This controller has no such way");
    case "strange":
      return failed("unknown", outcome.why);
  }
}
