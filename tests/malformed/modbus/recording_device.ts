import { TcpDevice } from "../../../gateway/demo/modbus/tcp_device.ts";
import { encodeMbap } from "../../../gateway/modbus/codec_mbap.ts";

/** What stands in the registers of badge and vehicle ids: no other register holds it. */
export const BADGE_WORD = 0xbad9;
/** Address of the station on the line; all others have no badge. */
export const STATION = 255;
/** Addresses of badge and vehicle ids in the profile bender-cc. */
const PERSONAL = [[720, 729], [730, 730], [740, 746]] as const;

/** Every request that reached a device, and those among them that change it, read without the gateway's codec. */
export interface Reached {
  requests: number;
  readonly writes: { readonly unit: number; readonly hex: string; readonly isLimit: boolean }[];
}

/** A device that answers every request that it can read, at any address, and remembers what changed it. */
export async function startRecordingDevice(): Promise<{ readonly device: TcpDevice; readonly reached: Reached }> {
  const reached: Reached = { requests: 0, writes: [] };
  const device = await TcpDevice.start(new Map());
  device.reply = (frame, socket) => {
    reached.requests++;
    const write = writeOf(frame.pdu);
    if (write) reached.writes.push({ unit: frame.unit, hex: hexOf(frame.pdu), isLimit: write === "limit" });
    socket.write(encodeMbap({ ...frame, pdu: answerOf(frame.pdu, frame.unit) }));
  };
  return { device, reached };
}

const word = (pdu: Uint8Array, at: number): number => (pdu[at] ?? 0) << 8 | (pdu[at + 1] ?? 0);
const hexOf = (pdu: Uint8Array): string => [...pdu].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const isAmpere = (value: number): boolean => value === 0 || value >= 6 && value <= 16;

/** Whether a request changes the device: "limit" when it does no more than set register 1000 to 0 or 6 to 16. */
function writeOf(pdu: Uint8Array): "limit" | "other" | undefined {
  switch (pdu[0]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 7:
    case 11:
    case 12:
    case 17:
    case 20:
    case 24:
    case 43:
      return undefined;
    case 8:
      return [0, 2, 11, 12, 13, 14, 15, 16, 17, 18].includes(word(pdu, 1)) ? undefined : "other";
    case 6:
      return word(pdu, 1) === 1_000 && isAmpere(word(pdu, 3)) ? "limit" : "other";
    case 16:
      return word(pdu, 1) === 1_000 && word(pdu, 3) === 1 && isAmpere(word(pdu, 6)) ? "limit" : "other";
    case 22:
      return word(pdu, 1) === 1_000 && word(pdu, 3) === 0 && isAmpere(word(pdu, 5)) ? "limit" : "other";
    case 23:
      return word(pdu, 5) === 1_000 && word(pdu, 7) === 1 && isAmpere(word(pdu, 10)) ? "limit" : "other";
    default:
      return "other";
  }
}

function answerOf(pdu: Uint8Array, unit: number): Uint8Array {
  switch (pdu[0]) {
    case 1:
    case 2:
      return Uint8Array.of(pdu[0], Math.ceil(word(pdu, 3) / 8), ...Array(Math.ceil(word(pdu, 3) / 8)).fill(0));
    case 3:
    case 4:
    case 23:
      return registers(pdu[0], word(pdu, 1), word(pdu, 3), unit === STATION);
    case 6:
    case 22:
      return pdu;
    case 16:
      return pdu.slice(0, 5);
    default:
      return Uint8Array.of((pdu[0]! & 0x7f) | 0x80, 1);
  }
}

function registers(functionCode: number, address: number, quantity: number, isStation: boolean): Uint8Array {
  const bytes = Array.from({ length: quantity }, (_, at) => {
    const isBadge = isStation && PERSONAL.some(([from, to]) => from <= address + at && address + at <= to);
    return isBadge ? [BADGE_WORD >> 8, BADGE_WORD & 0xff] : [0, 7];
  });
  return Uint8Array.of(functionCode, quantity * 2, ...bytes.flat());
}
