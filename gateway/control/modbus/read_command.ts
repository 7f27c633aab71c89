import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { LINES_WORKER, linesWorkerOf, type ReadAnswer } from "../../core/modbus_api.ts";
import { EXCEPTION } from "../../modbus/codec.ts";
import type { Point } from "../../modbus/point.ts";
import { describePoint, readPoint } from "../../modbus/point_value.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../contract.ts";
import { MODBUS_CONTROL_LIMITS } from "./limits.ts";
import { type PointBlock, pointBlocks } from "./point_blocks.ts";
import { unitOf } from "./units_command.ts";

/** One point as it was read, or why it was not. */
interface Reading {
  readonly point: Point;
  readonly value?: Json;
  readonly text: string;
}

/**
 * `modbus read --unit 1`: the named values of a device with their units, read through its line in turn with all clients.
 * Badge and vehicle ids are left out: devices exist that hang up when asked for them, and they are nobody's business.
 */
export async function readCommand(context: ControlContext, args: CommandArgs, who: string): Promise<CommandResult> {
  const { unit, known } = unitOf(context, args);
  if (!known) {
    throw new GatewayError("MODBUS_UNIT_UNKNOWN", `Unit ${unit} has no profile, so its values have no names`, {
      hint: "Name one under modbus.units; `modbus discover` makes one of a SunSpec device",
    });
  }
  const points = pointsOf(known.points, args);
  const readings = await readPoints(context, unit, points, who);
  const text = formatTable(
    ["point", "value", "class", "known by"],
    readings.map(({ point, text }) => [point.name, text, point.class, point.rung]),
  );
  const left = known.points.filter(isPrivate).length;
  const note = left > 0 && args["point"] === undefined ? [`Badge and vehicle ids are not read (${left} points).`] : [];
  const isGood = readings.some(({ value }) => value !== undefined);
  return {
    ok: isGood || readings.length === 0,
    text: [`Unit ${unit}, ${known.name}`, text, ...note].join("\n"),
    data: {
      unit,
      profile: known.id,
      points: readings.map(({ point, value, text }) => ({
        name: point.name,
        ...value === undefined ? { fault: text } : { value, text },
        ...point.unit === undefined ? {} : { unit: point.unit },
        class: point.class,
        rung: point.rung,
      })),
    },
  };
}

const isPrivate = (point: Point) => point.class === "personal" || point.class === "credential";

function pointsOf(all: readonly Point[], args: CommandArgs): readonly Point[] {
  const readable = all.filter((point) => point.access !== "write" && !isPrivate(point));
  const asked = args["point"];
  if (typeof asked !== "string") return readable;
  const names = asked.split(",");
  const unknown = names.find((name) => !readable.some((point) => point.name === name));
  if (unknown === undefined) return readable.filter(({ name }) => names.includes(name));
  const isThere = all.some(({ name }) => name === unknown);
  const why = isThere ? "cannot be read, or is nobody's to read" : "is no point of its profile";
  throw new GatewayError("CLI_USAGE", `Point "${unknown}" ${why}`, {
    hint: `Wanted one of ${readable.map(({ name }) => name).join(", ")}`,
  });
}

async function readPoints({ workers }: ControlContext, unit: number, points: readonly Point[], who: string) {
  const blocks = pointBlocks(points);
  const lines = workers.get(linesWorkerOf(workers) ?? LINES_WORKER);
  const readings: Reading[] = [];
  for (const block of blocks) {
    const { answers: [answer] } = await lines.call("modbus.read", { unit, who: `person ${who}`, spans: [block.span] }, {
      deadlineMs: MODBUS_CONTROL_LIMITS.readMs,
    });
    readings.push(...readingsOf(block, answer ?? { exception: EXCEPTION.gatewayTargetFailed }));
  }
  return readings;
}

function readingsOf({ span, points }: PointBlock, answer: ReadAnswer): Reading[] {
  if ("exception" in answer) return points.map((point) => ({ point, text: exceptionText(answer.exception) }));
  return points.map((point) => {
    const start = point.address - span.address;
    const value = readPoint(point, answer.registers.slice(start, start + point.length));
    return {
      point,
      value: typeof value === "bigint" ? String(value) : value ?? null,
      text: describePoint(point, value),
    };
  });
}

/** An exception in words, for people who do not know the numbers by heart. */
export function exceptionText(exception: number): string {
  switch (exception) {
    case EXCEPTION.illegalFunction:
      return "not read: the device does not know the function (exception 01)";
    case EXCEPTION.illegalDataAddress:
      return "not read: the device has no such register (exception 02)";
    case EXCEPTION.serverDeviceBusy:
      return "not read: too many requests wait for the line (exception 06)";
    case EXCEPTION.gatewayPathUnavailable:
      return "not read: the line is down (exception 0A)";
    case EXCEPTION.gatewayTargetFailed:
      return "not read: the device does not answer (exception 0B)";
    default:
      return `not read: exception ${exception.toString(16).padStart(2, "0").toUpperCase()}`;
  }
}
