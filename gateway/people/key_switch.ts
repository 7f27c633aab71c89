import type { TamperState } from "../../hal/tamper_inputs.ts";
import type { ControlContext } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import type { RemoteGate } from "./remote_gate.ts";

/** Milliseconds between two looks: with the end of what is open within the second that a person at the switch waits. */
export const KEY_LOOK_MS = 400;
/** Looks that may fail before the switch counts as turned off: one lost answer of hald ends nobody's work. */
export const KEY_MISSES = 5;

/** What the switch needs. */
export interface KeySwitchParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "log" | "site" | "timers">;
  readonly gate: RemoteGate;
  /** The inputs of the box, as hald reads them; absent without hald. */
  readonly inputs?: (() => Promise<readonly TamperState[]>) | undefined;
}

/**
 * The physical key switch (`people.keySwitch`): while its contact is open, its wire is cut, or nobody can read it, no page of
 * a controller and no tunnel is open. Closed before the first look, so that a restart opens nothing.
 * @returns the function that stops looking
 */
export async function watchKeySwitch(parts: KeySwitchParts): Promise<() => void> {
  const watch = new KeyWatch(parts);
  await watch.begin();
  let isLooking = false;
  return parts.context.timers.every(KEY_LOOK_MS, () => {
    if (isLooking) return;
    isLooking = true;
    watch.look().catch((error) => {
      parts.context.log.warn("people.key-switch.failed", { msg: describeError(error) });
    }).finally(() => isLooking = false);
  });
}

class KeyWatch {
  readonly #parts: KeySwitchParts;
  #misses = 0;
  #isAlarmed = false;

  constructor(parts: KeySwitchParts) {
    this.#parts = parts;
  }

  async begin(): Promise<void> {
    if (this.#input !== undefined) await this.#parts.gate.close("its key switch was not read yet");
    await this.look();
  }

  async look(): Promise<void> {
    const { gate } = this.#parts, input = this.#input;
    if (input === undefined) return void gate.open(); // a reload took it out of site.yaml
    const read = await this.#read(input);
    if (read !== undefined) {
      this.#misses = 0;
      await this.#settle(input);
      return read ? await this.#close("its key switch is off") : await this.#open();
    }
    if (++this.#misses < KEY_MISSES && gate.refusal === undefined) return;
    await this.#alarm(input);
    await this.#close("its key switch cannot be read");
  }

  get #input(): string | undefined {
    return this.#parts.context.site.people.keySwitch?.input;
  }

  /** Whether the contact is open; undefined when nobody knows. */
  async #read(input: string): Promise<boolean | undefined> {
    try {
      return (await this.#parts.inputs?.())?.find(({ name }) => name === input)?.isOpen;
    } catch {
      return undefined; // hald is away; what that means is counted above
    }
  }

  async #close(why: string): Promise<void> {
    if (await this.#parts.gate.close(why)) await this.#record("closed", why);
  }

  async #open(): Promise<void> {
    if (this.#parts.gate.open()) await this.#record("open", "its key switch is on");
  }

  async #record(remote: string, why: string): Promise<void> {
    await this.#parts.context.audit.record({
      ...{ event: "people.key-switch.turned", class: "security", who: "key switch", outcome: "ok" } as const,
      detail: { remote, why },
    });
  }

  async #alarm(subject: string): Promise<void> {
    if (this.#isAlarmed) return;
    this.#isAlarmed = true;
    await this.#parts.context.alarms.raise({ kind: "people.key-switch.unread", subject });
  }

  async #settle(subject: string): Promise<void> {
    if (!this.#isAlarmed) return;
    this.#isAlarmed = false;
    await this.#parts.context.alarms.clear("people.key-switch.unread", subject);
  }
}
