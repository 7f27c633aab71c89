import type { ControlApi } from "../core/control_api.ts";
import type { Lease } from "../core/dhcp_api.ts";
import type { Rpc } from "../core/rpc.ts";
import { DHCP_LIMITS } from "./limits.ts";

interface Waiting {
  readonly lease: Lease;
  readonly done: (isStored: boolean) => void;
}

/**
 * Has leases stored by control, one call at a time: those that come while a call is on its way go together in the next
 * one and share its fsync. Order is kept.
 */
export class LeaseWriter {
  readonly #control: Rpc<ControlApi>;
  readonly #onResult: (error: unknown) => void;
  readonly #queue: Waiting[] = [];
  #running = false;

  /** `onResult` is told of every commit: undefined when it is on the disk. */
  constructor(control: Rpc<ControlApi>, onResult: (error: unknown) => void) {
    this.#control = control;
    this.#onResult = onResult;
  }

  /** Calls `done` once: true when the lease is on the disk, false when it could not be stored. */
  add(lease: Lease, done: (isStored: boolean) => void): void {
    this.#queue.push({ lease, done });
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Promise.resolve(); // What comes in the same turn goes together.
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, DHCP_LIMITS.commitLeases);
      const isStored = await this.#store(group.map(({ lease }) => lease));
      for (const { done } of group) done(isStored);
    }
    this.#running = false;
  }

  async #store(leases: readonly Lease[]): Promise<boolean> {
    try {
      await this.#control.call("dhcp.commit", { leases });
      this.#onResult(undefined);
      return true;
    } catch (error) {
      this.#onResult(error);
      return false;
    }
  }
}
