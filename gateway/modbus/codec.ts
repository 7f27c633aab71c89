/**
 * What both framings carry: the function codes that the gateway knows, requests as typed values, exceptions. Everything
 * that is not in these lists is answered with exception 01 and never sent to a line.
 */

/** Function codes (Modbus Application Protocol V1.1b3 section 6). */
export const FUNCTION = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeCoil: 5,
  writeRegister: 6,
  readExceptionStatus: 7,
  diagnostics: 8,
  getEventCounter: 11,
  getEventLog: 12,
  writeCoils: 15,
  writeRegisters: 16,
  reportServerId: 17,
  readFileRecord: 20,
  writeFileRecord: 21,
  maskWriteRegister: 22,
  readWriteRegisters: 23,
  readFifoQueue: 24,
  encapsulated: 43,
} as const;

/** MODBUS Encapsulated Interface type "Read Device Identification", the only one of function code 43 that is known. */
export const MEI_DEVICE_IDENTIFICATION = 14;

/** Exception codes (V1.1b3 section 7). */
export const EXCEPTION = {
  illegalFunction: 1,
  illegalDataAddress: 2,
  illegalDataValue: 3,
  serverDeviceFailure: 4,
  acknowledge: 5,
  serverDeviceBusy: 6,
  memoryParityError: 8,
  gatewayPathUnavailable: 0x0a,
  gatewayTargetFailed: 0x0b,
} as const;

/** One contiguous part of a table of the device. */
export interface Span {
  /** Address on the wire, from 0. */
  readonly address: number;
  readonly quantity: number;
}

/** A part of a file (function codes 20 and 21). */
export interface FileReference {
  readonly file: number;
  readonly record: number;
  /** Registers. */
  readonly length: number;
}

/** A request that was read, or is to be written. Registers are unsigned 16-bit numbers. */
export type ModbusRequest =
  | ({ readonly function: 1 | 2 | 3 | 4 } & Span)
  | { readonly function: 5; readonly address: number; readonly on: boolean }
  | { readonly function: 6; readonly address: number; readonly value: number }
  | { readonly function: 7 | 11 | 12 | 17 }
  | { readonly function: 8; readonly subfunction: number; readonly data: Uint8Array }
  | { readonly function: 15; readonly address: number; readonly bits: readonly boolean[] }
  | { readonly function: 16; readonly address: number; readonly registers: readonly number[] }
  | { readonly function: 20; readonly references: readonly FileReference[] }
  | { readonly function: 21; readonly records: readonly (FileReference & { readonly registers: readonly number[] })[] }
  | { readonly function: 22; readonly address: number; readonly and: number; readonly or: number }
  | {
    readonly function: 23;
    readonly read: Span;
    readonly write: { readonly address: number; readonly registers: readonly number[] };
  }
  | { readonly function: 24; readonly address: number }
  | { readonly function: 43; readonly code: 1 | 2 | 3 | 4; readonly object: number };

/** The function code of a request. */
export type FunctionCode = ModbusRequest["function"];

/** The answer of a device, checked against its request. The bytes it came in are what is handed on. */
export type ModbusResponse =
  | { readonly kind: "bits"; readonly bits: readonly boolean[] }
  | { readonly kind: "registers"; readonly registers: readonly number[] }
  | { readonly kind: "exception"; readonly exception: number }
  /** An echo of the write, or data that has no address. */
  | { readonly kind: "other" };

/** An exception response to a function code, as sent by a server (V1.1b3 section 7). */
export function encodeException(functionCode: number, exception: number): Uint8Array {
  return Uint8Array.of((functionCode & 0x7f) | 0x80, exception);
}
