import { HAL_LIMITS } from "./limits.ts";
import type { LldpFrame } from "./lldp_codec.ts";
import { type Checked, flag, integer, list, object, optional, text } from "./schema.ts";

const Name = text({ max: HAL_LIMITS.lldpChars });

/** A neighbour of this box by its own word (LLDP): the switch port at the other end of a cable. */
export const LldpNeighbour = object({
  /** The box's interface that heard it. */
  interface: text({ min: 1, max: 15 }),
  chassis: Name,
  port: Name,
  portDescription: optional(Name),
  name: optional(Name),
  description: optional(Name),
  address: optional(Name),
  vlan: optional(integer(1, 4_094)),
  isBridge: flag,
});
/** A neighbour of this box. */
export type LldpNeighbour = Checked<typeof LldpNeighbour>;
/** The neighbours that an answer tells. */
export const LldpNeighbours = list(LldpNeighbour, HAL_LIMITS.lldpNeighbours);

/** Listens for LLDP all the time and says nothing itself. */
export interface LldpListener {
  neighbours(): readonly LldpNeighbour[];
  close(): void;
}

/** Who was heard lately, bounded; a neighbour is forgotten when its own time is over. */
export class LldpBook {
  /** By interface, chassis and port; with the monotonic time of its end. */
  readonly #heard = new Map<string, { readonly neighbour: LldpNeighbour; readonly until: number }>();

  hear(name: string, frame: LldpFrame, now: number): void {
    const { source: _, seconds, ...rest } = frame;
    const key = JSON.stringify([name, frame.chassis, frame.port]);
    this.#heard.delete(key);
    this.#forget(now);
    if (seconds === 0 || this.#heard.size >= HAL_LIMITS.lldpNeighbours) return;
    this.#heard.set(key, { neighbour: { interface: name, ...rest }, until: now + seconds * 1_000 });
  }

  /** By interface, then by port. */
  all(now: number): readonly LldpNeighbour[] {
    this.#forget(now);
    const order = ({ interface: name, port }: LldpNeighbour) => `${name} ${port}`;
    return [...this.#heard.values()].map(({ neighbour }) => neighbour)
      .sort((a, b) => order(a) < order(b) ? -1 : 1);
  }

  #forget(now: number): void {
    for (const [key, { until }] of this.#heard) if (until <= now) this.#heard.delete(key);
  }
}
