import type { Finding, GuideLine, PostureCheck, Remedy } from "../../policies/posture_types.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { PaperSigner } from "../papers/paper.ts";
import type { Guides } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import type { PostureBook } from "./posture_book.ts";
import type { PostureEngine, SubjectPosture } from "./posture_engine.ts";
import type { PostureReport } from "./report_data.ts";
import { reportHtml } from "./report_html.ts";
import { reportPaper } from "./report_paper.ts";
import { REPORT_PREFIX, reportText } from "./posture_report.ts";

const DAY = 86_400_000;
/** The worst first. */
const ORDER = ["failed", "unknown", "waived", "met"];

/** Signs a text with the audit key. */
export type SignText = (text: string) => Promise<{ readonly keyId: string; readonly signature: string }>;

/** What the commands work with. */
export interface PostureParts {
  readonly context: Pick<ControlContext, "audit" | "clock" | "random" | "site">;
  readonly guides: Guides;
  readonly book: PostureBook;
  readonly engine: PostureEngine;
  readonly sign: SignText;
  /** The setting of the golden configuration whose fix mends a line of a station; undefined: none, or nothing drifted. */
  readonly fixOf: (subject: string, line: GuideLine) => string | undefined;
  /** A person has a station looked at: fixes that wait for it are looked at too. */
  readonly onRun: () => void;
  /** Signs the report as a PDF. */
  readonly papers: { signer(): Promise<PaperSigner> };
}

/** The commands that begin with `posture`. */
export function postureCommands(parts: PostureParts): Readonly<Record<string, CommandHandler>> {
  return {
    "posture": async (args) => await Promise.resolve(args["trend"] === true ? trend(parts) : overview(parts)),
    "posture confirm": (args, who) => confirm(parts, args, who),
    "posture guides": async (args) => await Promise.resolve(guides(parts, args)),
    "posture report": (args, who) => report(parts, args, who),
    "posture run": async (args) => {
      const standing = await judged(parts, args, true);
      parts.onRun();
      return show(parts, standing, true);
    },
    "posture show": async (args) => show(parts, await judged(parts, args, false), args["all"] === true),
    "posture unwaive": (args, who) => unwaive(parts, args, who),
    "posture waive": (args, who) => waive(parts, args, who),
  };
}

function overview({ book, engine }: PostureParts): CommandResult {
  const standings = engine.subjects().map((subject) => engine.standing(subject) ?? { subject });
  const rows = standings.map((standing) => {
    if (!("score" in standing)) return [standing.subject, "-", "-", "-", "-", "-", "not judged yet"];
    const { percent, met, failed, unknown, waived } = standing.score;
    const worst = standing.findings.filter(({ outcome }) => outcome === "failed").map(({ line }) => line).slice(0, 4);
    return [standing.subject, `${percent} %`, ...[met, failed, unknown, waived].map(String), worst.join(" ")];
  });
  const site = engine.siteScore();
  const head = `The site stands at ${site.percent} %: ${site.met} lines met, ${site.failed} not met, ` +
    `${site.unknown} not known, ${site.waived} waived. What is not proven is not counted.`;
  const table = formatTable(["subject", "score", "met", "not met", "not known", "waived", "worst"], rows);
  const units = engine.unitScores();
  const unitRows = units.map(({ unit, stations, score: { percent, failed, unknown } }) => [
    ...[unit, stations.join(" "), `${percent} %`, String(failed), String(unknown)],
  ]);
  const unitTable = formatTable(["unit", "stations", "score", "not met", "not known"], unitRows);
  const text = [head, table, ...units.length > 0 ? [unitTable] : []].join("\n\n");
  return { text, data: { site, subjects: standings, units, trend: book.trend() } as unknown as Json };
}

function trend({ book }: PostureParts): CommandResult {
  const days = book.trend();
  const rows = days.map(({ day, percent, failed, unknown }) => [day, `${percent} %`, String(failed), String(unknown)]);
  const text = days.length === 0 ? "No day is over yet." : formatTable(["day", "score", "not met", "not known"], rows);
  return { text, data: days as unknown as Json };
}

function guides({ guides: all }: PostureParts, args: CommandArgs): CommandResult {
  const wanted = args["guide"];
  if (wanted === undefined) {
    const rows = all.all.map(({ id, title, lines, applies }) => [id, applies.to, String(lines.length), title]);
    return { text: formatTable(["guide", "about", "lines", "title"], rows), data: all.all as unknown as Json };
  }
  const guide = all.all.find(({ id }) => id === wanted);
  if (!guide) {
    const hint = `The guides are ${all.all.map(({ id }) => id).join(", ")}`;
    throw new GatewayError("CLI_USAGE", `There is no guide "${String(wanted)}"`, { hint });
  }
  const rows = guide.lines.map(({ id, severity, title, checks }) => [
    ...[id, severity, title, checks.map(checkWords).join(", else ")],
  ]);
  return { text: formatTable(["line", "severity", "wants", "checked by"], rows), data: guide as unknown as Json };
}

