import type { ModbusRule } from "../../policies/modbus_rule.ts";
import type { LineOptions } from "./session.ts";
import type { Profile } from "./profile.ts";

export { LINES_WORKER, ONE_WORKER } from "../core/modbus_api.ts";

/** One listener as its Worker gets it. */
export interface DoorListener {
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose (tests). */
  readonly port: number;
  readonly tls: boolean;
  /** Networks that may connect; absent: all. */
  readonly sources?: readonly string[];
  readonly connections: number;
  readonly idleMs: number;
}

/** Configuration of a Worker with listeners: one per trust zone. */
export interface DoorConfig {
  readonly listeners: readonly DoorListener[];
}

/** How a line is reached. */
export type LinePlace =
  | {
    readonly kind: "tcp";
    readonly host: string;
    readonly port: number;
    readonly framing: "mbap" | "rtu";
    readonly tls?: {
      readonly caPem: string;
      readonly certPem: string;
      readonly keyPem: string;
      readonly serverName: string;
    };
  }
  | {
    readonly kind: "serial";
    readonly device: string;
    readonly baud: number;
    readonly parity: "none" | "even" | "odd";
    readonly stopBits: 1 | 2;
    readonly rs485: "adapter" | "kernel";
    readonly echo: boolean;
    /** Silence between two frames. */
    readonly silenceMicros: number;
  };

/** One line as its owner gets it; times in milliseconds. */
export interface LineConfig extends Omit<LineOptions, "lineMs" | "weightOf"> {
  readonly id: string;
  readonly place: LinePlace;
  /** Bits of one byte on a serial line, start, parity and stop bits included; 0: no line time. */
  readonly byteBits: number;
  readonly baud: number;
  readonly deadlineMs: number;
  readonly reconnectDelayMs: number;
}

/** One device by the unit id that clients use. */
export interface UnitConfig {
  readonly unit: number;
  readonly line: string;
  readonly device: number;
  /** Id of a profile in `profiles`. */
  readonly profile?: string;
}

/** Configuration of the Worker that does both. */
export interface OneConfig {
  readonly door: DoorConfig;
  readonly lines: LinesConfig;
}

/** What policy is made of. */
export interface PolicyConfig {
  readonly units: readonly UnitConfig[];
  /** The profiles that units name, compiled. */
  readonly profiles: readonly Profile[];
  readonly rules: readonly ModbusRule[];
  readonly mode: "enforce" | "observe";
  /** Of hours in rules. */
  readonly timeZone: string;
}

/** Configuration of the Worker that owns the lines. */
export interface LinesConfig {
  readonly lines: readonly LineConfig[];
  readonly policy: PolicyConfig;
  /** Weights of clients; 1 where absent. */
  readonly weights: Readonly<Record<string, number>>;
  /** hald's socket; absent: no serial line. */
  readonly haldSocket?: string;
}
