import { HardwareError } from "../../core/errors.ts";
import type { HaldClient } from "../../../hal/client.ts";
import type { LldpNeighbour } from "../../../hal/lldp.ts";
import type { StationPortVerdict } from "../../../policies/switch_port.ts";
import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import { describeError } from "../../core/errors.ts";
import type { SwitchView } from "../../core/switches_api.ts";
import { Turns } from "../../core/turns.ts";
import { switchCommands } from "./commands.ts";
import { type PlacedStation, stationPort } from "./station_ports.ts";
import { type StationPort, SwitchBook } from "./switch_book.ts";

/** Milliseconds after which a move is the new state of affairs and its alarm is over. */
const MOVED_MS = 86_400_000;

/** What the feature needs beside the context. */
export interface SwitchFeatureParts {
  readonly context: ControlContext;
  readonly hald: Pick<HaldClient, "call"> | undefined;
  readonly stations: () => Promise<readonly PlacedStation[]>;
}

/** The view of switches in control, with what `why` asks of it. */
export interface SwitchFeature extends ControlFeature {
  portOf(station: PlacedStation): StationPortVerdict;
}

/** Which station hangs on which port, read only: what the Worker reads of switches, and what hald hears of its cables. */
export async function createSwitchFeature(parts: SwitchFeatureParts): Promise<SwitchFeature> {
  const { context, stations } = parts;
  const { metrics } = context;
  const book = await SwitchBook.open(context.store, context.clock);
  const watch = new PortWatch(parts, book);
  const ids = () => (context.site.switches ?? []).map(({ id }) => id);
  return {
    name: "switches",
    commands: switchCommands({ context, book, stations, neighbours: () => neighboursOf(parts) }),
    portOf: (station) => stationPort(context.site, book, station),
    handlers: {
      "switches.read": async (reading) => {
        if (!ids().includes(reading.id)) return;
        book.take(reading.id, reading);
        metrics.set("bulkhead_switch_devices", "view" in reading ? deviceCount(reading.view) : 0, {
          switch: reading.id,
        });
        await watch.told(reading);
        await watch.look(ids());
      },
    },
    reconfigure: async (site) => {
      const next = (site.switches ?? []).map(({ id }) => id);
      for (const id of ids()) {
        if (!next.includes(id)) await context.alarms.clear("switches.unreachable", id);
      }
      book.keep(next);
    },
  };
}

const deviceCount = ({ devices }: SwitchView) => devices.length;

/** Raises and ends the alarms about switches and moves. */
class PortWatch {
  readonly #parts: SwitchFeatureParts;
  readonly #book: SwitchBook;
  /** Whether the port of each station had a link when it was read last. */
  readonly #links = new Map<string, boolean>();
  /** Looks, one after the other: two switches that are read at the same moment must not tell of one move twice. */
  readonly #turns = new Turns();

  constructor(parts: SwitchFeatureParts, book: SwitchBook) {
    this.#parts = parts;
    this.#book = book;
  }

  async told(reading: { readonly id: string } & ({ readonly view: SwitchView } | { readonly fault: string })) {
    const { alarms } = this.#parts.context;
    const alarm = { kind: "switches.unreachable", subject: reading.id };
    if ("fault" in reading) await alarms.raise({ ...alarm, detail: reading.fault });
    else await alarms.clear(alarm.kind, alarm.subject);
  }

  /** Said once each time the link goes: a cable that somebody pulled may be tampering (EV-23). */
  async #unlinked(station: string, port: StationPort | undefined): Promise<void> {
    const { audit } = this.#parts.context, isUp = port && this.#book.isUp(port);
    if (isUp === undefined || isUp === this.#links.get(station)) return;
    const wasUp = this.#links.get(station);
    this.#links.set(station, isUp);
    if (isUp || wasUp === undefined) return;
    const event = { event: "switches.station.unlinked", class: "security" as const, who: "gateway" };
    await audit.record({
      ...event,
      ...{ target: station, outcome: "failed", detail: { port: `port ${port!.port} of ${port!.switch}` } },
    });
  }

  /** Where every station is now. While a switch is not read nobody has moved: a station may seem to stand where its frames pass. */
  look(ids: readonly string[]): Promise<void> {
    return this.#turns.run(["look"], () => this.#look(ids));
  }

  async #look(ids: readonly string[]): Promise<void> {
    const { context: { alarms, audit, clock }, stations } = this.#parts;
    if (ids.length === 0 || this.#book.all(ids).some(({ view, fault }) => !view || fault !== undefined)) return;
    for (const { id: station, mac } of await stations()) {
      const place = mac === undefined ? undefined : this.#book.placeOf(mac, ids);
      const before = place && await this.#book.note(station, place);
      const now = this.#book.portOf(station);
      await this.#unlinked(station, now);
      if (place && before) {
        const [from, to] = [before, place].map(({ switch: id, port, vlan }) =>
          `port ${port} of ${id}${vlan === undefined ? "" : ` (VLAN ${vlan})`}`
        ) as [string, string];
        const event = { event: "switches.station.moved", class: "security" as const, who: "gateway" };
        await audit.record({ ...event, target: station, outcome: "ok", detail: { from, to } });
        await alarms.raise({ kind: "switches.station.moved", subject: station, detail: `from ${from} to ${to}` });
      } else if (now?.from !== undefined && clock.now() - now.since > MOVED_MS) {
        await alarms.clear("switches.station.moved", station);
      }
    }
  }
}

/** What hald heard; undefined when it does not listen, or is away. */
async function neighboursOf({ hald, context }: SwitchFeatureParts): Promise<readonly LldpNeighbour[] | undefined> {
  if (!hald) return undefined;
  try {
    return (await hald.call("net.lldp", {})).neighbours;
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error;
    context.log.debug("switches.lldp.unknown", { msg: describeError(error) });
    return undefined;
  }
}
