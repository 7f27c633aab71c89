import { Buffer } from "node:buffer";
import type { RawData } from "ws";
import type { Timers } from "../core/timers.ts";
import type { LegSocket } from "./leg_socket.ts";
import { OCPP_LIMITS } from "./limits.ts";

/**
 * permessage-deflate as both legs negotiate it (LC9): without context takeover no memory stays behind between
 * messages, with small windows a message costs little while it is packed.
 */
export const DEFLATE = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1_024,
  concurrencyLimit: 4,
  zlibDeflateOptions: { level: 3, memLevel: 6, windowBits: 12 },
} as const;

/** Options that both legs share. Pings are answered by the peer at the far end, not by us. */
export function legOptions(maxMessageBytes: number) {
  return {
    maxPayload: maxMessageBytes,
    autoPong: false,
    closeTimeout: OCPP_LIMITS.closeTimeoutMs,
    maxFragments: OCPP_LIMITS.messageFragments,
  } as const;
}

/** The same for a leg without compression. */
export function frameOptions(maxMessageBytes: number, timers: Timers) {
  const limits = { messageBytes: maxMessageBytes, fragments: OCPP_LIMITS.messageFragments };
  return { limits, closeTimeoutMs: OCPP_LIMITS.closeTimeoutMs, timers } as const;
}

/** A message as ws hands it out with the default binary type, as one Buffer without a copy. */
export function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** A close code that may be sent on; codes that only exist inside a library become "going away". */
export function relayableCode(code: number): number | undefined {
  if (code === 1005) return undefined;
  const isSendable = (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) || (code >= 3000 && code <= 4999);
  return isSendable ? code : 1001;
}

/** Closes with a code that came from the other leg, or at once when the socket never opened. */
export function closeLeg(socket: LegSocket, code: number, reason: string): void {
  if (socket.readyState === socket.CONNECTING) return socket.terminate();
  const relayed = relayableCode(code);
  if (relayed === undefined) socket.close();
  else socket.close(relayed, cutReason(reason));
}

/** A close reason has at most 123 bytes of UTF-8. */
function cutReason(reason: string): string {
  return Buffer.byteLength(reason) <= 123
    ? reason
    : Buffer.from(reason).subarray(0, 120).toString("latin1").replace(/[^\x20-\x7e]/g, "?");
}

/** The close code with which ws answers a peer that breaks the framing (RFC 6455 section 7.4.1); undefined: something else. */
export function framingFault(code: string | undefined): 1002 | 1007 | 1009 | undefined {
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return 1009;
  if (code === "WS_ERR_INVALID_UTF8") return 1007;
  return code?.startsWith("WS_ERR_") ? 1002 : undefined;
}
