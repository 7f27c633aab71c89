import { SIGNAL_RULES } from "../../policies/incident_signals.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { type IncidentActs, refused } from "./acts.ts";
import type { IncidentBook } from "./incident_book.ts";
import type { IncidentRecord } from "./incident_record.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { nextOf, STEP_WORDS } from "./steps.ts";

/** What the commands work on. */
export interface IncidentCommandParts {
  readonly acts: IncidentActs;
  readonly book: IncidentBook;
  /** Looks at a station now. @throws GatewayError STATION_UNKNOWN */
  look(station: string): Promise<void>;
}

/** The commands that begin with `incident`. */
export function incidentCommands(parts: IncidentCommandParts): Readonly<Record<string, CommandHandler>> {
  const { acts } = parts;
  return {
    "incident acknowledge": async (args, who) => shown(await acts.acknowledge(idOf(args), who)),
    "incident announce": async (args, who) => {
      const work = await acts.announce({
        ...{ station: String(args["station"]), hours: hoursOf(args["hours"]), who },
        reason: textOf(args, "reason"),
      });
      const text = `${work.id}: what is seen at ${work.station} until ${iso(work.until)} is explained by it.`;
      return { text, data: { ...work } };
    },
    "incident close": async (args, who) => {
      const isFalse = args["false-alarm"] === true;
      return shown(await acts.close(idOf(args), who, isFalse ? textOf(args, "reason") : undefined));
    },
    "incident decide": async (args, who) => {
      return shown(await acts.decide(idOf(args), choiceOf(args), textOf(args, "reason"), who));
    },
    "incident list": (args) => Promise.resolve(list(parts, args)),
    "incident look": async (args) => {
      const station = String(args["station"]);
      await parts.look(station);
      return list(parts, { station });
    },
    "incident report": async (args, who) => {
      const station = String(args["station"]), what = textOf(args, "what");
      await acts.report(station, what, who);
      return { text: `Thank you: it stands in the incident of ${station}.`, data: { station, what } };
    },
    "incident show": async (args) => await Promise.resolve(shown(acts.named(idOf(args)))),
    "incident step": async (args, who) => {
      const skip = args["skip"] === true ? textOf(args, "reason") : undefined;
      const person = optionalText(args, "person", INCIDENT_LIMITS.nameChars), proof = optionalText(args, "proof");
      return shown(
        await acts.step(idOf(args), String(args["step"]), {
          who,
          ...person === undefined ? {} : { person },
          ...proof === undefined ? {} : { proof },
          ...skip === undefined ? {} : { skip },
        }),
      );
    },
    "incident withdraw": async (args, who) => {
      await acts.withdraw(String(args["work"]), who);
      return { text: "It explains nothing any more.", data: { work: String(args["work"]) } };
    },
  };
}

function list({ book }: IncidentCommandParts, args: CommandArgs): CommandResult {
  const wanted = args["station"];
  const found = book.all().filter(({ state, subject }) =>
    (args["all"] === true || state !== "closed") && (wanted === undefined || subject === wanted)
  );
  const works = book.announced();
  const data = { incidents: found.map(rowOf), works } as unknown as Json;
  const rows = found.map((record) => [
    ...[record.id, record.subject, record.severity, record.kind, record.state, iso(record.openedAt)],
    nextText(record),
  ]);
  const table = found.length === 0
    ? "No incident stands."
    : formatTable(["incident", "station", "severity", "looks like", "state", "since", "next"], rows);
  const announced = works.map(({ id, station, until, by, reason }) => [id, station, iso(until), by, reason]);
  const more = works.length === 0 ? "" : `\n\n${formatTable(["work", "station", "until", "by", "reason"], announced)}`;
  return { text: table + more, data };
}

/** One incident in a list: without its timeline. */
function rowOf({ timeline, done: _, steps: __, ...record }: IncidentRecord) {
  return { ...record, signals: timeline.length, last: timeline.at(-1)?.kind };
}

