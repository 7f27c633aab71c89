import type { LldpNeighbour } from "../../../hal/lldp.ts";
import type { CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { formatTable } from "../../core/format_table.ts";
import { type PlacedStation, stationPort } from "./station_ports.ts";
import type { ReadSwitch, SwitchBook } from "./switch_book.ts";

/** What the command works with. */
export interface SwitchCommandParts {
  readonly context: Pick<ControlContext, "site" | "workers">;
  readonly book: SwitchBook;
  readonly stations: () => Promise<readonly PlacedStation[]>;
  /** The other ends of the box's own cables, as hald heard them; undefined: hald does not listen for them. */
  readonly neighbours: () => Promise<readonly LldpNeighbour[] | undefined>;
}

/** `segmentation switches`. */
export function switchCommands(parts: SwitchCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "segmentation switches": async (args) => {
      if (args["now"] === true) return await readNow(parts);
      return await showSwitches(parts);
    },
  };
}

/** A reading takes seconds: the next look shows it. */
async function readNow({ context }: SwitchCommandParts): Promise<CommandResult> {
  await context.workers.get("switches").call("switches.look", {});
  return { text: "The switches are read now; `segmentation switches` shows it in some seconds.", data: { now: true } };
}

async function showSwitches(
  { context: { site }, book, stations, neighbours }: SwitchCommandParts,
): Promise<CommandResult> {
  const ids = (site.switches ?? []).map(({ id }) => id);
  const all = book.all(ids);
  const placed = await stations();
  const rows = placed.map((station) => {
    const place = station.mac === undefined ? undefined : book.placeOf(station.mac, ids);
    return { station: station.id, mac: station.mac ?? null, place, verdict: stationPort(site, book, station) };
  });
  const heard = await neighbours();
  const text = [
    ids.length === 0
      ? "No switch is read: name them under switches: in site.yaml (docs/segmentation.md)."
      : formatTable(["switch", "calls itself", "state", "ports", "devices"], all.map(switchRow)),
    heard === undefined
      ? "hald does not listen for the other ends of the box's cables (lldp.interfaces in hald.json)."
      : heard.length === 0
      ? "No switch has named itself on a cable of this box yet (LLDP)."
      : formatTable(["interface", "other end", "port", "VLAN", "address"], heard.map(neighbourRow)),
    ...ids.length === 0 ? [] : [
      formatTable(
        ["station", "MAC", "state", "where"],
        rows.map(({ station, mac, verdict }) => [station, mac ?? "-", verdict.state, verdict.detail]),
      ),
    ],
  ].join("\n\n");
  const data = {
    switches: all.map(switchData),
    neighbours: heard ?? [],
    isListening: heard !== undefined,
    stations: rows.map(({ station, mac, place, verdict }) => ({ station, mac, ...verdict, place: place ?? null })),
  };
  return {
    text,
    data: JSON.parse(JSON.stringify(data)) as Json,
    ok: all.every(({ fault }) => fault === undefined) && rows.every(({ verdict }) => verdict.state !== "bad"),
  };
}

function switchRow({ id, view, fault }: ReadSwitch): string[] {
  const state = fault ??
    (view ? view.isCut ? "read, but not all of it: its tables are too long" : "read" : "not read yet");
  return [id, view?.name || "-", state, String(view?.ports.length ?? 0), String(view?.devices.length ?? 0)];
}

function switchData({ id, view, readAt, fault }: ReadSwitch) {
  const common = { id, readAt: readAt ?? null, fault: fault ?? null };
  if (!view) return { ...common, name: "", description: "", ports: [], devices: 0, isCut: false };
  const { name, description, isCut } = view;
  const ports = view.ports.map((port) => ({
    ...port,
    devices: view.devices.filter((device) => device.port === port.index).length,
    neighbour: view.neighbours.find((one) => one.port === port.index)?.name ?? null,
  }));
  return { ...common, name, description, isCut, ports, devices: view.devices.length };
}

function neighbourRow({ interface: name, chassis, port, portDescription, vlan, address, ...more }: LldpNeighbour) {
  return [name, more.name ?? chassis, portDescription ?? port, vlan === undefined ? "-" : String(vlan), address ?? "-"];
}
