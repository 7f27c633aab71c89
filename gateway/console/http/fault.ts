import { GatewayError } from "../../core/errors.ts";
import { type Refusal, RefusalError } from "./refusal.ts";

const STATUS: Readonly<Record<string, Refusal["status"]>> = {
  ADOPTION_OPEN: 409,
  ALARM_UNKNOWN: 404,
  AUDIT_OVERLOAD: 503,
  BADGE_UNKNOWN: 404,
  CLI_USAGE: 422,
  CTL_FAILED: 500,
  FIRMWARE_FULL: 507,
  FIRMWARE_QUOTA: 507,
  FIRMWARE_TOO_LARGE: 413,
  FIRMWARE_UPLOAD_BROKEN: 408,
  FIRMWARE_UPLOAD_FAILED: 507,
  HASHER_BUSY: 503,
  IDENTITY_AWAY: 503,
  LEDGER_UNKNOWN: 404,
  LOGIN_REFUSED: 401,
  PKI_NOT_FOUND: 404,
  RPC_DEADLINE: 504,
  RPC_FAILED: 500,
  RPC_OVERLOAD: 503,
  RPC_PEER_GONE: 503,
  RPC_UNKNOWN_METHOD: 501,
  SESSION_ENDED: 401,
  STATION_NO_ANSWER: 504,
  STEP_UP_NEEDED: 401,
  UI_NO_PAGES: 404,
};

/** What control or another part refused or failed with, as an answer. Anything unexpected says nothing of the inside. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  if (!(error instanceof GatewayError)) return { status: 500, rule: "console.failed", what: "The console failed" };
  const { code, message, hint } = error;
  return { status: STATUS[code] ?? byEnding(code), rule: code, what: message, next: hint };
}

/** Codes of one kind end alike: "STATION_UNKNOWN", "GRANT_INVALID", "PERSON_EXISTS". */
function byEnding(code: string): Refusal["status"] {
  if (code.endsWith("_UNKNOWN")) return 404;
  if (code.endsWith("_EXISTS") || code.endsWith("_CONFLICT")) return 409;
  if (code.endsWith("_INVALID") || code.endsWith("_MALFORMED")) return 422;
  return 403;
}
