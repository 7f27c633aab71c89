/** A port of a switch. */
export interface SwitchPort {
  /** Index of its interface in the switch (ifIndex). */
  readonly index: number;
  readonly name: string;
  /** What a person wrote beside it (ifAlias). */
  readonly alias?: string;
  /** It has a link; absent: the switch does not say. */
  readonly isUp?: boolean;
}

/** A MAC address that a switch has learned on a port. */
export interface SwitchDevice {
  readonly mac: string;
  readonly port: number;
  /** Absent: the switch keeps one table for all VLANs. */
  readonly vlan?: number;
}

/** What stands at the other end of a port, by its own word (LLDP). */
export interface SwitchNeighbour {
  readonly port: number;
  readonly chassis: string;
  readonly portId: string;
  readonly name?: string;
  /** It passes frames on: a switch, and no station. */
  readonly isBridge: boolean;
}

/** One switch as it was read. Every text is its own word and proves nothing. */
export interface SwitchView {
  readonly name: string;
  readonly description: string;
  readonly ports: readonly SwitchPort[];
  readonly devices: readonly SwitchDevice[];
  readonly neighbours: readonly SwitchNeighbour[];
  /** A table had more rows than are kept. */
  readonly isCut: boolean;
}

/** What the Worker asks of control. */
export interface SwitchesControlApi {
  /** A reading ended: with a view, or with why there is none. */
  "switches.read": (
    reading: { readonly id: string; readonly view: SwitchView } | { readonly id: string; readonly fault: string },
  ) => void;
}

/** What control asks of the Worker. */
export interface SwitchesWorkerApi {
  /** Reads all switches now; the answer comes before they are read. */
  "switches.look": (args: Record<never, never>) => void;
}
