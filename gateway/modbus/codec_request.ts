import { ProtocolError } from "../core/errors.ts";
import { type FileReference, FUNCTION, MEI_DEVICE_IDENTIFICATION, type ModbusRequest, type Span } from "./codec.ts";
import { packBits, pdu, PduReader, u16 } from "./codec_bytes.ts";
import { MODBUS_LIMITS as LIMITS } from "./limits.ts";

const FILE_REFERENCE = 6;
const COIL_ON = 0xff00;

/**
 * Reads one request PDU with the exact length rules of V1.1b3 section 6.
 * @throws ProtocolError MODBUS_FUNCTION (exception 01), MODBUS_ADDRESS (02) or MODBUS_VALUE (03)
 */
export function decodeRequest(bytes: Uint8Array): ModbusRequest {
  if (bytes.length < 1 || bytes.length > LIMITS.pduBytes) throw value(`a PDU of ${bytes.length} bytes`);
  const reader = new PduReader(bytes.subarray(1));
  switch (bytes[0]) {
    case FUNCTION.readCoils:
    case FUNCTION.readDiscreteInputs:
      return { function: bytes[0] as 1, ...readSpan(reader, LIMITS.readBits) };
    case FUNCTION.readHoldingRegisters:
    case FUNCTION.readInputRegisters:
      return { function: bytes[0] as 3, ...readSpan(reader, LIMITS.readRegisters) };
    case FUNCTION.writeCoil:
      return readCoil(reader);
    case FUNCTION.writeRegister:
      exact(reader, 4);
      return { function: 6, address: reader.u16(), value: reader.u16() };
    case FUNCTION.readExceptionStatus:
    case FUNCTION.getEventCounter:
    case FUNCTION.getEventLog:
    case FUNCTION.reportServerId:
      exact(reader, 0);
      return { function: bytes[0] as 7 };
    case FUNCTION.diagnostics:
      if (reader.left < 4 || reader.left % 2 !== 0) throw value(`${reader.left} bytes of diagnostics`);
      return { function: 8, subfunction: reader.u16(), data: reader.bytes(reader.left) };
    case FUNCTION.writeCoils:
      return readCoils(reader);
    case FUNCTION.writeRegisters:
      return readRegisters(reader);
    case FUNCTION.readFileRecord:
      return { function: 20, references: readReferences(reader) };
    case FUNCTION.writeFileRecord:
      return { function: 21, records: readRecords(reader) };
    case FUNCTION.maskWriteRegister:
      exact(reader, 6);
      return { function: 22, address: reader.u16(), and: reader.u16(), or: reader.u16() };
    case FUNCTION.readWriteRegisters:
      return readReadWrite(reader);
    case FUNCTION.readFifoQueue:
      exact(reader, 2);
      return { function: 24, address: reader.u16() };
    case FUNCTION.encapsulated:
      return readEncapsulated(reader);
    default:
      throw new ProtocolError("MODBUS_FUNCTION", `Function code ${bytes[0]} is not known`);
  }
}

/** Writes a request PDU; the inverse of `decodeRequest`. */
export function encodeRequest(request: ModbusRequest): Uint8Array {
  switch (request.function) {
    case 1:
    case 2:
    case 3:
    case 4:
      return pdu(request.function, u16(request.address, request.quantity));
    case 5:
      return pdu(5, u16(request.address, request.on ? COIL_ON : 0));
    case 6:
      return pdu(6, u16(request.address, request.value));
    case 7:
    case 11:
    case 12:
    case 17:
      return pdu(request.function);
    case 8:
      return pdu(8, u16(request.subfunction), request.data);
    case 15: {
      const bytes = packBits(request.bits);
      return pdu(15, u16(request.address, request.bits.length), bytes.length, bytes);
    }
    case 16: {
      const { address, registers } = request;
      return pdu(16, u16(address, registers.length), registers.length * 2, u16(...registers));
    }
    case 20:
      return pdu(20, request.references.length * 7, request.references.flatMap(reference));
    case 21: {
      const records = request.records.flatMap((record) => [...reference(record), ...u16(...record.registers)]);
      return pdu(21, records.length, records);
    }
    case 22:
      return pdu(22, u16(request.address, request.and, request.or));
    case 23: {
      const { read, write } = request;
      const { registers } = write;
      const span = u16(read.address, read.quantity, write.address, registers.length);
      return pdu(23, span, registers.length * 2, u16(...registers));
    }
    case 24:
      return pdu(24, u16(request.address));
    case 43:
      return pdu(43, MEI_DEVICE_IDENTIFICATION, request.code, request.object);
  }
}

function readSpan(reader: PduReader, most: number): Span {
  exact(reader, 4);
  return span(reader.u16(), reader.u16(), most);
}

