import type { Json } from "../../../core/control_api.ts";
import { formatTable } from "../../../core/format_table.ts";
import type { CommandHandler } from "../../contract.ts";
import type { CollectionRow, LogCollector } from "./collector.ts";

/** `firmware security-logs`. */
export function collectionCommands(collector: LogCollector): Readonly<Record<string, CommandHandler>> {
  return {
    "firmware security-logs": async (args, who) => {
      const station = args["collect"];
      if (typeof station === "string") {
        await collector.collect(station, who);
        return { text: `${station} is asked for its security log: \`firmware transfers\`.`, data: { asked: station } };
      }
      const rows = collector.rows();
      if (rows.length === 0) {
        return { text: "No station's security log is wanted (firmware.securityLogs in site.yaml).", data: [] };
      }
      return { text: formatTable(HEADS, rows.map(cellsOf)), data: rows as unknown as Json };
    },
  };
}

const HEADS = ["station", "every", "state", "last log", "next", "why"];

const cellsOf = ({ stationId, everyHours, state, gotAt, dueAt, why }: CollectionRow): string[] => [
  stationId,
  `${everyHours} h`,
  state,
  gotAt === undefined ? "never" : new Date(gotAt).toISOString(),
  state === "asked" ? "" : new Date(dueAt).toISOString(),
  why ?? "",
];
