/**
 * Every error code of the product with its meaning. Codes are API: additive only. docs/errors.md is generated from here.
 * Keep the list in alphabetical order.
 */
export const ERROR_CODES = {
  ALARM_UNKNOWN: "No alarm of this kind and subject exists",
  AUDIT_KEY_INVALID: "A public key for `audit verify` cannot be read",
  AUDIT_MARKER_INVALID: "The marker that a restore leaves for the audit chain cannot be read",
  AUDIT_OVERLOAD: "Too many audit records wait for the disk: the new one was not taken",
  AUDIT_WRITE_FAILED: "Audit records could not be stored and were not acknowledged",
  CFG_INVALID: "The configuration cannot be used: every fault is listed with file, line and column",
  CFG_UNREADABLE: "A configuration file cannot be read",
  CLI_USAGE: "A command was called with arguments that it does not know or that are missing",
  CTL_NOT_RUNNING: "The gateway does not answer on its control socket",
  CTL_REFUSED: "Control refused a request: the message says which rule and why",
  HAL_KEY_BROKEN: "A key file or sealed key has the wrong form, or does not open on this box",
  HAL_KEY_UNAVAILABLE: "The key store does not answer or cannot be written",
  HAL_KEY_UNSAFE: "A key file is open to others than its owner and is refused",
  PKI_MALFORMED: "Certificate data is not valid DER or PEM, or is larger than allowed",
  RPC_DEADLINE: "A call between isolates was not answered before its deadline",
  RPC_FAILED: "A call between isolates failed at the other side",
  RPC_OVERLOAD: "Too many calls between isolates are pending",
  RPC_PEER_GONE: "The isolate at the other side of a call has ended",
  RPC_UNKNOWN_METHOD: "A call between isolates named a method that does not exist or is not open to the caller",
  SEAL_BROKEN: "Sealed bytes, their context or the root key were changed or do not belong together",
  STORE_BAD_KEY: "A store key is empty or has a part that is neither text nor a finite number",
  STORE_CLOSED: "The store is closed",
  STORE_CONFLICT: "A value changed since it was read: the commit was not made",
  STORE_CORRUPT: "The store's file or a value in it is damaged",
  STORE_FAILED: "The store failed for a reason it has no own code for: the cause says which",
  STORE_FULL: "The disk is full: nothing of the commit was stored or acknowledged",
  STORE_LOCKED: "Another process owns the data folder",
  STORE_NEWER: "The store was written by a newer gateway",
  STORE_NO_SNAPSHOT: "A store that is not a local file cannot be copied by the gateway",
  STORE_OVERLOAD: "Too many commits wait for the disk",
  STORE_TOO_LARGE: "A key, value or commit is larger than the store allows",
  SUP_PERMISSION: "A Worker lacks a permission that its configuration needs",
  SUP_RECONFIGURE_FAILED: "A Worker kept its old configuration",
  SUP_START_FAILED: "A Worker did not become ready",
  SUP_WORKER_EXIT: "Code in a Worker tried to end its isolate instead of throwing",
} as const satisfies Record<string, string>;

/** One of the stable error codes. */
export type ErrorCode = keyof typeof ERROR_CODES;
