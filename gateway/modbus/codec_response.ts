import { ProtocolError } from "../core/errors.ts";
import {
  encodeException,
  FUNCTION,
  MEI_DEVICE_IDENTIFICATION,
  type ModbusRequest,
  type ModbusResponse,
} from "./codec.ts";
import { PduReader } from "./codec_bytes.ts";
import { encodeRequest } from "./codec_request.ts";
import { MODBUS_LIMITS as LIMITS } from "./limits.ts";

const OTHER: ModbusResponse = Object.freeze({ kind: "other" });

/**
 * Checks a response PDU against the request that it answers: function code, length, echo (V1.1b3 section 6). What does
 * not fit is a late answer to somebody else or noise, and is never handed on.
 * @throws ProtocolError MODBUS_RESPONSE
 */
export function decodeResponse(request: ModbusRequest, bytes: Uint8Array): ModbusResponse {
  if (bytes.length < 2 || bytes.length > LIMITS.pduBytes) throw odd(`${bytes.length} bytes`);
  if (bytes[0] === (request.function | 0x80)) return exceptionOf(bytes);
  if (bytes[0] !== request.function) throw odd(`function code ${bytes[0]}, wanted ${request.function}`);
  const reader = new PduReader(bytes.subarray(1));
  switch (request.function) {
    case 1:
    case 2:
      counted(reader, Math.ceil(request.quantity / 8));
      return { kind: "bits", bits: reader.bits(request.quantity) };
    case 3:
    case 4:
      counted(reader, request.quantity * 2);
      return { kind: "registers", registers: reader.registers(request.quantity) };
    case 23:
      counted(reader, request.read.quantity * 2);
      return { kind: "registers", registers: reader.registers(request.read.quantity) };
    case 5:
    case 6:
    case 21:
    case 22:
      return echo(bytes, encodeRequest(request));
    case 15:
    case 16:
      return echo(bytes, encodeRequest(request).subarray(0, 5));
    case 7:
      return sized(reader, 1);
    case 8:
      return diagnostics(request.subfunction, reader, bytes, request);
    case 11:
      return sized(reader, 4);
    case 12:
      if (reader.left < 7 || reader.u8() !== reader.left) throw odd("an event log that is cut");
      return OTHER;
    case 17:
      if (reader.u8() !== reader.left) throw odd("a server id that is cut");
      return OTHER;
    case 20:
      return fileRecords(request, reader);
    case 24:
      return fifo(reader);
    case 43:
      return identification(request, reader);
  }
}

/** The answer with which the gateway stands for a device that cannot be reached, or refuses. */
export function exceptionTo(request: Pick<ModbusRequest, "function">, exception: number): Uint8Array {
  return encodeException(request.function, exception);
}

/** Bytes that a response has after its function code, as far as its beginning tells; undefined: more bytes are needed. */
export function responseDataBytes(functionCode: number, data: Uint8Array): number | undefined {
  if (functionCode & 0x80) return 1;
  switch (functionCode) {
    case FUNCTION.readCoils:
    case FUNCTION.readDiscreteInputs:
    case FUNCTION.readHoldingRegisters:
    case FUNCTION.readInputRegisters:
    case FUNCTION.readWriteRegisters:
    case FUNCTION.getEventLog:
    case FUNCTION.reportServerId:
    case FUNCTION.readFileRecord:
    case FUNCTION.writeFileRecord:
      return data.length < 1 ? undefined : 1 + data[0]!;
    case FUNCTION.writeCoil:
    case FUNCTION.writeRegister:
    case FUNCTION.writeCoils:
    case FUNCTION.writeRegisters:
    case FUNCTION.getEventCounter:
    case FUNCTION.diagnostics:
      return 4;
    case FUNCTION.readExceptionStatus:
      return 1;
    case FUNCTION.maskWriteRegister:
      return 6;
    case FUNCTION.readFifoQueue:
      return data.length < 2 ? undefined : 2 + (data[0]! << 8 | data[1]!);
    case FUNCTION.encapsulated:
      return identificationBytes(data);
    default:
      return undefined;
  }
}

/** Walks the objects of a device identification (V1.1b3 section 6.21): each has its own length. */
function identificationBytes(data: Uint8Array): number | undefined {
  if (data.length < 6) return undefined;
  let at = 6;
  for (let object = 0; object < data[5]!; object++) {
    if (data.length < at + 2) return undefined;
    at += 2 + data[at + 1]!;
  }
  return at;
}

function exceptionOf(bytes: Uint8Array): ModbusResponse {
  if (bytes.length !== 2 || bytes[1] === 0) throw odd("an exception of no sense");
  return { kind: "exception", exception: bytes[1]! };
}

function echo(bytes: Uint8Array, wanted: Uint8Array): ModbusResponse {
  if (bytes.length === wanted.length && bytes.every((byte, index) => byte === wanted[index])) return OTHER;
  throw odd("no echo of its request");
}

function sized(reader: PduReader, bytes: number): ModbusResponse {
  if (reader.left !== bytes) throw odd(`${reader.left} bytes of data, wanted ${bytes}`);
  return OTHER;
}

/** Return Query Data is an echo of any length; every other subfunction answers with itself and one register. */
function diagnostics(
  subfunction: number,
  reader: PduReader,
  bytes: Uint8Array,
  request: ModbusRequest,
): ModbusResponse {
  if (subfunction === 0) return echo(bytes, encodeRequest(request));
  if (reader.left !== 4 || reader.u16() !== subfunction) throw odd("another diagnostic subfunction");
  return OTHER;
}

function fileRecords(request: ModbusRequest & { function: 20 }, reader: PduReader): ModbusResponse {
  if (reader.u8() !== reader.left) throw odd("file records that are cut");
  for (const { length } of request.references) {
    if (reader.left < 2 + length * 2 || reader.u8() !== 1 + length * 2 || reader.u8() !== 6) {
      throw odd("another record");
    }
    reader.bytes(length * 2);
  }
  if (reader.left > 0) throw odd("more records than asked for");
  return OTHER;
}

function fifo(reader: PduReader): ModbusResponse {
  if (reader.left < 4) throw odd("a queue that is cut");
  const bytes = reader.u16(), count = reader.u16();
  if (count > LIMITS.fifoRegisters || bytes !== 2 + count * 2 || reader.left !== count * 2) throw odd("a wrong queue");
  return { kind: "registers", registers: reader.registers(count) };
}

function identification(request: ModbusRequest & { function: 43 }, reader: PduReader): ModbusResponse {
  if (reader.left < 6) throw odd("an identification that is cut");
  const data = reader.bytes(reader.left);
  if (data[0] !== MEI_DEVICE_IDENTIFICATION || data[1] !== request.code) throw odd("another identification");
  if (identificationBytes(data) !== data.length) throw odd("an identification of the wrong length");
  return OTHER;
}

function counted(reader: PduReader, bytes: number): void {
  const count = reader.u8();
  if (count !== bytes || reader.left !== bytes) throw odd(`a byte count of ${count}, wanted ${bytes}`);
}

function odd(what: string): ProtocolError {
  return new ProtocolError("MODBUS_RESPONSE", `A device answered with ${what}`);
}