/** @throws ProtocolError when nothing or too much is meant, or addresses past 65,535 */
function span(address: number, quantity: number, most: number): Span {
  if (quantity < 1 || quantity > most) throw value(`a quantity of ${quantity}, wanted 1 to ${most}`);
  if (address + quantity > 0x10000) {
    throw new ProtocolError("MODBUS_ADDRESS", `${quantity} from address ${address} ends past 65535`);
  }
  return { address, quantity };
}

function readCoil(reader: PduReader): ModbusRequest {
  exact(reader, 4);
  const address = reader.u16(), state = reader.u16();
  if (state !== 0 && state !== COIL_ON) throw value(`a coil value of ${state}, wanted 0 or 65280`);
  return { function: 5, address, on: state === COIL_ON };
}

function readCoils(reader: PduReader): ModbusRequest {
  atLeast(reader, 5);
  const { address, quantity } = span(reader.u16(), reader.u16(), LIMITS.writeBits);
  counted(reader, Math.ceil(quantity / 8));
  return { function: 15, address, bits: reader.bits(quantity) };
}

function readRegisters(reader: PduReader): ModbusRequest {
  atLeast(reader, 5);
  const { address, quantity } = span(reader.u16(), reader.u16(), LIMITS.writeRegisters);
  counted(reader, quantity * 2);
  return { function: 16, address, registers: reader.registers(quantity) };
}

function readReadWrite(reader: PduReader): ModbusRequest {
  atLeast(reader, 9);
  const read = span(reader.u16(), reader.u16(), LIMITS.readRegisters);
  const write = span(reader.u16(), reader.u16(), LIMITS.readWriteRegisters);
  counted(reader, write.quantity * 2);
  return { function: 23, read, write: { address: write.address, registers: reader.registers(write.quantity) } };
}

function readReferences(reader: PduReader): FileReference[] {
  atLeast(reader, 1);
  const count = reader.u8();
  if (count < 7 || count > 0xf5 || count % 7 !== 0 || count !== reader.left) {
    throw value(`${count} bytes of references`);
  }
  const references = Array.from({ length: count / 7 }, () => readReference(reader));
  // What the answer would need: a length byte and the type before each group, and the count in front.
  const answer = references.reduce((sum, { length }) => sum + 2 + length * 2, 2);
  if (answer > LIMITS.pduBytes) throw value(`an answer of ${answer} bytes`);
  return references;
}

function readRecords(reader: PduReader): (FileReference & { registers: number[] })[] {
  atLeast(reader, 1);
  const count = reader.u8();
  if (count < 9 || count > 0xfb || count !== reader.left) throw value(`${count} bytes of records`);
  const records: (FileReference & { registers: number[] })[] = [];
  while (reader.left > 0) {
    if (reader.left < 7) throw value(`a record of ${reader.left} bytes`);
    const place = readReference(reader);
    if (reader.left < place.length * 2) throw value(`a record of ${place.length} registers that are not there`);
    records.push({ ...place, registers: reader.registers(place.length) });
  }
  return records;
}

function readReference(reader: PduReader): FileReference {
  const type = reader.u8(), file = reader.u16(), record = reader.u16(), length = reader.u16();
  if (type !== FILE_REFERENCE) throw value(`a reference type of ${type}, wanted 6`);
  if (file === 0) throw value("file number 0");
  if (record > LIMITS.fileRecord || record + length > LIMITS.fileRecord + 1) {
    throw new ProtocolError("MODBUS_ADDRESS", `Record ${record} with ${length} registers ends past 9999`);
  }
  if (length < 1) throw value("a record of no length");
  return { file, record, length };
}

function readEncapsulated(reader: PduReader): ModbusRequest {
  atLeast(reader, 1);
  const type = reader.u8();
  if (type !== MEI_DEVICE_IDENTIFICATION) {
    throw new ProtocolError("MODBUS_FUNCTION", `Function code 43 with type ${type} is not known`);
  }
  exact(reader, 2);
  const code = reader.u8(), object = reader.u8();
  if (code < 1 || code > 4) throw value(`a device identification of kind ${code}, wanted 1 to 4`);
  return { function: 43, code: code as 1, object };
}

const reference = ({ file, record, length }: FileReference): number[] => [FILE_REFERENCE, ...u16(file, record, length)];

function exact(reader: PduReader, bytes: number): void {
  if (reader.left !== bytes) throw value(`${reader.left} bytes of data, wanted ${bytes}`);
}

function atLeast(reader: PduReader, bytes: number): void {
  if (reader.left < bytes) throw value(`${reader.left} bytes of data, wanted at least ${bytes}`);
}

/** The byte count must say what the quantity says, and just so many bytes must follow. */
function counted(reader: PduReader, bytes: number): void {
  const count = reader.u8();
  if (count !== bytes || reader.left !== bytes) {
    throw value(`a byte count of ${count} and ${reader.left} bytes, wanted ${bytes}`);
  }
}

function value(what: string): ProtocolError {
  return new ProtocolError("MODBUS_VALUE", `A Modbus request has ${what}`);
}
