import type { Recorder } from "./recorder.ts";
import { EXCEPTION } from "./codec.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/**
 * Devices that were asked and do not answer any more: what works for weeks and then stops without a word must not wait
 * for a person who happens to look.
 */
export class SilentDevices {
  readonly #recorder: Pick<Recorder, "raise" | "clear">;
  readonly #unanswered = new Map<string, number>();

  constructor(recorder: Pick<Recorder, "raise" | "clear">) {
    this.#recorder = recorder;
  }

  /** A request that was on the line has ended. */
  answered(line: string, device: number, pdu: Uint8Array | undefined): void {
    if (!pdu) return; // a broadcast has no answer
    const isAnswer = !(pdu[0]! & 0x80) || pdu[1] !== EXCEPTION.gatewayTargetFailed;
    if (isAnswer && this.#unanswered.size === 0) return; // all of them answer: nothing to look up
    const name = `${line} ${device}`;
    const before = this.#unanswered.get(name) ?? 0;
    if (!isAnswer) {
      this.#unanswered.set(name, before + 1);
      if (before + 1 === MODBUS_LIMITS.silentAfter) {
        this.#recorder.raise("modbus.device.silent", name, `${before + 1} requests in a row had no answer`);
      }
      return;
    }
    this.#unanswered.delete(name);
    if (before >= MODBUS_LIMITS.silentAfter) this.#recorder.clear("modbus.device.silent", name);
  }

  /** "line device" of those that are silent now. */
  list(): readonly string[] {
    return [...this.#unanswered].filter(([, count]) => count >= MODBUS_LIMITS.silentAfter).map(([name]) => name);
  }
}
