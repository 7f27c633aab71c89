import { Buffer } from "node:buffer";
import { quirksOf } from "../../profiles/quirks.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../control/contract.ts";
import { formatTable } from "../core/format_table.ts";
import { GatewayError } from "../core/errors.ts";
import type { AdoptionInbox } from "./adoption_inbox.ts";
import { Station } from "./config.ts";
import type { LiveSessions } from "./live_sessions.ts";
import type { ProfileFloor } from "./profile_floor.ts";
import type { Quarantines } from "./quarantines.ts";
import type { RaisedProfiles } from "./raised_profiles.ts";
import type { StationCredentials } from "./station_credentials.ts";
import type { StationFacts } from "./station_facts.ts";
import type { Stations } from "./stations.ts";
import type { Upstreams } from "./upstream/upstreams.ts";
import { whyStation } from "./why_command.ts";
import type { EndMemory, RefusalMemory, WhyStep } from "./why.ts";

/** The parts that the station commands work on. */
export interface StationParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly credentials: StationCredentials;
  /** How the last admitted attempt of each station ended. */
  readonly ends: EndMemory;
  readonly live: LiveSessions;
  readonly floor: ProfileFloor;
  /** Profiles that stations climbed to, above the configured ones. */
  readonly raised: RaisedProfiles;
  readonly inbox: AdoptionInbox;
  readonly facts: StationFacts;
  /** Stations that a person keeps out of use. */
  readonly quarantines: Quarantines;
  readonly refusals: RefusalMemory;
  /** What CSMSs set for their legs. */
  readonly upstreams: Upstreams;
  /** Ends what a climb began at hardware that is gone, with the passwords that it sent; set once climbs are there. */
  readonly climbing: { forget?: (stationId: string, who: string) => Promise<void> };
  /** Has the rest of the gateway forget what it knows of a station's hardware; set once that is there. */
  readonly hardware: { forget?: (stationId: string) => Promise<void> };
  /** What other features say of a station's network, for `why`; set once they are there. */
  readonly network: { steps?: (station: Station, of: ConnectionTimes) => Promise<readonly WhyStep[]> };
}

/** When a station tried to connect. */
export interface ConnectionTimes {
  readonly isConnected: boolean;
  /** Wall milliseconds of its last attempt; absent: none is remembered. */
  readonly triedAt?: number;
}

/** The commands `stations`, `station adopt`, `station credential` and `station record`. */
export function stationCommands(parts: StationParts): Readonly<Record<string, CommandHandler>> {
  return {
    "stations": async (args) => args["inbox"] ? listInbox(parts) : listStations(parts),
    "station adopt": (args, who) => adopt(parts, args, who),
    "station credential": async (args, who) => await renewCredential(parts, stationOf(parts, args), who),
    "station record": async (args) => await exportRecord(parts, stationOf(parts, args)),
    "why": (args) => whyStation(parts, String(args["station"])),
  };
}

function listStations({ stations, live, facts, upstreams, quarantines }: StationParts): CommandResult {
  const data = stations.all().map((station) => {
    const session = live.ofStation(station.id);
    return {
      id: station.id,
      connected: session !== undefined,
      securityProfile: station.ocpp?.securityProfile ?? null,
      protocols: station.ocpp?.protocols ?? [],
      csms: station.ocpp?.csms ?? null,
      setByCsms: station.ocpp !== undefined && upstreams.isSet(station.id, station.ocpp.csms),
      adopted: stations.isAdopted(station.id),
      quirks: station.ocpp ? [...quirksOf({ ...station, ...station.ocpp })] : [],
      ...quarantines.of(station.id) ? { quarantine: quarantines.of(station.id)!.reason } : {},
      since: session ? new Date(session.since).toISOString() : null,
      source: session?.source ?? null,
      facts: facts.of(station.id),
    };
  });
  const text = formatTable(
    ["station", "state", "profile", "protocols", "CSMS", "since", "from"],
    data.map((row) => [
      row.id,
      `${row.connected ? "connected" : "away"}${"quarantine" in row ? ", quarantine" : ""}`,
      String(row.securityProfile ?? "-"),
      row.protocols.join(" ") || "-",
      row.setByCsms ? `${row.csms} (credential set by it)` : row.csms ?? "-",
      row.since ?? "-",
      row.source ?? "-",
    ]),
  );
  return { text, data };
}

function listInbox({ inbox }: StationParts): CommandResult {
  const data = inbox.all().map((entry) => ({ ...entry }));
  if (data.length === 0) return { text: "No unknown station has asked to connect.", data };
  const rows = data.map((entry) => [
    entry.stationId,
    String(entry.attempts),
    new Date(entry.lastSeen).toISOString(),
    entry.source,
    entry.tls ? "TLS" : "plain",
    entry.credential,
    entry.offeredProtocols.join(" ") || "-",
  ]);
  const table = formatTable(["station", "attempts", "last seen", "from", "transport", "credential", "offers"], rows);
  return {
    text: `${table}\n\nNothing above is proven. Adopt one with: station adopt ID --csms NAME --profile 2`,
    data,
  };
}

