/** Reads big-endian numbers from the front of a PDU's data; knows what is left. */
export class PduReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  /** So many registers. */
  registers(count: number): number[] {
    const registers: number[] = [];
    for (let taken = 0; taken < count; taken++) registers.push(this.u16());
    return registers;
  }

  /** So many bits, lowest bit of each byte first (V1.1b3 section 6.1). */
  bits(count: number): boolean[] {
    const bits: boolean[] = [];
    for (let byte = 0; bits.length < count; byte >>= 1) {
      if ((bits.length & 7) === 0) byte = this.u8();
      bits.push((byte & 1) === 1);
    }
    return bits;
  }

  /** So many bytes, copied. */
  bytes(count: number): Uint8Array {
    const start = this.#view.byteOffset + this.#at;
    this.#at += count;
    return new Uint8Array(this.#view.buffer.slice(start, start + count));
  }
}

/** Bytes of numbers: each part is one byte, or a register when wrapped by `u16`. */
export function pdu(...parts: readonly (number | readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => typeof part === "number" ? [part] : [...part]));
}

/** Big-endian bytes of registers. */
export function u16(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value >> 8 & 0xff, value & 0xff]);
}

/** Bits packed into bytes, lowest bit first, the last byte filled with zeros. */
export function packBits(bits: readonly boolean[]): number[] {
  const bytes = new Array<number>(Math.ceil(bits.length / 8)).fill(0);
  bits.forEach((bit, index) => {
    if (bit) bytes[index >> 3]! |= 1 << (index & 7);
  });
  return bytes;
}
