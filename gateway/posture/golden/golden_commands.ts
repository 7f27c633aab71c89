import type { CommandArgs, CommandHandler, CommandResult } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import type { FixBook, FixRecord } from "./fix_book.ts";
import type { FixDesk } from "./fix_desk.ts";
import { listIn, textIn } from "./golden_args.ts";
import type { GoldenStanding } from "./golden_state.ts";

/** What the commands work with. */
export interface GoldenCommandParts {
  readonly desk: FixDesk;
  readonly book: FixBook;
  readonly stations: () => readonly string[];
  /** undefined: no such station. */
  readonly standing: (station: string) => GoldenStanding | undefined;
}

/** The commands that begin with `posture golden`. */
export function goldenCommands(parts: GoldenCommandParts): Readonly<Record<string, CommandHandler>> {
  const { desk } = parts;
  return {
    "posture golden": async (args) =>
      await Promise.resolve(args["station"] === undefined ? overview(parts) : oneStation(parts, args)),
    "posture golden approve": async (args, who) => told(await desk.approve(String(args["fix"]), who), APPROVED),
    "posture golden cancel": async (args, who) => told(await desk.cancel(String(args["fix"]), who), "is called off"),
    "posture golden fix": async (args, who) => {
      const list = listIn(args["settings"]), reason = textIn(args["reason"]);
      const ask = { ...list === undefined ? {} : { settings: list }, ...reason === undefined ? {} : { reason } };
      return told(await desk.ask(standingOf(parts, args), ask, who), ASKED);
    },
    "posture golden fixes": async () => await Promise.resolve(fixes(parts)),
    "posture golden undo": async (args, who) => told(await desk.undo(String(args["fix"]), who), ASKED),
  };
}

const ASKED = "waits for a second person: `posture golden approve`";
const APPROVED = "is written when its station is idle";

function overview({ stations, standing, book }: GoldenCommandParts): CommandResult {
  const standings = stations().flatMap((id) => standing(id) ?? []);
  const rows = standings.map(({ station, profile, findings }) => {
    const count = (state: string) => String(findings.filter((one) => one.state === state).length);
    const drifted = findings.filter(({ state }) => state === "drifted").map(({ setting }) => setting);
    const open = book.openOf(station);
    return [
      ...[
        station,
        profile?.id ?? "-",
        count("same"),
        count("drifted"),
        count("unknown"),
        drifted.slice(0, 4).join(" "),
      ],
      open ? `${open.id} ${open.state}` : "",
    ];
  });
  const text = formatTable(["station", "profile", "as wanted", "drifted", "not known", "which", "fix"], rows);
  return { text, data: standings.map((one) => plain(one, book)) as unknown as Json };
}

function oneStation(parts: GoldenCommandParts, args: CommandArgs): CommandResult {
  const standing = standingOf(parts, args), { station, profile, findings } = standing;
  const data = plain(standing, parts.book) as unknown as Json;
  if (!profile) return { text: `No golden configuration is about ${station}: its vendor and model are in none.`, data };
  const rows = findings.map(({ setting, state, has, wanted, why, way }) => [
    ...[setting, WORDS[state], has ?? "", wanted ?? "", way ?? ""],
    state === "unknown" ? why : "",
  ]);
  const open = parts.book.openOf(station);
  const head = `${station} against ${profile.id} (${profile.title})`;
  const fix = open ? [`${open.id} ${open.state}: ${open.why ?? fixText(open)}`] : [];
  return { text: [head, formatTable(["setting", "state", "has", "wanted", "by", ""], rows), ...fix].join("\n"), data };
}

const WORDS = { same: "as wanted", drifted: "DRIFTED", absent: "not there", unknown: "not known" } as const;

function fixes({ book }: GoldenCommandParts): CommandResult {
  const all = book.all();
  const rows = all.map((fix) => [
    ...[fix.id, fix.station, fix.state, fixText(fix), fix.madeBy, fix.approvedBy ?? "-", fix.why ?? ""],
  ]);
  const text = all.length === 0
    ? "No fix was asked for yet: `posture golden fix STATION`."
    : formatTable(["fix", "station", "state", "settings", "asked by", "approved by", ""], rows);
  return { text, data: all as unknown as Json };
}

function told(fix: FixRecord, what: string): CommandResult {
  return { text: `${fix.id} for ${fix.station} (${fixText(fix)}) ${what}.`, data: fix as unknown as Json };
}

const fixText = ({ items }: FixRecord): string => items.map(({ name, value }) => `${name}=${value}`).join(", ");

/** The standing as data: the profile by its name, each setting with what the profile says of it, the fix beside. */
function plain({ station, profile, findings }: GoldenStanding, book: FixBook) {
  const of = new Map(profile?.settings.map((setting) => [setting.id, setting]));
  const open = book.openOf(station);
  return {
    station,
    ...profile ? { profile: profile.id, title: profile.title } : {},
    ...profile?.vendors ? { vendors: profile.vendors } : {},
    findings: findings.map((finding) => {
      const { title, source, fixedBy } = of.get(finding.setting)!;
      return { ...finding, title, source, fixedBy };
    }),
    ...open ? { fix: open } : {},
  };
}

/** @throws GatewayError STATION_UNKNOWN */
function standingOf({ standing }: GoldenCommandParts, args: CommandArgs): GoldenStanding {
  const station = String(args["station"]), found = standing(station);
  if (found) return found;
  throw new GatewayError("STATION_UNKNOWN", `There is no station "${station}"`, { hint: "`stations` shows all" });
}