async function adopt(parts: StationParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { context, stations, inbox } = parts;
  const id = String(args["station"]);
  if (stations.get(id)) throw new GatewayError("STATION_EXISTS", `Station "${id}" is already in the inventory`);
  if (stations.erased.has(id)) {
    throw new GatewayError("STATION_INVALID", `Cannot adopt "${id}": the station of this id was decommissioned`, {
      hint: `If another device is to have its id: \`decommission readmit ${id} --reason TEXT\``,
    });
  }
  const seen = inbox.get(id);
  const csms = args["csms"] ?? context.site.ocpp?.csms[0]?.id;
  const offered = seen?.offeredProtocols.filter((protocol) => /^ocpp(1\.6|2\.0\.1|2\.1)$/.test(protocol)) ?? [];
  const wanted = {
    id,
    ocpp: {
      csms,
      securityProfile: Number(args["profile"] ?? 2),
      protocols: typeof args["protocols"] === "string" ? args["protocols"].split(",") : offered,
    },
  };
  if (wanted.ocpp.securityProfile === 0) {
    throw new GatewayError(
      "STATION_INVALID",
      `Cannot adopt "${id}": profile 0 is bound to an address, so to site.yaml`,
      {
        hint: "Pass --profile 1, 2 or 3",
      },
    );
  }
  const parsed = Station.safeParse(wanted);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new GatewayError("STATION_INVALID", `Cannot adopt "${id}": ${faults}`, {
      hint: "Pass --protocols ocpp1.6 (or ocpp2.0.1,ocpp2.1), --profile 1, 2 or 3, and --csms NAME",
    });
  }
  if (!context.site.ocpp?.csms.some((known) => known.id === csms)) {
    throw new GatewayError("STATION_INVALID", `Cannot adopt "${id}": no CSMS "${String(csms)}" is configured`, {
      hint: `Configured: ${context.site.ocpp?.csms.map((known) => known.id).join(", ") ?? "none"}`,
    });
  }
  await audit(parts, "station.entry.adopted", id, who);
  await stations.adopt(parsed.data);
  await inbox.remove(id);
  if (parsed.data.ocpp!.securityProfile === 3) {
    const text = `Adopted ${id}. It needs a client certificate: cert issue --station ${id} --csr FILE`;
    return { text, data: { station: id } };
  }
  const credential = await renewCredential(parts, parsed.data, who);
  return { text: `Adopted ${id}.\n${credential.text}`, data: credential.data };
}

/** 20 random bytes as 40 hex digits: the longest AuthorizationKey that OCPP 1.6 takes (O-05). */
async function renewCredential(parts: StationParts, station: Station, who: string): Promise<CommandResult> {
  const { context, credentials, live } = parts;
  if (station.ocpp?.securityProfile === 3) {
    const hint = `Issue it one: \`cert issue --station ${station.id} --csr FILE\``;
    throw new GatewayError("STATION_INVALID", `Station "${station.id}" proves itself by its certificate`, { hint });
  }
  if (station.ocpp?.passwordFile !== undefined && await credentials.kindOf(station, context.files) === "file") {
    throw new GatewayError(
      "STATION_INVALID",
      `Station "${station.id}" has its password in "${station.ocpp.passwordFile}"`,
      {
        hint: "Change that file and run `reload`, or remove `passwordFile` first",
      },
    );
  }
  const password = Buffer.from(context.random.bytes(20)).toString("hex");
  await audit(parts, "station.credential.renewed", station.id, who);
  await credentials.set(station.id, new TextEncoder().encode(password), context.clock.now());
  live.withdraw(station.id);
  const session = live.ofStation(station.id);
  if (session) {
    const why = "its credential was renewed";
    await context.workers.get(session.worker).call("sessions.close", { sessions: [session.session], why });
  }
  return {
    text:
      `Password of ${station.id}, shown once: ${password}\nSet it in the station (AuthorizationKey or BasicAuthPassword).`,
    data: { station: station.id, password },
  };
}

async function exportRecord({ context, live }: StationParts, station: Station): Promise<CommandResult> {
  const workers = [...new Set([live.ofStation(station.id)?.worker, ...context.workers.of("ocpp")])];
  const lines: string[] = [];
  for (const worker of workers) {
    if (worker === undefined) continue;
    lines.push((await context.workers.get(worker).call("flight.export", { stationId: station.id })).lines);
  }
  const text = lines.filter((part) => part !== "").join("\n");
  return {
    text: text === "" ? `Nothing is recorded of ${station.id} since the last start.` : text,
    data: { lines: text },
  };
}

/** The station that a command names. @throws GatewayError STATION_UNKNOWN when the inventory has none of that id */
export function stationOf({ stations }: Pick<StationParts, "stations">, args: CommandArgs): Station {
  const id = String(args["station"]);
  const station = stations.get(id);
  if (station) return station;
  throw new GatewayError("STATION_UNKNOWN", `No station "${id}" is in the inventory`, {
    hint: "Run `stations` for the list, `stations --inbox` for those that asked to connect",
  });
}

async function audit({ context }: StationParts, event: string, station: string, who: string): Promise<void> {
  await context.audit.record({ event, class: "security", who, target: station, outcome: "ok" });
}
