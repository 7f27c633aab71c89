import { isInOrder, ITEM_RESULTS, type ItemResult, listFault, type SaidItem } from "../../../policies/inspection.ts";
import type { InspectionTemplate } from "../../../profiles/inspection_templates.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { makeSafe } from "../../inventory/plan/picture.ts";
import { refused } from "../acts.ts";
import { optionalText } from "../commands.ts";
import type { Inspection, InspectionBook } from "./inspection_book.ts";
import { INSPECTION_LIMITS } from "./limits.ts";

/** What the commands work on. */
export interface InspectionCommandParts {
  readonly context: Pick<ControlContext, "audit" | "clock">;
  readonly book: InspectionBook;
  readonly templates: readonly InspectionTemplate[];
  readonly stations: () => readonly string[];
  isKnown(subject: string): boolean;
  /** What a filled list says to others: posture, alarms. */
  tell(done: Inspection, template: InspectionTemplate): Promise<void>;
}

/** The commands that begin with `inspection`. */
export function inspectionCommands(parts: InspectionCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "inspection assign": (args, who) => assign(parts, args, who),
    "inspection due": (args) => Promise.resolve(due(parts, args["all"] === true)),
    "inspection fill": (args, who) => fill(parts, args, who),
    "inspection list": (args) => Promise.resolve(list(parts, args)),
    "inspection photo": (args, who) => photo(parts, args, who),
    "inspection show": async (args) => await Promise.resolve(shown(parts, named(parts, args))),
    "inspection unassign": (args, who) => unassign(parts, args, who),
  };
}

function due({ book, context, isKnown, templates, stations }: InspectionCommandParts, isAll: boolean): CommandResult {
  const rows = book.due(context.clock.now(), isKnown).filter(({ state }) => isAll || state !== "fine");
  const table = rows.map(({ template, subject, state, dueAt, last }) => [
    ...[subject, template, state, day(dueAt), last ? `${day(last.at)} by ${last.person}` : "never"],
  ]);
  const text = rows.length === 0
    ? "No inspection is due. Lists are assigned with `inspection assign`."
    : formatTable(["station", "list", "state", "due", "last"], table);
  const data = { due: rows.map(({ last, ...row }) => ({ ...row, ...last ? { last: brief(last) } : {} })), templates };
  return { text, data: { ...data, stations: [...stations()] } as unknown as Json };
}

function list({ book }: InspectionCommandParts, args: CommandArgs): CommandResult {
  const wanted = args["subject"];
  const found = book.all().filter(({ subject }) => wanted === undefined || subject === wanted);
  const rows = found.map(({ id, template, subject, at, person, said, photos }) => [
    ...[
      id,
      day(at),
      subject,
      template,
      person,
      isInOrder(said) ? "in order" : "NOT IN ORDER",
      `${photos.length} photos`,
    ],
  ]);
  const text = found.length === 0
    ? "No list was filled yet."
    : formatTable(["inspection", "day", "station", "list", "by", "found", ""], rows);
  return { text, data: found.map(brief) as unknown as Json };
}

const brief = ({ said, photos, ...rest }: Inspection) => ({
  ...rest,
  isInOrder: isInOrder(said),
  photos: photos.length,
});

function shown({ templates }: InspectionCommandParts, record: Inspection): CommandResult {
  const { id, template, subject, person, by, at, said, photos } = record;
  const items = templates.find((one) => one.id === template)?.items ?? [];
  const rows = said.map(({ item, result, note = "" }) => [
    ...[item, result, items.find((one) => one.id === item)?.en ?? "", note],
  ]);
  const pictures = photos.map(({ item = "", by: who, at: when }, number) => [`${number + 1}`, item, who, day(when)]);
  const text = [
    `${id}: ${template} at ${subject}, ${day(at)}, looked at by ${person}, entered by ${by}`,
    formatTable(["item", "found", "what", "note"], rows),
    ...photos.length > 0 ? [formatTable(["photo", "of", "by", "day"], pictures)] : [],
  ].join("\n\n");
  const view = { ...record, isInOrder: isInOrder(said), photos: photos.map((one, at) => ({ number: at + 1, ...one })) };
  return { text, data: { ...view, items } as unknown as Json };
}

