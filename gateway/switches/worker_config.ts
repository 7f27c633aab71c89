import type { V2cSecurity, V3Security } from "./security.ts";

/** One switch as the Worker gets it. */
export interface WatchedSwitch {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly readSeconds: number;
  readonly security: V2cSecurity | V3Security;
}

/** Configuration of the Worker: a JSON value, computed by mod.ts. */
export interface SwitchesWorkerConfig {
  readonly switches: readonly WatchedSwitch[];
}
