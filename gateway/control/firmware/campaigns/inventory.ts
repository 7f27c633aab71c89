import {
  FIRMWARE_MARKS,
  type FirmwareFloor,
  type FirmwareMark,
  markFirmware,
  type Marking,
} from "../../../../policies/firmware_mark.ts";
import { FIRMWARE_FLOORS } from "../../../../profiles/firmware_floors.ts";
import type { Json } from "../../../core/control_api.ts";
import { toCsv } from "../../../core/csv.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import { formatTable } from "../../../core/format_table.ts";
import type { Station } from "../../../inventory/config.ts";
import type { CommandArgs, CommandResult } from "../../contract.ts";
import { unitOf } from "./make.ts";
import type { CampaignParts } from "./parts.ts";
import { invalid } from "./plan_input.ts";
import { identityOf } from "./site_view.ts";

/** One controller with its version and what it is to be thought of. */
export interface ControllerLine {
  readonly station: string;
  readonly unit: string;
  readonly part: string;
  readonly vendor: string;
  readonly model: string;
  readonly hardware: string;
  readonly version: string;
  readonly mark: FirmwareMark;
  /** A newer verified version; empty: none is at hand. */
  readonly newer: string;
  /** Its unit's parts have different versions. */
  readonly mixed: boolean;
  readonly advisories: readonly {
    readonly advisory: string;
    readonly cves: readonly string[];
    readonly what: string;
  }[];
}

type InventoryParts = Pick<CampaignParts, "facts" | "stations"> & { readonly vault: Pick<ImageVault, "images"> };

/** Every controller of the site, the worst first. */
export function controllerLines(
  parts: InventoryParts,
  floors: readonly FirmwareFloor[] = FIRMWARE_FLOORS,
): readonly ControllerLine[] {
  const images = parts.vault.images().filter(({ state }) => state === "verified");
  const all = parts.stations.all();
  const versions = Map.groupBy(all, unitOf);
  const versionOf = ({ id }: Station) => text(parts.facts.of(id)["firmwareVersion"]);
  return all.map((station) => {
    const { id, part } = station, facts = parts.facts.of(id), { vendor = "", model = "" } = identityOf(parts, station);
    const version = versionOf(station);
    const known = { ...vendor === "" ? {} : { vendor }, ...model === "" ? {} : { model } };
    const marking = markFirmware({ ...known, ...version === "" ? {} : { version } }, floors, images);
    const others = new Set(versions.get(unitOf(station))!.filter((one) => sameModel(parts, one, model)).map(versionOf));
    return {
      ...{ station: id, unit: unitOf(station), part, vendor, model, version, mark: marking.mark },
      hardware: [text(facts["serial"]) || text(facts["boxSerial"]), text(facts["hardware"])].filter((one) => one !== "")
        .join(" "),
      newer: marking.newer ?? "",
      mixed: others.size > 1,
      advisories: advisoriesOf(marking),
    };
  }).toSorted((a, b) =>
    FIRMWARE_MARKS.indexOf(a.mark) - FIRMWARE_MARKS.indexOf(b.mark) || (a.station < b.station ? -1 : 1)
  );
}

/** How many controllers have each mark. */
export function countMarks(lines: readonly Pick<ControllerLine, "mark">[]): Readonly<Record<FirmwareMark, number>> {
  const counts = Object.fromEntries(FIRMWARE_MARKS.map((mark) => [mark, 0])) as Record<FirmwareMark, number>;
  for (const { mark } of lines) counts[mark]++;
  return counts;
}

/** `firmware inventory`: versions per part, outdated and vulnerable ones first. */
export function inventoryCommand(parts: InventoryParts, args: CommandArgs): CommandResult {
  const wanted = args["mark"];
  if (wanted !== undefined && !(FIRMWARE_MARKS as readonly unknown[]).includes(wanted)) {
    throw invalid(`--mark "${String(wanted)}" is no mark`, `Pass ${FIRMWARE_MARKS.join(", ")}`);
  }
  const lines = controllerLines(parts).filter(({ mark }) => wanted === undefined || mark === wanted);
  const data: Json = { counts: { ...countMarks(lines) }, controllers: lines as unknown as Json };
  if (args["csv"] === true) return { text: inventoryCsv(lines).trimEnd(), data };
  if (lines.length === 0) return { text: "No controller is listed for that.", data };
  const counts = Object.entries(countMarks(lines)).filter(([, count]) => count > 0).map(([mark, count]) =>
    `${count} ${mark}`
  );
  const rows = lines.map((line) => [
    ...[
      line.station,
      line.unit,
      line.part,
      line.vendor,
      line.model,
      line.version || "never told",
      line.mark,
      line.newer,
    ],
    line.mixed ? "mixed unit" : "",
    line.advisories.map(({ advisory }) => advisory).join(", "),
  ]);
  const head = ["station", "unit", "part", "vendor", "model", "version", "mark", "newer", "", "advisories"];
  const whats = [...new Map(lines.flatMap(({ advisories }) => advisories).map((one) => [one.advisory, one])).values()];
  const notes = whats.map(({ advisory, cves, what }) =>
    `${advisory}: ${what}${cves.length === 0 ? "" : ` (${cves.join(", ")})`}`
  );
  return {
    text: [counts.join(", "), formatTable(head, rows), ...notes.length === 0 ? [] : [notes.join("\n")]].join("\n\n"),
    data,
  };
}

function inventoryCsv(lines: readonly ControllerLine[]): string {
  const head = [
    "station",
    "unit",
    "part",
    "vendor",
    "model",
    "hardware",
    "version",
    "mark",
    "newer",
    "mixed",
    "advisories",
    "cves",
  ];
  return toCsv(
    head,
    lines.map((line) => [
      ...[
        line.station,
        line.unit,
        line.part,
        line.vendor,
        line.model,
        line.hardware,
        line.version,
        line.mark,
        line.newer,
        line.mixed,
      ],
      line.advisories.map(({ advisory }) => advisory).join(" "),
      line.advisories.flatMap(({ cves }) => cves).join(" "),
    ]),
  );
}

function advisoriesOf({ floors }: Marking): ControllerLine["advisories"] {
  return floors.map(({ advisory, cves, what }) => ({ advisory, cves, what }));
}

/** A cabinet and its dispensers have images of their own; only equal controllers must have equal versions (BC-03). */
function sameModel(parts: InventoryParts, station: Station, model: string): boolean {
  return (identityOf(parts, station).model ?? "") === model;
}

const text = (value: unknown): string => typeof value === "string" ? value : "";
