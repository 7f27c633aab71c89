import type { ReadSpan } from "../../core/modbus_api.ts";
import { MODBUS_LIMITS } from "../../modbus/limits.ts";
import type { Point } from "../../modbus/point.ts";

/** One read and the points that it holds. */
export interface PointBlock {
  readonly span: ReadSpan;
  readonly points: readonly Point[];
}

/**
 * The reads that show these points, as few as can be without a register that none of them knows: many devices refuse a
 * block over a gap.
 */
export function pointBlocks(points: readonly Point[]): PointBlock[] {
  const blocks: { span: ReadSpan; points: Point[] }[] = [];
  const sorted = points.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address);
  for (const point of sorted) {
    const last = blocks.at(-1);
    const end = point.address + point.length;
    const most = point.table === "holding" || point.table === "input"
      ? MODBUS_LIMITS.readRegisters
      : MODBUS_LIMITS.readBits;
    const joins = last?.span.table === point.table && point.address <= last.span.address + last.span.quantity &&
      end - last.span.address <= most;
    if (!last || !joins) {
      blocks.push({ span: { table: point.table, address: point.address, quantity: point.length }, points: [point] });
      continue;
    }
    const quantity = Math.max(last.span.quantity, end - last.span.address);
    last.span = { ...last.span, quantity };
    last.points.push(point);
  }
  return blocks;
}
