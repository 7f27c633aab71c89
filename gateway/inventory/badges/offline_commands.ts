import {
  isOn,
  OFFLINE_SETTINGS,
  type OfflineExposure,
  type OfflineSetting,
} from "../../../policies/offline_settings.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { noteOf } from "../outage/badge_args.ts";
import { exposureRead, type OfflineSettings } from "./offline_settings.ts";

/** What the commands about stations' own settings work with. */
export interface OfflineCommandParts {
  readonly context: Pick<ControlContext, "audit">;
  readonly settings: OfflineSettings;
  /** Stations of the site that speak OCPP. */
  stations(): readonly string[];
  isConnected(stationId: string): boolean;
}

const WORDS: Readonly<Record<OfflineExposure, string>> = {
  everybody: "EVERYBODY, blocked badges too",
  known: "whom its cache or its list knows",
  nobody: "nobody",
  unknown: "not known",
};

/** `badge settings` and `badge set`: what stations allow by themselves while they are cut off (EV-24). */
export function offlineCommands(parts: OfflineCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "badge set": (args, who) => set(parts, args, who),
    "badge settings": (args) => show(parts, args),
  };
}

async function show(parts: OfflineCommandParts, args: CommandArgs): Promise<CommandResult> {
  const { settings, stations } = parts;
  if (args["station"] === undefined) {
    const rows = stations().map((station) => {
      const read = settings.get(station);
      return { station, exposure: exposureRead(read), at: read === undefined ? null : new Date(read.at).toISOString() };
    });
    if (rows.length === 0) return { text: "No station of this site speaks OCPP.", data: rows };
    const table = rows.map(({ station, exposure, at }) => [station, WORDS[exposure], at ?? "never"]);
    const hint = "`badge settings STATION` reads one anew.";
    return { text: `${formatTable(["station", "cut off, it lets charge", "read"], table)}\n${hint}`, data: rows };
  }
  const station = stationOf(parts, args), isConnected = parts.isConnected(station);
  const read = isConnected ? await settings.read(station) : settings.get(station);
  const rows = OFFLINE_SETTINGS.map(({ id, key, variable, strict, meaning }) => {
    const evidence = read?.values[id], on = isOn(evidence);
    const name = read?.protocol === "ocpp1.6" ? key : variable;
    return {
      ...{ id, name: name ?? id, value: wordOf(evidence), on: on ?? null, strict, meaning },
      why: evidence?.is === "unknown" ? evidence.why : null,
    };
  });
  const exposure = exposureRead(read), listVersion = read?.listVersion ?? null;
  const head = read === undefined
    ? `${station} was never asked, and it is not connected.`
    : `Cut off from everything, ${station} lets charge: ${WORDS[exposure]}.`;
  const list = listVersion === null
    ? ""
    : listVersion > 0
    ? `Its CSMS gave it a list, version ${listVersion}; the gateway leaves it alone.`
    : "It has no list of its CSMS.";
  const table = formatTable(
    ["setting", "at the station", "value", "safer"],
    rows.map(({ id, name, value, strict }) => [id, name, value, strict ? "true" : "false"]),
  );
  const at = read === undefined ? null : new Date(read.at).toISOString();
  const data = { station, exposure, at, isConnected, protocol: read?.protocol ?? null, listVersion, settings: rows };
  return { text: [head, table, list].filter((line) => line !== "").join("\n"), data };
}

/** Changes one setting of one station; recorded before it is sent, and with what the station has afterwards. */
async function set(parts: OfflineCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts, args), setting = settingOf(args["setting"]), value = valueOf(args["value"]);
  const reason = noteOf(args["reason"], "--reason");
  if (!parts.isConnected(station)) {
    throw new GatewayError("STATION_NO_ANSWER", `${station} is not connected, so nothing was changed`, {
      hint: "Run `why` to see what keeps it away",
    });
  }
  const { before, after, said, isDone } = await parts.settings.change(station, setting.id, value);
  const detail = {
    ...{
      setting: setting.id,
      wanted: String(value),
      before: wordOf(before),
      after: wordOf(after),
      answer: said,
      reason,
    },
  };
  const outcome = isDone ? "ok" : "failed";
  await parts.context.audit.record({
    ...{ event: "badge.setting.changed", class: "security", who, target: station, outcome },
    detail,
  });
  const name = `${setting.id} of ${station}`;
  const text = isDone
    ? `${name} is ${value}; it was ${wordOf(before)}.${
      said === "RebootRequired" ? " It counts from its next start." : ""
    }`
    : `${name} is ${wordOf(after)}, not ${value}: the station answered ${said}.`;
  return { text, data: detail as unknown as Json, ok: isDone };
}

function wordOf(evidence: Evidence | undefined): string {
  if (evidence?.is === "value") return evidence.value.slice(0, 40);
  return evidence?.is === "absent" ? "not there" : "not known";
}

function stationOf({ stations }: OfflineCommandParts, args: CommandArgs): string {
  const station = String(args["station"]);
  if (stations().includes(station)) return station;
  throw new GatewayError("STATION_UNKNOWN", `No station "${station.slice(0, 48)}" of this site speaks OCPP`, {
    hint: "`stations` shows all",
  });
}

function settingOf(given: unknown): OfflineSetting {
  const found = OFFLINE_SETTINGS.find(({ id }) => id === given);
  if (found) return found;
  throw new GatewayError("CLI_USAGE", `There is no setting "${String(given ?? "").slice(0, 40)}"`, {
    hint: `Write one of ${OFFLINE_SETTINGS.map(({ id }) => id).join(", ")}`,
  });
}

function valueOf(given: unknown): boolean {
  if (given === "true" || given === "on") return true;
  if (given === "false" || given === "off") return false;
  throw new GatewayError("CLI_USAGE", `"${String(given ?? "").slice(0, 20)}" is no value of it`, {
    hint: "Write true or false",
  });
}
