import type { ReadAnswer, ReadSpan } from "../core/modbus_api.ts";
import type { ModbusRequest } from "./codec.ts";
import { decodeResponse } from "./codec_response.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** Function code that reads a table (V1.1b3 section 6). */
const READ = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;

/** What reads for people; the counter of the lines. */
export interface PersonReader {
  read(who: string, unit: number, request: ModbusRequest): Promise<Uint8Array>;
}

/** Reads parts of a device one after the other, so that a person takes one turn of the line at a time. */
export async function readForPerson(
  reader: PersonReader,
  unit: number,
  who: string,
  spans: readonly ReadSpan[],
): Promise<{ readonly answers: readonly ReadAnswer[] }> {
  const answers: ReadAnswer[] = [];
  for (const { table, address, quantity } of spans.slice(0, MODBUS_LIMITS.personReads)) {
    const request: ModbusRequest = { function: READ[table], address, quantity };
    const response = decodeResponse(request, await reader.read(who, unit, request));
    if (response.kind === "registers") answers.push({ registers: response.registers });
    else if (response.kind === "bits") answers.push({ registers: response.bits.map(Number) });
    else answers.push({ exception: response.kind === "exception" ? response.exception : 0 });
  }
  return { answers };
}