function nextText(record: IncidentRecord): string {
  if (record.state === "open") return "acknowledge";
  if (record.state === "acknowledged") return "decide";
  if (record.state === "closed") return record.ended?.how ?? "-";
  const next = nextOf(record);
  return next === undefined ? "close" : `step ${next}`;
}

function shown(record: IncidentRecord): CommandResult {
  const { id, subject, kind, severity, state, timeline, steps, done, dropped, decided, acknowledged, ended } = record;
  const lines = timeline.map(({ at, kind: signal, detail, source, count, explained }) => [
    ...[iso(at), signal, count > 1 ? `${count} times` : "", source],
    explained ? `${detail} (explained by ${explained.by})` : detail,
  ]);
  const people = [
    acknowledged && `Acknowledged by ${acknowledged.by}, ${iso(acknowledged.at)}.`,
    decided &&
    `${decided.what === "keep" ? "Let run" : "Quarantine"}: ${decided.by}, ${iso(decided.at)}: ${decided.reason}`,
    ended && `Closed as ${ended.how} by ${ended.by}, ${iso(ended.at)}${ended.reason ? `: ${ended.reason}` : ""}.`,
  ].filter((line) => line !== undefined);
  const walk = steps.map(({ id: step, way }) => {
    const note = done[step];
    const words = note
      ? [note.state, note.person ?? note.by, note.proof ?? note.found ?? ""]
      : ["", way, STEP_WORDS[step].how];
    return [step, STEP_WORDS[step].title, ...words];
  });
  const text = [
    `${id}: ${subject}, ${severity}, looks like "${kind}", ${state}; next: ${nextText(record)}`,
    formatTable(["when", "signal", "", "seen by", "what"], lines),
    ...dropped > 0 ? [`${dropped} further signals found no room; the audit trail has them.`] : [],
    ...people,
    ...walk.length > 0 ? [formatTable(["step", "what", "state", "by", "proof"], walk)] : [],
  ].join("\n\n");
  const meanings = Object.fromEntries(timeline.map(({ kind: signal }) => [signal, SIGNAL_RULES[signal].meaning]));
  const words = Object.fromEntries(steps.map(({ id: step }) => [step, STEP_WORDS[step]]));
  return { text, data: { ...record, next: nextText(record), meanings, words } as unknown as Json };
}

const iso = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const idOf = (args: CommandArgs): string => String(args["incident"]);

function choiceOf(args: CommandArgs): "keep" | "quarantine" {
  if ((args["keep"] === true) !== (args["quarantine"] === true)) return args["keep"] === true ? "keep" : "quarantine";
  throw refused("It is not said what becomes of the station", "Add --quarantine or --keep, with --reason TEXT");
}

function hoursOf(given: CommandArgs[string]): number {
  if (typeof given === "string" && /^\d{1,4}(\.\d{1,2})?$/.test(given)) return Number(given);
  throw refused(`--hours ${String(given).slice(0, 20)} is no number of hours`, "Write --hours 2");
}

/** A text that has to be there. @throws GatewayError INCIDENT_REFUSED */
export function textOf(args: CommandArgs, name: string): string {
  const text = optionalText(args, name);
  if (text !== undefined) return text;
  throw refused(`--${name} is missing`, `Write --${name} TEXT; it stands in the audit trail`);
}

/** @throws GatewayError INCIDENT_REFUSED for a text that is too short or too long */
export function optionalText(
  args: CommandArgs,
  name: string,
  most: number = INCIDENT_LIMITS.textChars,
): string | undefined {
  const given = args[name];
  if (given === undefined || given === "") return undefined;
  const text = String(given).trim();
  if (text.length >= 2 && text.length <= most) return text;
  throw new GatewayError("INCIDENT_REFUSED", `--${name} has ${text.length} characters`, { hint: `Write 2 to ${most}` });
}
