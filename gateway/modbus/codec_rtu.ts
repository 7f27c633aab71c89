import { ProtocolError } from "../core/errors.ts";
import { MODBUS_LIMITS as LIMITS } from "./limits.ts";

/** One frame of a serial line: the device's address and the PDU; the checksum is checked and left out. */
export interface RtuFrame {
  /** 0 is a broadcast, 1 to 247 are devices. */
  readonly address: number;
  readonly pdu: Uint8Array;
}

/** Checksum of Modbus over Serial Line V1.02 section 6.2.2: polynomial A001 reflected, start FFFF. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xff]!;
  return crc;
}

const TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
  return crc;
});

/** Writes one frame with its checksum, low byte first. */
export function encodeRtu({ address, pdu }: RtuFrame): Uint8Array {
  const bytes = new Uint8Array(pdu.length + 3);
  bytes[0] = address;
  bytes.set(pdu, 1);
  const crc = crc16(bytes.subarray(0, pdu.length + 1));
  bytes[pdu.length + 1] = crc & 0xff;
  bytes[pdu.length + 2] = crc >> 8;
  return bytes;
}

/**
 * Reads one frame that silence (serial line) or its known length (RTU over TCP) has cut out.
 * @throws ProtocolError MODBUS_FRAME when it is too short, too long, or its checksum is wrong
 */
export function decodeRtu(bytes: Uint8Array): RtuFrame {
  if (bytes.length < 4 || bytes.length > LIMITS.rtuBytes) {
    throw new ProtocolError(
      "MODBUS_FRAME",
      `A frame of a line has ${bytes.length} bytes, wanted 4 to ${LIMITS.rtuBytes}`,
    );
  }
  const end = bytes.length - 2;
  if ((bytes[end]! | bytes[end + 1]! << 8) !== crc16(bytes.subarray(0, end))) {
    throw new ProtocolError("MODBUS_FRAME", "The checksum of a frame of a line is wrong");
  }
  return { address: bytes[0]!, pdu: bytes.slice(1, end) };
}
