/** A decision of the gate: shown like a policy's. */
export interface GateRefusal {
  readonly rule: "access.key-switch";
  readonly reason: string;
  readonly hint: string;
}

/** Told when the gate closes, with the way it has to say so; resolves when nothing is open any more. */
export type OnGateClosed = () => Promise<void>;

/** Whether anybody may be on a controller from afar at all: what the physical key switch says. Open without one. */
export class RemoteGate {
  /** Told each time the gate closes. */
  onClosed: OnGateClosed = () => Promise.resolve();
  #why: string | undefined;

  /** Why nobody may; undefined while the gate is open. */
  get refusal(): GateRefusal | undefined {
    if (this.#why === undefined) return undefined;
    return {
      rule: "access.key-switch",
      reason: `Remote access to controllers is closed at the box: ${this.#why}`,
      hint: "Whoever has the key turns the switch at the gateway; on site the controllers' own doors stay usable",
    };
  }

  /** @returns whether this changed anything */
  async close(why: string): Promise<boolean> {
    const wasOpen = this.#why === undefined;
    this.#why = why;
    await this.onClosed(); // also when it was closed: nothing may have slipped through
    return wasOpen;
  }

  /** @returns whether this changed anything */
  open(): boolean {
    const wasClosed = this.#why !== undefined;
    this.#why = undefined;
    return wasClosed;
  }
}