function checkWords(check: PostureCheck): string {
  switch (check.by) {
    case "people":
      return `a person, every ${check.everyDays} days`;
    case "ports":
      return `a look at ports ${check.closed.join(", ")}`;
    case "product":
      return "tests of this gateway";
    case "ocpp":
      return `OCPP ${[check.key, check.variable].filter((name) => name !== undefined).join(" or ")}`;
    case "driver":
      return `the driver: ${check.setting}`;
    default:
      return `${check.by}: ${check.fact}`;
  }
}

async function judged({ engine }: PostureParts, args: CommandArgs, ask: boolean): Promise<SubjectPosture> {
  const subject = String(args["subject"]);
  const standing = await engine.judge(subject, ask);
  if (standing) return standing;
  throw new GatewayError("STATION_UNKNOWN", `There is no station "${subject}"`, {
    hint: '`stations` shows all; the gateway itself is "gateway"',
  });
}

function show({ guides: all, fixOf }: PostureParts, standing: SubjectPosture, isAll: boolean): CommandResult {
  const { subject, score, findings, readAt } = standing;
  const sorted = findings.toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  const shown = sorted.filter(({ outcome }) => isAll || outcome !== "met");
  const fixFor = ({ line, outcome }: Finding) => {
    const known = outcome === "failed" ? all.line(line) : undefined;
    return known && fixOf(subject, known.line);
  };
  const parts = shown.map((finding) => {
    const setting = fixFor(finding);
    const fix = setting === undefined ? [] : [`  fix: posture golden fix ${subject} --settings ${setting}`];
    return [lineText(finding, all), ...fix].join("\n");
  });
  const read = readAt === undefined ? "" : `; its settings were read ${new Date(readAt).toISOString()}`;
  const head = `${subject} stands at ${score.percent} %: ${score.met} of ${findings.length} lines met${read}`;
  const data = {
    ...standing,
    findings: sorted.map((finding) => {
      const fix = fixFor(finding);
      return { ...finding, ...linePart(finding, all), ...fix === undefined ? {} : { fix } };
    }),
  } as unknown as Json;
  return { text: [head, ...parts].join("\n\n"), data };
}

function lineText(finding: Finding, all: Guides): string {
  const { line, outcome, why } = finding, { title, remedy, ask } = linePart(finding, all);
  const words = { met: "met", failed: "NOT MET", unknown: "not known", waived: "waived" }[outcome];
  const look = ask !== undefined && outcome !== "met" ? [`  ask: ${ask}`] : [];
  const mend = outcome === "met" || remedy === undefined ? [] : [`  do:  ${remedy.text}`];
  return [`${line}  ${words}  ${title ?? ""}`, `  ${why}`, ...look, ...mend].join("\n");
}

/** What its guide says of a line; nothing when it has left the guide. */
interface LineWords {
  readonly guide?: string;
  readonly title?: string;
  readonly severity?: string;
  readonly source?: string;
  readonly remedy?: Remedy;
  readonly ask?: string;
}

function linePart({ line }: Finding, all: Guides): LineWords {
  const known = all.line(line);
  if (!known) return {};
  const { title, severity, source, remedy, checks } = known.line;
  const look = checks.find((check) => check.by === "people");
  return { guide: known.guide.id, title, severity, source, remedy, ...look ? { ask: look.ask } : {} };
}

async function confirm(parts: PostureParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { subject, line } = await target(parts, args);
  const { checks } = parts.guides.line(line)!.line;
  if (!checks.some(({ by }) => by === "people")) {
    throw new GatewayError("POSTURE_REFUSED", `${line} is not for people to confirm: the gateway reads it itself`, {
      hint: `\`posture run ${subject}\` looks now; \`posture waive\` answers for it`,
    });
  }
  const isSo = args["not-so"] !== true, note = textOf(args["note"], "note");
  await parts.book.confirm(subject, line, { who, isSo, ...note === undefined ? {} : { note } });
  await parts.context.audit.record({
    ...{ event: "posture.line.confirmed", class: "operation", who, target: subject, outcome: isSo ? "ok" : "failed" },
    detail: { line, isSo, ...note === undefined ? {} : { note } },
  });
  return show(parts, (await parts.engine.judge(subject, false))!, false);
}