async function assign(parts: InspectionCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, template = templateOf(parts, args);
  const subjects = args["subject"] === "all" ? parts.stations() : [subjectOf(parts, template, args)];
  const everyDays = daysOf(args["every"], template.everyDays);
  for (const subject of subjects) {
    const kept = book.assigned(template.id, subject);
    await context.audit.record({
      ...{ event: "inspection.assigned", class: "operation", who, target: subject, outcome: "ok" },
      detail: { list: template.id, everyDays },
    });
    await book.assign({
      ...{ template: template.id, subject, everyDays, by: who, at: kept?.at ?? context.clock.now() },
    });
  }
  const text = `${template.id} is to be filled every ${everyDays} days for ${subjects.length} subjects.`;
  return { text, data: { template: template.id, subjects: [...subjects], everyDays } };
}

async function unassign(parts: InspectionCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const template = templateOf(parts, args), subject = String(args["subject"]);
  if (!parts.book.assigned(template.id, subject)) {
    throw refused(
      `${template.id} is not assigned to "${subject.slice(0, 64)}"`,
      "`inspection due --all` shows what is",
    );
  }
  await parts.context.audit.record({
    ...{ event: "inspection.unassigned", class: "operation", who, target: subject, outcome: "ok" },
    detail: { list: template.id },
  });
  await parts.book.unassign(template.id, subject);
  return { text: `${template.id} is not wanted of ${subject} any more.`, data: { template: template.id, subject } };
}

async function fill(parts: InspectionCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context: { audit, clock } } = parts, template = templateOf(parts, args);
  const subject = subjectOf(parts, template, args), said = saidOf(template, args);
  const person = optionalText(args, "person", INSPECTION_LIMITS.nameChars) ?? who;
  const picture = args["file"] === undefined ? undefined : pictureOf(args["file"]);
  if (template.wantsPhoto && !picture) {
    throw refused(`A photo belongs to "${template.id}"`, "Add --file PHOTO, a PNG or JPEG");
  }
  const failed = said.filter(({ result }) => result === "not-ok");
  const outcome = failed.length === 0 ? "ok" : "failed";
  const filled = { template: template.id, subject, said, person, by: who, at: clock.now() };
  const done = await book.add(filled, picture, () =>
    audit.record({
      ...{ event: "inspection.done", class: "operation", who, target: subject, outcome },
      detail: { list: template.id, person, failed: failed.length },
    }));
  for (const { item, note = "" } of failed) {
    await audit.record({
      ...{ event: "inspection.item.failed", class: "security", who, target: subject, outcome: "failed" },
      detail: { inspection: done.id, list: template.id, item, note },
    });
  }
  await parts.tell(done, template);
  return shown(parts, done);
}

/** With a file: one more photo of a filled list. Without: the bytes of one. */
async function photo(parts: InspectionCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context: { audit, clock } } = parts, record = named(parts, args);
  if (args["file"] === undefined) {
    const number = Number(args["number"] ?? 1), kept = record.photos[number - 1];
    if (!kept) throw unknown(`${record.id} has no photo ${String(args["number"] ?? 1).slice(0, 10)}`);
    const bytes = await book.readPhoto(kept, record.id), { type, width, height, sha256 } = kept;
    const text = `Photo ${number} of ${record.id}: ${type}, ${width} x ${height} pixels`;
    return { text, data: { type, width, height, sha256, bytes: kept.bytes, base64: bytes.toBase64() } };
  }
  const item = optionalText(args, "item", 40);
  const known = parts.templates.find(({ id }) => id === record.template)?.items.map(({ id }) => id) ?? [];
  if (item !== undefined && !known.includes(item)) {
    throw refused(`There is no item "${item}"`, `They are ${known.join(", ")}`);
  }
  const picture = pictureOf(args["file"]);
  await audit.record({
    ...{ event: "inspection.photo.added", class: "operation", who, target: record.subject, outcome: "ok" },
    detail: { inspection: record.id, ...item === undefined ? {} : { item } },
  });
  return shown(
    parts,
    await book.addPhoto(record.id, picture, {
      ...{ by: who, at: clock.now() },
      ...item === undefined ? {} : { item },
    }),
  );
}

