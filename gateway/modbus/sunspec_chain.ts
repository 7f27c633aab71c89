import type { Span } from "./codec.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** One model as it stands in a device. */
export interface FoundModel {
  readonly id: number;
  /** Of its first register behind id and length. */
  readonly address: number;
  /** Registers, without id and length. */
  readonly length: number;
}

/** How discovery goes on: what to read next, or how it ended. */
export type ChainStep =
  | { readonly read: Span }
  | { readonly models: readonly FoundModel[]; readonly base: number }
  | { readonly fault: string };

/** "SunS". */
const MARK = [0x5375, 0x6e53];
/** Where a device may have its models (SunSpec Device Information Model Specification). */
const BASES = [40_000, 50_000, 0];
const END = 0xffff;

/**
 * Walks the chain of SunSpec models of a device: id and length of each, one behind the other, up to the end mark. Pure: says
 * what to read, and is told what came. Bounded whatever the device says: a length leads forward and never past the last
 * address, and no device has so many models.
 */
export class SunSpecChain {
  readonly #models: FoundModel[] = [];
  #base = -1;
  /** Of the id that is read next; undefined while the mark is looked for. */
  #at: number | undefined;

  /** The first read. */
  start(): ChainStep {
    return this.#look();
  }

  /** Registers that were read; undefined: the device refused or did not answer. */
  received(registers: readonly number[] | undefined): ChainStep {
    if (this.#at === undefined) {
      const isMark = registers?.length === 2 && registers.every((word, at) => word === MARK[at]);
      if (!isMark) return this.#look();
      this.#at = BASES[this.#base]! + 2;
      return this.#next();
    }
    if (registers?.length !== 2) return { fault: `The device does not show what stands at ${this.#at}` };
    const [id, length] = registers as [number, number];
    // The end mark should have length 0; devices exist that say otherwise, and nothing follows anyway.
    if (id === END) return { models: this.#models, base: BASES[this.#base]! };
    if (length === 0) return { fault: `Model ${id} at ${this.#at} has no registers` };
    if (this.#at + 2 + length + 2 > 0x10000) return { fault: `Model ${id} at ${this.#at} ends past 65535` };
    if (this.#models.length >= MODBUS_LIMITS.sunSpecModels) {
      return { fault: `More than ${MODBUS_LIMITS.sunSpecModels} models follow each other` };
    }
    this.#models.push({ id, address: this.#at + 2, length });
    this.#at += 2 + length;
    return this.#next();
  }

  #look(): ChainStep {
    const base = BASES[++this.#base];
    if (base === undefined) return { fault: `There is no SunSpec mark at ${BASES.join(", ")}` };
    return { read: { address: base, quantity: 2 } };
  }

  #next(): ChainStep {
    return { read: { address: this.#at!, quantity: 2 } };
  }
}
