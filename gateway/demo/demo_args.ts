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
}

const RANGES = { "port-offset": [0, 50_000], "seconds": [5, 86_400] } as const;

/**
 * Reads the arguments after `demo`: `--port-offset N`, `--seconds N`, `--plain`.
 * @throws GatewayError CLI_USAGE that names the word and what would be right
 */
export function parseDemoArgs(args: readonly string[]): DemoArgs {
  const found: { "port-offset"?: number; seconds?: number } = {};
  let plain = false;
  const words = args.flatMap((word) => /^--[a-z-]+=/.test(word) ? [word.split("=")[0]!, word.split("=")[1]!] : [word]);
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.slice(2);
    if (words[i] === "--plain") plain = true;
    else if (name === "port-offset" || name === "seconds") found[name] = numberIn(name, words[++i]);
    else throw usage(`Option "${words[i]}" is unknown: wanted --port-offset N, --seconds N or --plain`);
  }
  return {
    portOffset: found["port-offset"] ?? 0,
    plain,
    ...(found.seconds === undefined ? {} : { seconds: found.seconds }),
  };
}

/** The ports of a demo with this offset. */
export function demoPorts(offset: number): DemoPorts {
  return { console: 8443 + offset, tls: 8444 + offset, plain: 8445 + offset, metrics: 9464 + offset };
}

function numberIn(name: keyof typeof RANGES, word: string | undefined): number {
  const [min, max] = RANGES[name];
  const value = Number(word);
  if (word !== undefined && /^\d+$/.test(word) && value >= min && value <= max) return value;
  throw usage(
    `Option "--${name}" wants a whole number from ${min} to ${max}, got ${JSON.stringify(word ?? "nothing")}`,
  );
}

function usage(message: string): GatewayError {
  return new GatewayError("CLI_USAGE", message, { hint: "Example: demo --seconds 60 --plain" });
}