async function waive(parts: PostureParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { subject, line } = await target(parts, args);
  const reason = textOf(args["reason"], "reason");
  if (reason === undefined) throw usage("A waiver needs a reason", 'Add --reason "why it is acceptable"');
  const until = untilOf(args["until"], parts.context.clock.now());
  await parts.book.waive(subject, line, { reason, who, until });
  await parts.context.audit.record({
    ...{ event: "posture.line.waived", class: "security", who, target: subject, outcome: "ok" },
    detail: { line, reason, until: new Date(until).toISOString() },
  });
  return show(parts, (await parts.engine.judge(subject, false))!, false);
}

async function unwaive(parts: PostureParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { subject, line } = await target(parts, args);
  if (!await parts.book.unwaive(subject, line)) {
    throw new GatewayError("POSTURE_REFUSED", `${line} of ${subject} is not waived`, {
      hint: `\`posture show ${subject}\` shows how its lines stand`,
    });
  }
  await parts.context.audit.record({
    ...{ event: "posture.line.unwaived", class: "security", who, target: subject, outcome: "ok", detail: { line } },
  });
  return show(parts, (await parts.engine.judge(subject, false))!, false);
}

async function report(parts: PostureParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { context, guides: all, engine, book, sign, papers } = parts, { id, name } = context.site.site;
  const format = args["format"] ?? "json";
  if (format !== "json" && format !== "html" && format !== "pdf") {
    throw usage(
      `--format ${String(format).slice(0, 20)} is none of json, html, pdf`,
      "Leave it out for the signed JSON",
    );
  }
  const now = context.clock.now();
  const text = reportText({ ...{ site: { id, name }, now, who, guides: all, engine, trend: book.trend() } });
  const { keyId, signature } = await sign(REPORT_PREFIX + text);
  const signed = JSON.stringify({ report: text, keyId, signature });
  await context.audit.record({
    ...{ event: "posture.report.made", class: "access", who, outcome: "ok", detail: { keyId, format } },
  });
  if (format === "json") return { text: signed, data: { report: text, keyId, signature } };
  const data = JSON.parse(text) as PostureReport,
    file = `posture-${id}-${new Date(now).toISOString().slice(0, 10)}.${format}`;
  if (format === "html") {
    const html = reportHtml(data, signed, { keyId });
    return { text: html, data: { name: file, type: "text/html", text: html } };
  }
  const bytes = await reportPaper(data, signed, await papers.signer(), context.random.bytes(8).toHex());
  return {
    text: `${file}, ${bytes.length} bytes, is signed; --file F takes it out.`,
    data: { name: file, type: "application/pdf", base64: bytes.toBase64() },
  };
}

/** Subject and line of the arguments. @throws GatewayError STATION_UNKNOWN, POSTURE_REFUSED */
async function target({ engine }: PostureParts, args: CommandArgs): Promise<{ subject: string; line: string }> {
  const subject = String(args["subject"]), line = String(args["line"]);
  const lines = await engine.linesOf(subject);
  if (!lines) {
    throw new GatewayError("STATION_UNKNOWN", `There is no station "${subject}"`, {
      hint: '`stations` shows all; the gateway itself is "gateway"',
    });
  }
  if (lines.some((one) => one.line.id === line)) return { subject, line };
  throw new GatewayError("POSTURE_REFUSED", `No guide has a line "${line}" about ${subject}`, {
    hint: `\`posture show ${subject} --all\` shows its lines`,
  });
}

function untilOf(given: CommandArgs[string], now: number): number {
  const at = typeof given === "string" && /^\d{4}-\d{2}-\d{2}$/.test(given) ? Date.parse(`${given}T23:59:59Z`) : NaN;
  if (Number.isNaN(at)) throw usage("A waiver needs its last day", "Add --until 2027-03-31");
  if (at > now && at <= now + POSTURE_LIMITS.waiverDays * DAY) return at;
  throw usage(
    `--until ${String(given)} is not within the next ${POSTURE_LIMITS.waiverDays} days`,
    "Choose a nearer day",
  );
}

function textOf(given: CommandArgs[string], name: string): string | undefined {
  if (given === undefined) return undefined;
  const text = String(given).trim();
  if (text !== "" && text.length <= POSTURE_LIMITS.textChars) return text;
  throw usage(`--${name} has ${text.length} characters`, `Write 1 to ${POSTURE_LIMITS.textChars}`);
}

const usage = (what: string, hint: string): GatewayError => new GatewayError("CLI_USAGE", what, { hint });
