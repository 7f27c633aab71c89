import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { isInRanges, parseIpv4 } from "../../policies/ipv4.ts";
import { vendorPorts } from "../../profiles/vendor_ports.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";
import type { RecordedOpening } from "./openings.ts";
import type { SegmentationParts } from "./parts.ts";

/** `segmentation open STATION --port N --from ADDRESS --minutes N --reason TEXT`: stored, audited, then open. */
export async function openCommand(parts: SegmentationParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const opening = judged(parts, args, who);
  const { stationId, port, source, reason } = opening;
  const minutes = Math.round((opening.until - opening.from) / 60_000);
  await parts.context.audit.record({
    event: "segmentation.opening.made",
    class: "access",
    who,
    target: stationId,
    outcome: "ok",
    rule: "segmentation.opening",
    detail: { station: stationId, port, source, minutes, reason },
  });
  await parts.openings.add(opening);
  const until = new Date(opening.until).toISOString();
  return {
    text:
      `${source} reaches port ${port} of ${stationId} (${opening.station}) until ${until}. The kernel closes it, and cuts the session.`,
    data: { ...opening, until },
  };
}

/** `segmentation close STATION [--port N]`. */
export async function closeCommand(parts: SegmentationParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const stationId = String(args["station"]);
  const port = args["port"] === undefined ? undefined : wholeNumber(args, "port", 1, 65_535);
  const closed = await parts.openings.close(stationId, port);
  for (const opening of closed) {
    await parts.context.audit.record({
      event: "segmentation.opening.closed",
      class: "access",
      who,
      target: stationId,
      outcome: "ok",
      detail: { station: stationId, port: opening.port, source: opening.source },
    });
  }
  const text = closed.length === 0
    ? `No maintenance port of ${stationId} is open.`
    : `Closed ${closed.map((one) => `port ${one.port} for ${one.source}`).join(", ")}.`;
  return { text, data: closed.map((opening) => ({ ...opening })) };
}

/** The open maintenance ports as a table. */
export function openingRows({ openings }: Pick<SegmentationParts, "openings">): string {
  return formatTable(
    ["open until", "station", "port", "for", "by", "reason"],
    openings.all().map((one) => [
      new Date(one.until).toISOString(),
      one.stationId,
      String(one.port),
      one.source,
      one.by,
      one.reason,
    ]),
  );
}

function judged({ context, stations, segmenter }: SegmentationParts, args: CommandArgs, who: string): RecordedOpening {
  const segmentation = segmenter.segmentation();
  const stationId = String(args["station"]);
  const station = stations().find(({ id }) => id === stationId);
  if (!station) throw invalid(`There is no station "${stationId}"`, "`stations` lists them");
  if (station.address === undefined) {
    throw invalid(`Station "${stationId}" has no address`, "Give it one in site.yaml: it becomes its reservation");
  }
  const port = wholeNumber(args, "port", 1, 65_535);
  if (!segmentation.maintenancePorts.some(([first, last]) => port >= first && port <= last)) {
    const known = vendorPorts(station.vendor).filter(({ use, udp }) => use === "maintenance" && !udp);
    const list = known.map((one) => `${one.port} (${one.what})`).join(", ");
    throw invalid(`Port ${port} is no maintenance port`, `One of ${list}; declare others under segmentation.flows`);
  }
  const source = String(args["from"] ?? "");
  const zones = segmentation.zones.filter(({ id }) => segmentation.maintenanceFrom.includes(id));
  if (zones.length === 0) {
    throw invalid(
      "Nobody may open maintenance ports",
      "Name the zone of the people under segmentation.maintenanceFrom, then apply",
    );
  }
  const fits = parseIpv4(source) !== undefined && zones.some(({ networks }) => isInRanges(source, networks));
  if (!fits) {
    throw invalid(
      `--from is "${source}", which is in no zone of maintenanceFrom`,
      `An address of ${zones.map(({ id }) => id).join(", ")}`,
    );
  }
  const reason = String(args["reason"] ?? "").trim();
  if (reason === "" || reason.length > 200) {
    throw invalid("--reason is missing or too long", "Say in one sentence what it is for");
  }
  const minutes = wholeNumber(args, "minutes", 1, SEGMENTATION_LIMITS.openingMinutes);
  const from = context.clock.now();
  return { stationId, station: station.address, source, port, by: who, reason, from, until: from + minutes * 60_000 };
}

function wholeNumber(args: CommandArgs, name: string, least: number, most: number): number {
  const value = Number(args[name]);
  if (args[name] !== undefined && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`--${name} is "${args[name] ?? ""}"`, `A whole number from ${least} to ${most}`);
}

function invalid(message: string, hint: string): GatewayError {
  return new GatewayError("SEGMENTATION_INVALID", message, { hint });
}
