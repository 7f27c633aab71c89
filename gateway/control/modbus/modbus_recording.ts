import { clientKey, mergeClients, type RecordedClient } from "../../../policies/modbus_recording.ts";
import type { WorkerApi } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Rpc } from "../../core/rpc.ts";
import { MODBUS_CONTROL_LIMITS } from "./limits.ts";

/**
 * What Modbus clients asked, for `policy diff` and `policy propose`. In memory: it begins anew with the process, and a
 * week of observing is one process.
 */
export class ModbusRecording {
  readonly #clients = new Map<string, RecordedClient>();

  /** Takes in what the Worker handed over. */
  add(clients: readonly RecordedClient[]): void {
    for (const client of clients) {
      const key = clientKey(client);
      const merged = mergeClients(this.#clients.get(key), client);
      this.#clients.delete(key); // newest last
      this.#clients.set(key, merged);
    }
    while (this.#clients.size > MODBUS_CONTROL_LIMITS.recordedClients) {
      this.#clients.delete(this.#clients.keys().next().value!);
    }
  }

  /** Has the Worker hand over what it kept. One that does not answer keeps it for later. */
  async collect(lines: Rpc<WorkerApi> | undefined, log: Logger): Promise<void> {
    try {
      for (let more = lines !== undefined; more;) {
        const part = await lines!.call("modbus.recording", {});
        this.add(part.clients as unknown as readonly RecordedClient[]);
        more = part.more;
      }
    } catch (error) {
      log.warn("modbus.recording.uncollected", { msg: describeError(error) });
    }
  }

  /** By unit and client. */
  all(): readonly RecordedClient[] {
    return [...this.#clients.values()].sort((a, b) => a.unit - b.unit || clientKey(a).localeCompare(clientKey(b)));
  }
}
