import type { AuditEvent, Json } from "../core/control_api.ts";
import type { Station } from "../inventory/config.ts";
import type { Site } from "../config/schema.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import type { CommandHandler, ControlFeature } from "./contract.ts";
import type { Foundation } from "./foundation.ts";

/** Happenings of one station that are remembered, and stations of which any are. */
export const HAPPENINGS_LIMITS = { ofStation: 60, stations: 2_000 } as const;

/** Which part of the gateway an event is of, by the beginning of its name; the others are no part of a live log. */
const KINDS: readonly (readonly [begins: string, kind: string])[] = [
  ["dhcp.", "dhcp"],
  ["modbus.", "modbus"],
  ["device.", "page"],
  ["people.access.", "page"],
  ["people.tunnel.", "tunnel"],
];

/** One line of a station's live log, as the OCPP record has them. */
export interface HappeningLine {
  /** ISO 8601. */
  readonly ts: string;
  readonly station: string;
  readonly kind: string;
  readonly text: string;
}

/**
 * What Modbus, device pages, tunnels and DHCP did for each station since the start, beside what it and its CSMS said. Taken
 * from the audit as it is written: nothing that is not on record, no value and no secret.
 */
export class StationHappenings {
  readonly #lines = new Map<string, HappeningLine[]>();

  constructor(
    private readonly parts: {
      readonly stations: () => readonly Pick<Station, "address" | "id" | "mac">[];
      readonly site: () => Pick<Site, "modbus">;
      readonly now: () => number;
    },
  ) {}

  /** The lines of a station, oldest first. */
  of(station: string): readonly HappeningLine[] {
    return this.#lines.get(station) ?? [];
  }

  /** An event was recorded. */
  note(event: AuditEvent): void {
    const kind = KINDS.find(([begins]) => event.event.startsWith(begins))?.[1];
    const station = kind && this.#stationOf(event);
    if (!kind || station === undefined) return;
    const ts = new Date(this.parts.now()).toISOString();
    const lines = [...this.of(station), { ts, station, kind, text: textOf(event) }].slice(-HAPPENINGS_LIMITS.ofStation);
    this.#lines.delete(station); // the newest stands last
    this.#lines.set(station, lines);
    if (this.#lines.size > HAPPENINGS_LIMITS.stations) this.#lines.delete(this.#lines.keys().next().value!);
  }

  #stationOf({ who, target, detail = {} }: AuditEvent): string | undefined {
    const names = [target, who, detail["mac"], detail["device"], detail["station"]].map((name) =>
      typeof name === "string" ? name.toLowerCase() : ""
    );
    const address = this.#addressOf(target);
    return this.parts.stations().find(({ id, mac, address: own }) =>
      names.includes(id.toLowerCase()) || (mac !== undefined && names.includes(mac.toLowerCase())) ||
      (own !== undefined && own === address)
    )?.id;
  }

  /** The address behind "unit 11" or the name of a line. */
  #addressOf(target: string | undefined): string | undefined {
    const { lines = [], units = [] } = this.parts.site().modbus ?? {};
    const unit = /^unit (\d+)$/.exec(target ?? "")?.[1];
    const name = unit === undefined ? target : units.find((one) => one.unit === Number(unit))?.line;
    const line = lines.find(({ id }) => id === name);
    return line && "tcp" in line && typeof line.tcp === "string" ? line.tcp.replace(/:\d+$/, "") : undefined;
  }
}

/** The inventory with what else happened to its stations in their live log. */
export function withLiveLog(
  inventory: ControlFeature & { readonly parts: Pick<StationParts, "stations"> },
  { audit, context }: Pick<Foundation, "audit" | "context">,
): ControlFeature {
  const happenings = new StationHappenings({
    stations: () => inventory.parts.stations.all(),
    site: () => context.site,
    now: () => context.clock.now(),
  });
  audit.onRecord((event) => happenings.note(event));
  const { commands = {} } = inventory;
  return {
    ...inventory,
    commands: { ...commands, "station record": withHappenings(commands["station record"]!, happenings) },
  };
}

/** `station record` with these lines among those of OCPP, by time. */
export function withHappenings(run: CommandHandler, happenings: StationHappenings): CommandHandler {
  return async (args, who, caller) => {
    const answer = await run(args, who, caller), said = (answer.data as { readonly lines: string }).lines;
    const own = happenings.of(String(args["station"])).map((line) => JSON.stringify(line));
    const lines = [...said === "" ? [] : said.split("\n"), ...own].toSorted((a, b) => tsOf(a) < tsOf(b) ? -1 : 1).join(
      "\n",
    );
    return lines === "" ? answer : { text: lines, data: { lines } as Json };
  };
}

const tsOf = (line: string): string => /"ts":"([^"]*)"/.exec(line)?.[1] ?? "";

function textOf({ event, who, outcome, rule, detail = {} }: AuditEvent): string {
  const facts = Object.entries(detail).map(([name, value]) => `${name} ${value}`).join(", ");
  const how = outcome === "ok" ? "" : ` ${outcome}${rule === undefined ? "" : ` by ${rule}`}`;
  return `${event}${how}: ${who}${facts === "" ? "" : `, ${facts}`}`.slice(0, 400);
}
