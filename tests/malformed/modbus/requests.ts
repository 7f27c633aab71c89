import { encodeRequest } from "../../../gateway/modbus/codec_request.ts";
import type { ModbusRequest } from "../../../gateway/modbus/codec.ts";
import { mutate, seeded } from "../../support/mutate.ts";

/** A request of one client, as bytes behind the MBAP header. */
export interface MutatedRequest {
  readonly unit: number;
  readonly pdu: Uint8Array;
}

/** Requests of every function code that there is, at places that matter: limits, failsafes, badges, meters. */
const ORIGINALS: readonly ModbusRequest[] = [
  ...[100, 131, 200, 212, 716, 720, 741, 1_000, 1_110, 2_000].flatMap((address): ModbusRequest[] => [
    { function: 3, address, quantity: 2 },
    { function: 3, address, quantity: 20 },
    { function: 6, address, value: 16 },
    { function: 16, address, registers: [16] },
    { function: 16, address, registers: [16, 160, 0] },
    { function: 22, address, and: 0, or: 16 },
    { function: 22, address, and: 0xff00, or: 16 },
    { function: 23, read: { address, quantity: 2 }, write: { address: 1_000, registers: [16] } },
    { function: 23, read: { address: 200, quantity: 2 }, write: { address, registers: [16] } },
    { function: 1, address, quantity: 9 },
    { function: 2, address, quantity: 9 },
    { function: 4, address, quantity: 2 },
    { function: 5, address, on: true },
    { function: 15, address, bits: [true, false, true] },
    { function: 24, address },
  ]),
  { function: 7 },
  { function: 11 },
  { function: 12 },
  { function: 17 },
  ...[0, 1, 3, 4, 10, 11].map((subfunction): ModbusRequest => ({ function: 8, subfunction, data: new Uint8Array(2) })),
  { function: 20, references: [{ file: 1, record: 0, length: 2 }] },
  { function: 21, records: [{ file: 1, record: 0, length: 1, registers: [7] }] },
  { function: 43, code: 1, object: 0 },
];

/** Unit ids: a station, a meter, one without profile, a broadcast, and some that do not exist. */
const UNITS = [11, 11, 11, 11, 1, 9, 0, 12, 255];

/** So many requests, each broken a little; the same seed gives the same ones. A PDU has at least its function code. */
export function* mutatedRequests(count: number, seed: number): Generator<MutatedRequest> {
  const random = seeded(seed);
  const originals = ORIGINALS.map(encodeRequest);
  for (const bytes of mutate(originals, { count, seed: seed + 1 })) {
    // A third goes as it is, so that enough of them say something.
    const pdu = random(3) === 0 ? originals[random(originals.length)]! : bytes;
    yield {
      unit: UNITS[random(UNITS.length)]!,
      pdu: pdu.length === 0 ? Uint8Array.of(random(256)) : pdu.slice(0, 253),
    };
  }
}
