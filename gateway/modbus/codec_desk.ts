import { ProtocolError } from "../core/errors.ts";
import { MODBUS_LIMITS as LIMITS } from "./limits.ts";

/**
 * What passes between the Workers with listeners and the one that owns the lines: bytes, many requests in one message,
 * since each message between isolates costs more than a request does.
 */

/** One request of one client. */
export interface DeskAsk {
  /** Chosen by the asking Worker, and found in the answer. */
  readonly sequence: number;
  readonly connection: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

/** The answer to one request; an empty PDU is none (a broadcast). */
export interface DeskAnswer {
  readonly sequence: number;
  readonly pdu: Uint8Array;
}

const ASK = 10, ANSWER = 5;

/** Writes requests: sequence (4), connection (4), unit, length, PDU. */
export function encodeAsks(asks: readonly DeskAsk[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(asks.reduce((sum, { pdu }) => sum + ASK + pdu.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { sequence, connection, unit, pdu } of asks) {
    view.setUint32(at, sequence);
    view.setUint32(at + 4, connection);
    view.setUint8(at + 8, unit);
    view.setUint8(at + 9, lengthOf(pdu));
    bytes.set(pdu, at + ASK);
    at += ASK + pdu.length;
  }
  return bytes;
}

/** Reads what `encodeAsks` wrote. @throws ProtocolError MODBUS_FRAME */
export function decodeAsks(bytes: Uint8Array): DeskAsk[] {
  return split(bytes, ASK, (view, at, pdu) => ({
    sequence: view.getUint32(at),
    connection: view.getUint32(at + 4),
    unit: view.getUint8(at + 8),
    pdu,
  }));
}

/** Writes answers: sequence (4), length, PDU. */
export function encodeAnswers(answers: readonly DeskAnswer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(answers.reduce((sum, { pdu }) => sum + ANSWER + pdu.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { sequence, pdu } of answers) {
    view.setUint32(at, sequence);
    view.setUint8(at + 4, lengthOf(pdu));
    bytes.set(pdu, at + ANSWER);
    at += ANSWER + pdu.length;
  }
  return bytes;
}

/** Reads what `encodeAnswers` wrote. @throws ProtocolError MODBUS_FRAME */
export function decodeAnswers(bytes: Uint8Array): DeskAnswer[] {
  return split(bytes, ANSWER, (view, at, pdu) => ({ sequence: view.getUint32(at), pdu }));
}

/** Cuts a message into entries whose last byte before the PDU is its length. */
function split<T>(bytes: Uint8Array, header: number, read: (view: DataView, at: number, pdu: Uint8Array) => T): T[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: T[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = at + header <= bytes.length ? view.getUint8(at + header - 1) : 0;
    const end = at + header + length;
    if (end > bytes.length) throw new ProtocolError("MODBUS_FRAME", `A message between Workers is cut at ${at}`);
    entries.push(read(view, at, bytes.subarray(at + header, end)));
    at = end;
  }
  return entries;
}

function lengthOf(pdu: Uint8Array): number {
  if (pdu.length <= LIMITS.pduBytes) return pdu.length;
  throw new ProtocolError("MODBUS_FRAME", `A PDU has ${pdu.length} bytes, at most ${LIMITS.pduBytes} are allowed`);
}
