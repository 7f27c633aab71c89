import type { Random } from "../core/timers.ts";

/** Least number of seconds over which stations that are told to come back are spread. */
const SPREAD_SECONDS = 10;

/**
 * The headers of a 503 with a time to come back that differs from station to station: OCPP 1.6 has no rule for it, and
 * stations that were refused together would otherwise come back together (Q24). At least what was meant, at most twice
 * that or ten seconds more.
 */
export function spreadRetry(
  status: number,
  headers: Readonly<Record<string, string>>,
  random: Pick<Random, "fraction">,
): Readonly<Record<string, string>> {
  const seconds = Number(headers["Retry-After"]);
  if (status !== 503 || !Number.isFinite(seconds)) return headers;
  const spread = Math.floor(random.fraction() * (Math.max(seconds, SPREAD_SECONDS) + 1));
  return { ...headers, "Retry-After": String(seconds + spread) };
}
