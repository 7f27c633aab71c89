import type { CommandArgs, CommandHandler, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { AccessWish } from "../core/people_access_api.ts";
import { describeWhen, describeWho } from "../../policies/access.ts";
import type { Access } from "./access.ts";
import type { AccessBook } from "./access_book.ts";
import { readWish, stationOf } from "./access_handlers.ts";
import { explainText } from "./access_text.ts";
import { readGrant } from "./grant_schema.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import type { People } from "./people.ts";
import { listOf, nameOf, textOf } from "./user_commands.ts";

/** The commands that begin with `access`, `grant` and `request`. */
export function accessCommands(
  people: People,
  access: Access,
  book: AccessBook,
): Readonly<Record<string, CommandHandler>> {
  return {
    "access end": async (args, who) => {
      const lease = book.leases.get(String(args["id"]));
      if (!lease) throw new GatewayError("PERSON_UNKNOWN", "There is no such way", { hint: "`access list` shows all" });
      await access.end([lease], "access.killed", who);
      return { text: `Closed: ${lease.person} at ${lease.station}.`, data: { ended: lease.id } };
    },
    "access explain": (args) => Promise.resolve(explain(people, access, args)),
    "access list": () => Promise.resolve(listLeases(book, people.context.clock.now())),
    "grant add": async (args, who) => {
      const grant = await access.addGrant(who, readGrant(grantOf(args)));
      return { text: `Granted: ${grant.id}.`, data: grant as unknown as Json };
    },
    "grant list": () => Promise.resolve(listGrants(book)),
    "grant remove": async (args, who) => {
      await access.removeGrant(who, String(args["id"]));
      return { text: "Removed; what it had opened is closed.", data: { removed: String(args["id"]) } };
    },
    "request approve": (args, who) => judge(access, args, who, true),
    "request deny": (args, who) => judge(access, args, who, false),
    "request list": () => Promise.resolve(listRequests(book)),
  };
}

async function judge(access: Access, args: CommandArgs, who: string, approve: boolean): Promise<CommandResult> {
  const note = textOf(args["note"]);
  const request = await access.judgeRequest(who, {
    id: String(args["id"]),
    approve,
    ...note === undefined ? {} : { note },
  });
  const end = request.until === undefined ? "" : ` until ${new Date(request.until).toISOString()}`;
  return { text: `${request.state}: ${request.person} at ${request.station}${end}.`, data: request as unknown as Json };
}

/** "May anna open bay-07 as installer now, and why": a unit's first station stands for it. */
function explain(people: People, access: Access, args: CommandArgs): CommandResult {
  const wish = readWish({
    station: stationOf(people, String(args["station"])),
    deviceRole: (textOf(args["device-role"]) ?? "user") as AccessWish["deviceRole"],
    capability: (textOf(args["capability"]) ?? "view") as AccessWish["capability"],
  });
  const person = people.accounts.need(nameOf(args)).name, at = timeOf(textOf(args["at"]));
  const factor = args["without-second-factor"] === true ? {} : { session: { secondFactorAt: people.clock.now() } };
  const decision = access.decide({ person, source: textOf(args["from"]) ?? "127.0.0.1", ...factor }, wish, at);
  return {
    text: explainText(person, wish, decision),
    data: decision as unknown as Json,
    ok: decision.effect === "allow",
  };
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new GatewayError("CLI_USAGE", `--at "${text}" is no time`, { hint: "Write 2026-11-21T09:30:00+01:00" });
}

/** A grant from options; several values as a,b. */
function grantOf(args: CommandArgs): unknown {
  const list = (option: string) => args[option] === undefined ? undefined : listOf(args[option]);
  const drop = (value: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined));
  const stations = drop({ ids: list("station"), units: list("unit"), vendors: list("vendor") });
  const until = timeOf(textOf(args["until"]));
  return drop({
    id: String(args["id"]),
    who: drop({ person: textOf(args["person"]), group: textOf(args["group"]), role: textOf(args["role"]) }),
    stations: args["all-stations"] === true ? { all: true } : stations,
    deviceRoles: list("device-role") ?? [],
    capabilities: list("capability") ?? ["view"],
    when: whenOf(args),
    secondFactor: args["without-second-factor"] !== true,
    ...args["old-pages"] === true ? { oldPages: true } : {},
    maxMinutes: Number(textOf(args["minutes"]) ?? 60),
    sources: list("from"),
    notAfter: until,
    because: textOf(args["because"]) ?? "",
  });
}

/** --on-request, or --hours "mon,fri 08:00-16:00", or always. */
function whenOf(args: CommandArgs): unknown {
  if (args["on-request"] === true) return { kind: "request" };
  const hours = textOf(args["hours"]);
  if (hours === undefined) return { kind: "always" };
  if (hours.length > PEOPLE_LIMITS.textChars) {
    throw new GatewayError(
      "CLI_USAGE",
      `--hours has ${hours.length} characters, more than ${PEOPLE_LIMITS.textChars}`,
      {
        hint: 'Write "mon,fri 08:00-16:00"',
      },
    );
  }
  const [, days, from, to] = /^(?:(\S+) )?([^\s-]+)-([^\s-]+)$/.exec(hours.trim()) ?? [];
  return { kind: "schedule", ...days === undefined ? {} : { days: days.split(",") }, from: from ?? "", to: to ?? "" };
}

function listGrants(book: AccessBook): CommandResult {
  const grants = book.allGrants();
  const rows = grants.map((grant) => [
    grant.id,
    describeWho(grant),
    describeStations(grant.stations),
    grant.deviceRoles.join(" "),
    grant.capabilities.join(" "),
    describeWhen(grant),
    `${grant.secondFactor ? "second factor, " : ""}${grant.maxMinutes} min${
      grant.sources ? `, from ${grant.sources.join(" ")}` : ""
    }${grant.oldPages ? ", old pages" : ""}`,
    grant.because,
  ]);
  const head = ["grant", "for", "stations", "accounts", "may", "when", "how", "because"];
  return { text: formatTable(head, rows), data: grants as unknown as Json };
}

function describeStations(
  { all, ids = [], units = [], vendors = [] }: ReturnType<AccessBook["allGrants"]>[number]["stations"],
): string {
  return all ? "all" : [...ids, ...units, ...vendors].join(" ");
}

function listRequests(book: AccessBook): CommandResult {
  const requests = book.requests.all();
  if (requests.length === 0) return { text: "Nobody has asked for anything.", data: [] };
  const rows = requests.map((request) => [
    request.id,
    request.state,
    request.person,
    request.station,
    `${request.capability} as ${request.deviceRole}`,
    `${request.minutes} min`,
    request.decidedBy ?? "-",
    request.reason,
  ]);
  const head = ["request", "state", "person", "station", "what", "for", "decided by", "reason"];
  return { text: formatTable(head, rows), data: requests as unknown as Json };
}

function listLeases(book: AccessBook, now: number): CommandResult {
  const leases = book.leases.all().filter(({ until }) => now < until);
  if (leases.length === 0) return { text: "No way to a controller is open.", data: [] };
  const rows = leases.map(({ id, person, station, deviceRole, until, grant, reason }) => [
    ...[id, person, station, deviceRole, new Date(until).toISOString(), grant, reason],
  ]);
  return {
    text: formatTable(["way", "person", "station", "account", "until", "grant", "reason"], rows),
    data: leases as unknown as Json,
  };
}
