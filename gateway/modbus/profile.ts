import { type Point, type Table, TABLES } from "./point.ts";
import type { ModbusRequest, Span } from "./codec.ts";

/** What a kind of device is: its points, and what it stumbles over. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly points: readonly Point[];
  /** Function codes the device does not know: answered 01 here, so that it is not asked in vain. */
  readonly unsupported: readonly number[];
}

/** A request's part of one table, read or written. `values` are the written registers, undefined for a read. */
export interface Access {
  readonly table: Table;
  readonly span: Span;
  readonly values: readonly number[] | undefined;
  /** Only some bits of the register are changed (function code 22). */
  readonly isMask: boolean;
}

/** A point that a request touches. */
export interface Touched {
  readonly point: Point;
  /** Not all of its registers are in the request: its value cannot be judged. */
  readonly isPartial: boolean;
  /** Its registers as written; undefined for a read or where it is partial or masked. */
  readonly registers: readonly number[] | undefined;
}

/** The points of each table, in the order of their addresses. */
type Tables = Readonly<Record<Table, readonly Point[]>>;

/** The points of a profile by what a request does: a read-only and a write-only one may share a register. */
export class PointIndex {
  readonly #all: Tables;
  readonly #reads: Tables;
  readonly #writes: Tables;

  constructor({ points }: Pick<Profile, "points">) {
    this.#all = byTable(points);
    this.#reads = byTable(points.filter((point) => !isHidden(point, "write", points)));
    this.#writes = byTable(points.filter((point) => !isHidden(point, "read", points)));
  }

  /** Every point that shares a register with the access, and how many registers no point knows. */
  touched({ table, span, values, isMask }: Access): { readonly points: readonly Touched[]; readonly unknown: number } {
    const end = span.address + span.quantity;
    const points = (values === undefined ? this.#reads : this.#writes)[table].filter((point) =>
      point.address < end && point.address + point.length > span.address
    );
    const known = new Set<number>();
    for (const point of points) {
      for (let at = point.address; at < point.address + point.length; at++) {
        if (at >= span.address && at < end) known.add(at);
      }
    }
    return {
      points: points.map((point) => touch(point, span, isMask ? undefined : values, isMask)),
      unknown: span.quantity - known.size,
    };
  }

  /** The point of a name. */
  named(name: string): Point | undefined {
    return this.points.find((point) => point.name === name);
  }

  /** All points, by table and address. */
  get points(): readonly Point[] {
    return TABLES.flatMap((table) => this.#all[table]);
  }
}

function byTable(points: readonly Point[]): Tables {
  const of = (table: Table) => points.filter((point) => point.table === table).sort((a, b) => a.address - b.address);
  return { coil: of("coil"), discrete: of("discrete"), holding: of("holding"), input: of("input") };
}

/** A write-only point is not what is read where another point stands, and a read-only one not what is written. */
function isHidden(point: Point, access: Point["access"], points: readonly Point[]): boolean {
  return point.access === access &&
    points.some((other) =>
      other.access !== access && other.table === point.table && other.address <= point.address &&
      other.address + other.length >= point.address + point.length
    );
}

function touch(point: Point, span: Span, values: readonly number[] | undefined, isMask: boolean): Touched {
  const start = point.address - span.address;
  const isPartial = isMask || start < 0 || start + point.length > span.quantity;
  const registers = values === undefined || isPartial ? undefined : values.slice(start, start + point.length);
  return { point, isPartial, registers };
}

/**
 * What a request reads and writes. Function codes without addresses (diagnostics, identification, files, queues) have no
 * access: policy judges them by their code.
 */
export function accessesOf(request: ModbusRequest): readonly Access[] {
  switch (request.function) {
    case 1:
      return [read("coil", request)];
    case 2:
      return [read("discrete", request)];
    case 3:
      return [read("holding", request)];
    case 4:
      return [read("input", request)];
    case 5:
      return [write("coil", request.address, [request.on ? 1 : 0])];
    case 6:
      return [write("holding", request.address, [request.value])];
    case 15:
      return [write("coil", request.address, request.bits.map(Number))];
    case 16:
      return [write("holding", request.address, request.registers)];
    case 22:
      // An AND mask of zero replaces the register by the OR mask: a whole value after all.
      return [{ ...write("holding", request.address, [request.or]), isMask: request.and !== 0 }];
    case 23:
      return [read("holding", request.read), write("holding", request.write.address, request.write.registers)];
    default:
      return [];
  }
}

function read(table: Table, { address, quantity }: Span): Access {
  return { table, span: { address, quantity }, values: undefined, isMask: false };
}

function write(table: Table, address: number, values: readonly number[]): Access {
  return { table, span: { address, quantity: values.length }, values, isMask: false };
}
