import { encodeException, EXCEPTION, type ModbusRequest } from "../../modbus/codec.ts";
import { decodeRequest } from "../../modbus/codec_request.ts";
import { pdu as bytesOf, u16 } from "../../modbus/codec_bytes.ts";

/** The registers of a simulated device; what is not there is answered with exception 02. */
export class Registers {
  readonly #holding = new Map<number, number>();
  readonly #input = new Map<number, number>();
  /** Every write that it took, in order. */
  readonly writes: { readonly address: number; readonly values: readonly number[] }[] = [];

  /** Sets registers of a table from this address on. */
  set(table: "holding" | "input", address: number, ...values: readonly number[]): void {
    values.forEach((value, index) => this.#table(table).set(address + index, value & 0xffff));
  }

  /** Sets a float of two registers, most significant first. */
  setFloat(table: "holding" | "input", address: number, value: number): void {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value);
    this.set(table, address, view.getUint16(0), view.getUint16(2));
  }

  /** Sets a whole number of two registers, most significant first. */
  setLong(table: "holding" | "input", address: number, value: number): void {
    this.set(table, address, Math.floor(value / 0x10000), value % 0x10000);
  }

  get(table: "holding" | "input", address: number): number | undefined {
    return this.#table(table).get(address);
  }

  /** The answer to a request. */
  answer(pdu: Uint8Array): Uint8Array {
    try {
      return this.#serve(decodeRequest(pdu));
    } catch {
      return encodeException(pdu[0] ?? 0, EXCEPTION.illegalFunction); // whatever it was, a device says something
    }
  }

  #serve(request: ModbusRequest): Uint8Array {
    switch (request.function) {
      case 3:
      case 4:
        return this.#read(request.function, request.address, request.quantity);
      case 6:
        return this.#write(request.address, [request.value], () => bytesOf(6, u16(request.address, request.value)), 6);
      case 16: {
        const { address, registers } = request;
        return this.#write(address, registers, () => bytesOf(16, u16(address, registers.length)), 16);
      }
      default:
        return encodeException(request.function, EXCEPTION.illegalFunction);
    }
  }

  #read(functionCode: 3 | 4, address: number, quantity: number): Uint8Array {
    const table = this.#table(functionCode === 3 ? "holding" : "input");
    const values = Array.from({ length: quantity }, (_, index) => table.get(address + index));
    if (values.includes(undefined)) return encodeException(functionCode, EXCEPTION.illegalDataAddress);
    return bytesOf(functionCode, quantity * 2, u16(...values as number[]));
  }

  #write(address: number, values: readonly number[], echo: () => Uint8Array, functionCode: number): Uint8Array {
    if (values.some((_, index) => !this.#holding.has(address + index))) {
      return encodeException(functionCode, EXCEPTION.illegalDataAddress);
    }
    this.set("holding", address, ...values);
    this.writes.push({ address, values });
    return echo();
  }

  #table(name: "holding" | "input"): Map<number, number> {
    return name === "holding" ? this.#holding : this.#input;
  }
}
