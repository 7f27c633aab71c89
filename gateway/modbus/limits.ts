/**
 * Limits of the Modbus conduit. Each has a test at the limit and one past it. Quantities are those of the Modbus
 * Application Protocol V1.1b3 section 6; a request beyond them never reaches a line.
 */
export const MODBUS_LIMITS = {
  /** Bytes of a PDU: function code and data (V1.1b3 section 4.1). */
  pduBytes: 253,
  /** Coils or discrete inputs of one read. */
  readBits: 2000,
  /** Registers of one read. */
  readRegisters: 125,
  /** Coils of one write. */
  writeBits: 1968,
  /** Registers of one write. */
  writeRegisters: 123,
  /** Registers that function code 23 writes beside its read. */
  readWriteRegisters: 121,
  /** Values of one FIFO queue (function code 24). */
  fifoRegisters: 31,
  /** Record number of a file (function codes 20 and 21). */
  fileRecord: 9999,
  /** Bytes of an RTU frame on a line (Modbus over Serial Line V1.02 section 2.5.1). */
  rtuBytes: 256,
  /** Bytes kept of a client's stream that are no whole frame yet. */
  streamBytes: 260,
} as const;
