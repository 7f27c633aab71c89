import type { ErrorCode } from "./error_codes.ts";

/** What a thrower may add: a hint that says what to type or where to click, and the original error. */
export interface ErrorDetail {
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Base of every error that crosses a module border. The message names the thing, the value and what was wanted;
 * `hint` says what to do next. Policy refusals are not errors: they are decisions.
 */
export class GatewayError extends Error {
  override readonly name: string = "GatewayError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
  }
}

/** The configuration cannot be used; `faults` lists all of them at once, one line each. */
export class ConfigError extends GatewayError {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(code: ErrorCode, message: string, detail: ErrorDetail & { readonly faults?: readonly string[] } = {}) {
    super(code, message, detail);
    this.faults = detail.faults ?? [];
  }
}

/** A peer broke its wire format: refuse in the protocol's own words, then close. */
export class ProtocolError extends GatewayError {
  override readonly name = "ProtocolError";
}

/** A CSMS, controller, resolver or sink cannot be reached: retry with backoff and jitter. */
export class UpstreamError extends GatewayError {
  override readonly name = "UpstreamError";
}

/** A signature, hash or chain does not verify: never retry, always audit and alarm. */
export class IntegrityError extends GatewayError {
  override readonly name = "IntegrityError";
}

/** A certificate, password or badge was not proven. The peer is never told which half was wrong. */
export class IdentityError extends GatewayError {
  override readonly name = "IdentityError";
}

/** The store or the disk failed; nothing was acknowledged. */
export class StorageError extends GatewayError {
  override readonly name = "StorageError";
}

/** A serial line, interface, key store or other part of the box failed. */
export class HardwareError extends GatewayError {
  override readonly name = "HardwareError";
}

/**
 * The text of any thrown value with its causes, for logs and command output; never includes a stack. A cause whose text
 * the message holds already is not said twice.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause === undefined) return error.message;
  const cause = describeError(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
