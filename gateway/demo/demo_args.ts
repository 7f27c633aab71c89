import type { CommandArgs } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";

/** How a demo runs. */
export interface DemoArgs {
  /** Added to every default port. */
  readonly portOffset: number;
  /** Ends by itself after this many seconds; absent: until Ctrl-C. */
  readonly seconds?: number;
  /** Lines instead of a live table. */
  readonly plain: boolean;
}

/** Ports of the demo (DESIGN section 6), by what listens there. */
export interface DemoPorts {
  readonly console: number;
  readonly tls: number;
  readonly plain: number;
  readonly metrics: number;
  /** Modbus/TCP Security; absent: no Modbus. */
  readonly modbus?: number;
  /** Names for stations, by UDP and TCP; absent: no DNS. */
  readonly dns?: number;
  /** Pages of simulated controllers; absent: none. */
  readonly pages?: number;
}

const RANGES = { "port-offset": [0, 50_000], "seconds": [5, 86_400] } as const;

/**
 * Reads the parsed options of `demo`.
 * @throws GatewayError CLI_USAGE that names the option and what would be right
 */
export function readDemoArgs(args: CommandArgs): DemoArgs {
  const seconds = numberIn("seconds", args);
  return {
    portOffset: numberIn("port-offset", args) ?? 0,
    plain: args["plain"] === true,
    ...(seconds === undefined ? {} : { seconds }),
  };
}

/** The ports of a demo with this offset. */
export function demoPorts(offset: number): DemoPorts {
  return {
    console: 8443 + offset,
    tls: 8444 + offset,
    plain: 8445 + offset,
    metrics: 9464 + offset,
    modbus: 8802 + offset,
    dns: 8053 + offset,
    pages: 8447 + offset,
  };
}

function numberIn(name: keyof typeof RANGES, args: CommandArgs): number | undefined {
  const word = args[name];
  if (word === undefined) return undefined;
  const [min, max] = RANGES[name];
  const value = Number(word);
  if (typeof word === "string" && /^\d+$/.test(word) && value >= min && value <= max) return value;
  throw new GatewayError(
    "CLI_USAGE",
    `Option "--${name}" wants a whole number from ${min} to ${max}, got ${JSON.stringify(word)}`,
    { hint: "Example: demo --seconds 60 --plain" },
  );
}
