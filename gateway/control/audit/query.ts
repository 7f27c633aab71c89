import { GatewayError } from "../../core/errors.ts";
import type { CommandArgs } from "../contract.ts";
import type { ChainLine, LineClass } from "./chain.ts";

const CLASSES: readonly LineClass[] = ["security", "access", "operation", "charging", "chain"];

/** Which lines somebody wants to see; an absent condition is met by all. */
export interface AuditQuery {
  /** Milliseconds since the epoch, first included, last not. */
  readonly from: number;
  readonly to: number;
  readonly class?: string;
  /** A station id: of the record's actor, its target or its detail. */
  readonly station?: string;
}

/**
 * Reads a query from command options.
 * @throws GatewayError CLI_USAGE for a time or class that cannot be read
 */
export function readQuery(args: CommandArgs): AuditQuery {
  const { class: lineClass, station } = args;
  if (typeof lineClass === "string" && !CLASSES.includes(lineClass as LineClass)) {
    throw new GatewayError(
      "CLI_USAGE",
      `Cannot select audit class "${lineClass}": wanted one of ${CLASSES.join(", ")}`,
    );
  }
  return {
    from: readTime(args.from, "from") ?? -Infinity,
    to: readTime(args.to, "to") ?? Infinity,
    ...(typeof lineClass === "string" ? { class: lineClass } : {}),
    ...(typeof station === "string" ? { station } : {}),
  };
}

/** True when a line meets every condition. What has expired has no time and no station any more. */
export function matchesQuery(line: ChainLine, query: AuditQuery): boolean {
  const { at, who, target, detail } = line.fields as Partial<Record<string, unknown>>;
  const time = Date.parse(String(at));
  if (time < query.from || time >= query.to) return false;
  if (Number.isNaN(time) && (query.from !== -Infinity || query.to !== Infinity)) return false;
  if (query.class !== undefined && line.class !== query.class) return false;
  const named = [who, target, (detail as Record<string, unknown> | undefined)?.station];
  return query.station === undefined || named.includes(query.station);
}

/** Reads a number option. @throws GatewayError CLI_USAGE */
export function readNumber(value: CommandArgs[string], name: string, otherwise: number, max: number): number {
  if (value === undefined) return otherwise;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (number >= 0 && number <= max) return number;
  throw new GatewayError("CLI_USAGE", `Cannot use --${name} ${String(value)}: wanted a number from 0 to ${max}`);
}

function readTime(value: CommandArgs[string], name: string): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new GatewayError("CLI_USAGE", `Cannot use --${name} ${String(value)}: wanted a time`, {
    hint: "Write 2026-11-21 or 2026-11-21T04:00:00Z",
  });
}
