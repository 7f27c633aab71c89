import type { DeviceRole } from "../../../policies/access_types.ts";
import type { DeviceTask, TaskResult } from "../../core/device_operations_api.ts";
import { performTask } from "./device_tasks.ts";
import { DeviceVisit, type VisitNeeds } from "./device_visit.ts";
import type { DeviceTarget } from "./link.ts";
import { failed } from "./operation_failure.ts";

/** Operations of the gateway itself at devices: one visit each, one at a time at a device. */
export class DeviceOperator {
  readonly #needs: VisitNeeds;
  /** By the operation's session. */
  readonly #running = new Map<string, DeviceVisit>();

  constructor(needs: VisitNeeds) {
    this.#needs = needs;
  }

  /** Logs in, does one thing, logs out. */
  async operate(
    target: DeviceTarget,
    session: { readonly id: string; readonly deviceRole: DeviceRole },
    task: DeviceTask,
  ): Promise<TaskResult> {
    const other = [...this.#running.values()].some((visit) => visit.target.station === target.station);
    if (other) return failed("busy", "Another operation of the gateway has the device");
    const visit = new DeviceVisit(target, session, this.#needs);
    this.#running.set(session.id, visit);
    try {
      const login = await visit.enter();
      const result = "ok" in login ? login : await performTask(visit, login, task);
      // The runtime sends a GET whose connection ended once more: what a strange device would answer is no answer.
      return !result.ok && result.failure === "strange" ? visit.lost ?? result : result;
    } finally {
      await visit.leave();
      this.#running.delete(session.id);
    }
  }

  /** Somebody takes the device: true when an operation of this session was under way. */
  lose(session: string, by: string): boolean {
    const visit = this.#running.get(session);
    visit?.lose(by);
    return visit !== undefined;
  }

  /** Breaks off everything: the Worker ends. */
  end(): void {
    for (const visit of this.#running.values()) visit.lose("gateway");
  }
}
