import type { AllowedWrite } from "../../policies/modbus.ts";
import type { ModbusRequest } from "./codec.ts";
import { writePoint } from "./point_value.ts";
import type { Access } from "./profile.ts";
import type { TouchedAccess } from "./policy_targets.ts";

/**
 * The request with clamped values in place of those that were asked for; undefined where one of them cannot be written:
 * then nothing is forwarded.
 */
export function clampRequest(
  request: ModbusRequest,
  touched: readonly TouchedAccess[],
  writes: readonly AllowedWrite[],
): ModbusRequest | undefined {
  let changed: ModbusRequest | undefined = request;
  for (const { target, clamped } of writes) {
    if (clamped === undefined) continue;
    const write = touched.find(({ access }) => access.values !== undefined)!;
    const point = write.points.find(({ point }) => point.name === target.point?.name)?.point;
    const registers = point && writePoint(point, clamped);
    changed = registers && changed && replaceRegisters(changed, point.address - write.access.span.address, registers);
  }
  return changed;
}

function replaceRegisters(request: ModbusRequest, at: number, registers: readonly number[]): ModbusRequest | undefined {
  const replaced = (all: readonly number[]) => all.map((word, index) => registers[index - at] ?? word);
  switch (request.function) {
    case 6:
      return { ...request, value: registers[0]! };
    case 16:
      return { ...request, registers: replaced(request.registers) };
    case 22: // only with an AND mask of zero: all bits are replaced
      return { ...request, or: registers[0]! };
    case 23:
      return { ...request, write: { ...request.write, registers: replaced(request.write.registers) } };
    default:
      return undefined;
  }
}

/**
 * What the client gets for a clamped write: the echo of its own request, which many check, where the function code has an
 * echo. What is in force it reads back.
 */
export function echoOf(request: ModbusRequest, asked: Uint8Array, answer: Uint8Array): Uint8Array {
  return request.function === 6 || request.function === 22 ? asked : answer;
}

/** The answer of a read with zeros in place of the points that this client may not see. */
export function maskAnswer(
  answer: Uint8Array,
  { access, points }: TouchedAccess,
  masked: readonly string[],
): Uint8Array {
  const shown = answer.slice();
  for (const { point } of points) {
    if (!masked.includes(point.name)) continue;
    for (let at = point.address; at < point.address + point.length; at++) {
      blank(shown, access, at - access.span.address);
    }
  }
  return shown;
}

/** Zeros the register or bit at this place of a read's answer; the place may lie outside of what was read. */
function blank(pdu: Uint8Array, { table }: Access, at: number): void {
  if (at < 0) return;
  if (table === "coil" || table === "discrete") {
    if (2 + (at >> 3) < pdu.length) pdu[2 + (at >> 3)]! &= ~(1 << (at & 7));
  } else if (3 + at * 2 < pdu.length) pdu.fill(0, 2 + at * 2, 4 + at * 2);
}
