import { dhcpScopes } from "../../config/dhcp_scopes.ts";
import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import type { Lease } from "../../core/dhcp_api.ts";
import { describeError } from "../../core/errors.ts";
import type { Stations } from "../stations.ts";
import { AdoptedDevices } from "./adopted_devices.ts";
import { dhcpCommands, type DhcpParts } from "./commands.ts";
import { DeviceInbox } from "./device_inbox.ts";
import { FactRecorder, type Sight } from "./fact_recorder.ts";
import { knownDevices } from "./known_devices.ts";
import { stationLeases } from "./station_leases.ts";
import { LeaseBook } from "./lease_book.ts";
import { DHCP_BOOK_LIMITS } from "./limits.ts";

/** DHCP in control, with what other features ask of it. */
export interface DhcpFeature extends ControlFeature {
  /** The newest lease of each station, by its id. */
  leases(): Promise<ReadonlyMap<string, Lease>>;
  /** What was seen lately: conflicts, foreign servers, stations that changed. */
  sights(): readonly Sight[];
}

/** DHCP as a feature of control: the leases on disk, who is known, the adoption inbox, records and alarms. */
export async function createDhcpFeature(context: ControlContext, stations: Stations): Promise<DhcpFeature> {
  const { store, clock, log, timers } = context;
  const book = new LeaseBook(store);
  const inbox = await DeviceInbox.open(store, clock);
  const recorder = new FactRecorder(context);
  const adopted = await AdoptedDevices.open(store);
  const devices = () => knownDevices(context.site, stations.all(), adopted.all());
  let told = "";
  const push = async () => {
    const now = devices();
    if (JSON.stringify(now) === told) return;
    for (const worker of context.workers.of("dhcp")) {
      await context.workers.get(worker).call("dhcp.devices", { devices: now });
    }
    told = JSON.stringify(now);
  };
  const guarded = (what: string, work: () => Promise<void>) => () => {
    work().catch((error) => log.warn(`dhcp.${what}.failed`, { msg: describeError(error) }));
  };
  const stops = [
    timers.every(DHCP_BOOK_LIMITS.devicesMs, guarded("devices", push)),
    timers.every(DHCP_BOOK_LIMITS.inboxWriteMs, guarded("inbox", () => inbox.flush())),
    timers.every(DHCP_BOOK_LIMITS.inboxWriteMs, guarded("settle", () => recorder.settle())),
  ];
  const parts: DhcpParts = { context, stations, inbox, adopted, book, recorder, push };
  return {
    name: "dhcp",
    leases: () => stationLeases(context.site, book, devices()),
    sights: () => recorder.sights(),
    commands: dhcpCommands(parts),
    handlers: {
      "dhcp.leases": ({ after }) => book.page(after),
      "dhcp.facts": async ({ facts }) => {
        for (const fact of facts) {
          if (fact.kind === "refused" && fact.rule === "dhcp.unknown") inbox.note(fact);
          await recorder.take(fact);
        }
      },
    },
    handlersFor: (worker) => ({
      "dhcp.open": () => {
        book.open(worker);
        const now = devices();
        told = JSON.stringify(now);
        return { devices: now };
      },
      "dhcp.commit": ({ leases }) => book.commit(worker, leases),
    }),
    // A restarted control knows no writer: the Worker that still serves goes on as one.
    workerJoined: async (worker) => {
      if (!context.workers.of("dhcp").includes(worker)) return;
      told = "";
      await push();
    },
    stop: async () => {
      for (const stop of stops) stop();
      if (dhcpScopes(context.site.dhcp).length > 0) await inbox.flush();
    },
  };
}
