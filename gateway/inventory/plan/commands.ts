import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { PLAN_LIMITS } from "./limits.ts";
import { makeSafe } from "./picture.ts";
import type { Floor, PlanBook } from "./plan_book.ts";

/** What the commands work with. */
export interface PlanParts {
  readonly context: Pick<ControlContext, "audit">;
  readonly book: PlanBook;
  /** Ids of all stations. */
  readonly stations: () => readonly string[];
}

/** The commands that begin with `plan`. */
export function planCommands(parts: PlanParts): Readonly<Record<string, CommandHandler>> {
  return {
    "plan picture": (args) => picture(parts, args),
    "plan place": (args, who) => place(parts, args, who),
    "plan remove": (args, who) => remove(parts, args, who),
    "plan set": (args, who) => set(parts, args, who),
    "plan show": async () => await Promise.resolve(show(parts)),
    "plan unplace": (args, who) => unplace(parts, args, who),
  };
}

/** Stations that have left the inventory keep no place in sight. */
function show({ book, stations }: PlanParts): CommandResult {
  const known = new Set(stations());
  const floors = book.floors();
  const places = book.places().filter(([station]) => known.has(station)).map(([station, at]) => ({ station, ...at }));
  const placed = new Set(places.map(({ station }) => station));
  const unplaced = [...known].filter((station) => !placed.has(station)).sort();
  const rows = floors.map((floor) => [
    ...[floor.id, floor.name, sizeOf(floor)],
    places.filter((place) => place.floor === floor.id).map(({ station, x, y }) => `${station} (${x}, ${y})`).join(", "),
  ]);
  const head = floors.length === 0
    ? "No floor has a plan yet: `plan set` makes one."
    : formatTable(["floor", "name", "picture", "stations (percent from the left, from above)"], rows);
  const rest = unplaced.length === 0 ? "" : `\n\nOn no plan: ${unplaced.join(", ")}`;
  return { text: head + rest, data: { floors, places, unplaced } as unknown as Json };
}

async function picture({ book }: PlanParts, args: CommandArgs): Promise<CommandResult> {
  const floor = book.floor(text(args, "floor"));
  const bytes = await book.picture(floor.id);
  return {
    text: `${floor.name}: ${sizeOf(floor)}. --json has its bytes.`,
    data: { ...floor.picture, base64: bytes.toBase64() },
  };
}

async function set({ context, book }: PlanParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const id = text(args, "floor");
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(id)) {
    throw invalid(`"${id.slice(0, 40)}" cannot be the id of a floor`, "Use 1 to 32 small letters, digits and dashes");
  }
  const name = args["name"];
  if (name !== undefined && (typeof name !== "string" || name.trim() === "" || name.length > PLAN_LIMITS.nameChars)) {
    throw invalid(`The name of a floor has 1 to ${PLAN_LIMITS.nameChars} characters`, 'Give one as --name "Level -1"');
  }
  const file = args["file"];
  const floor = await book.set(id, who, {
    ...name === undefined ? {} : { name: name.trim() },
    ...typeof file === "string" ? { picture: makeSafe(bytesOf(file)) } : {},
  });
  const { sha256 } = floor.picture;
  const detail = { floor: id, ...typeof file === "string" ? { sha256 } : {} };
  await context.audit.record({ event: "plan.floor.set", class: "operation", who, outcome: "ok", detail });
  return { text: `The floor "${floor.name}" shows ${sizeOf(floor)}`, data: floor as unknown as Json };
}

async function remove({ context, book }: PlanParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { id, name } = book.floor(text(args, "floor"));
  await book.remove(id);
  const detail = { floor: id };
  await context.audit.record({ event: "plan.floor.removed", class: "operation", who, outcome: "ok", detail });
  return { text: `The floor "${name}" has no plan any more`, data: { floor: id } };
}

async function place({ context, book, stations }: PlanParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = text(args, "station");
  const known = stations();
  if (!known.includes(station)) {
    throw new GatewayError("STATION_UNKNOWN", `There is no station "${station}"`, { hint: "`stations` lists them" });
  }
  const at = await book.place(station, {
    floor: text(args, "floor"),
    x: percent(args, "x"),
    y: percent(args, "y"),
  });
  const gone = book.places().map(([id]) => id).filter((id) => !known.includes(id));
  await book.unplace(gone); // so that places never outnumber stations
  const event = { event: "plan.station.placed", class: "operation", who, target: station, outcome: "ok" } as const;
  await context.audit.record({ ...event, detail: { ...at } });
  const where = `${at.x} % from the left and ${at.y} % from above`;
  return { text: `${station} stands on "${book.floor(at.floor).name}", ${where}`, data: { station, ...at } };
}

async function unplace({ context, book }: PlanParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = text(args, "station");
  if ((await book.unplace([station])).length === 0) {
    throw new GatewayError("PLAN_UNKNOWN", `The station "${station}" stands on no plan`, { hint: "See `plan show`" });
  }
  const event = { event: "plan.station.unplaced", class: "operation", who, target: station, outcome: "ok" } as const;
  await context.audit.record(event);
  return { text: `${station} stands on no plan any more`, data: { station } };
}

function text(args: CommandArgs, name: string): string {
  const value = args[name];
  if (typeof value === "string" && value !== "") return value;
  throw invalid(`"${name}" is missing`, "See `help plan`");
}

function percent(args: CommandArgs, name: string): number {
  const given = text(args, name);
  const value = /^\d{1,3}(\.\d{1,6})?$/.test(given) ? Number(given) : NaN;
  if (value >= 0 && value <= 100) return value;
  throw invalid(`--${name} is "${given.slice(0, 20)}"`, "Wanted is a percentage from 0 to 100, as 12.5");
}

/** A file comes as base64. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw invalid("The picture did not come as base64", "Give the file itself with --file");
  }
}

function sizeOf({ picture: { type, width, height, bytes } }: Floor): string {
  return `${type === "image/png" ? "PNG" : "JPEG"}, ${width} x ${height} pixels, ${Math.ceil(bytes / 1024)} KiB`;
}

const invalid = (what: string, hint: string): GatewayError => new GatewayError("PLAN_INVALID", what, { hint });