/** @throws GatewayError INCIDENT_UNKNOWN */
function named({ book }: InspectionCommandParts, args: CommandArgs): Inspection {
  const id = String(args["inspection"]), record = book.get(id);
  if (record) return record;
  throw unknown(`There is no inspection "${id.slice(0, 20)}"`);
}

function templateOf({ templates }: InspectionCommandParts, args: CommandArgs): InspectionTemplate {
  const name = String(args["list"]), found = templates.find(({ id }) => id === name);
  if (found) return found;
  const hint = `The lists are ${templates.map(({ id }) => id).join(", ")}`;
  throw new GatewayError("INCIDENT_UNKNOWN", `There is no list "${name.slice(0, 40)}"`, { hint });
}

function subjectOf({ isKnown }: InspectionCommandParts, { about, id }: InspectionTemplate, args: CommandArgs): string {
  const subject = String(args["subject"]);
  if (!isKnown(subject)) {
    throw new GatewayError("STATION_UNKNOWN", `There is no station "${subject.slice(0, 64)}"`, {
      hint: '`stations` shows all; the site is "gateway"',
    });
  }
  if ((about === "site") === (subject === "gateway")) return subject;
  throw refused(
    `"${id}" is a list about ${about === "site" ? "the site" : "one station"}`,
    "See `inspection due --all`",
  );
}

/** Results as "seal=ok lock=not-ok", notes as lines of "lock: bent". @throws GatewayError INCIDENT_REFUSED */
function saidOf({ items }: InspectionTemplate, args: CommandArgs): readonly SaidItem[] {
  const notes = new Map(
    String(args["notes"] ?? "").split(/[\n;]/).map((line) => line.trim()).filter((line) => line !== "").map((line) => {
      const at = line.indexOf(":");
      if (at <= 0) throw refused(`The note "${line.slice(0, 40)}" names no item`, 'Write "seal: what was found"');
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
    }),
  );
  const said = String(args["results"] ?? "").split(/[\s,]+/).filter((part) => part !== "").map((part): SaidItem => {
    const [item = "", result = ""] = part.split("="), note = notes.get(item);
    if (!ITEM_RESULTS.includes(result as ItemResult)) {
      throw refused(`"${part.slice(0, 60)}" is no result`, `Write ITEM=RESULT with ${ITEM_RESULTS.join(", ")}`);
    }
    return { item, result: result as ItemResult, ...note === undefined ? {} : { note } };
  });
  const fault = listFault(said, { items: items.map(({ id }) => id), noteChars: INSPECTION_LIMITS.noteChars });
  if (fault !== undefined) throw refused(fault, `The items are ${items.map(({ id }) => id).join(", ")}`);
  return said;
}

function pictureOf(base64: unknown) {
  try {
    return makeSafe(Uint8Array.fromBase64(String(base64)));
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw refused("The photo did not come as base64", "Give the file itself with --file");
  }
}

function daysOf(given: CommandArgs[string], usual: number): number {
  if (given === undefined) return usual;
  const days = typeof given === "string" && /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (days >= 1 && days <= INSPECTION_LIMITS.everyDays) return days;
  throw refused(
    `--every ${String(given).slice(0, 20)} is no number of days`,
    `Write 1 to ${INSPECTION_LIMITS.everyDays}`,
  );
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
const unknown = (message: string): GatewayError =>
  new GatewayError("INCIDENT_UNKNOWN", message, { hint: "`inspection list` shows those that are kept" });
