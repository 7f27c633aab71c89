import type { HaldClient } from "../../../hal/client.ts";
import { FakeFirewall } from "../../../hal/fake_firewall.ts";
import { FakeIsolationProbe, FakeNetworkLinks } from "../../../hal/fakes.ts";
import type { HaldBox } from "../../../hal/verb.ts";
import { VERBS } from "../../../hal/verbs/mod.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { CommandResult, ControlContext } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { openStore } from "../../store/kv_store.ts";
import { createSegmentationFeature } from "../feature.ts";
import { SEGMENTATION_LIMITS } from "../limits.ts";

/** A site with two OT zones, a double station, a cabinet and people who may open ports. */
export const SITE = {
  version: 1,
  site: { id: "garage-12" },
  network: {
    zones: [
      { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
      { id: "ot2", role: "ot", interface: "eth2", address: "10.21.0.1/24" },
      { id: "uplink", role: "uplink", interface: "eth0" },
      { id: "mgmt", role: "management", interface: "eth0.99", address: "10.99.0.2/24" },
    ],
  },
  hal: { socket: "/run/bulkhead/hal.sock" },
  console: { listen: "10.99.0.2:8443", hostname: "gw.example" },
  ocpp: {
    listeners: [{ id: "tls", listen: "10.20.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  },
  stations: [
    { id: "CP001", vendor: "bender", address: "10.20.0.11", unit: "bay-07", part: "primary" },
    { id: "CP001-S", vendor: "bender", address: "10.20.0.12", unit: "bay-07", part: "secondary" },
    { id: "CP002", vendor: "bender", address: "10.20.0.13" },
    { id: "CP003", vendor: "schneider", address: "10.21.0.11" },
    { id: "CP004", vendor: "schneider" },
  ],
  segmentation: {
    zones: [{ zone: "ot", isolation: "private-vlan", addresses: ["192.168.124.1/24"] }],
    flows: [{ id: "ems", because: "the EMS reads it", from: "mgmt/10.99.0.9", to: "station:CP003", tcp: [502] }],
    loadManagement: [{ id: "dlm", stations: ["CP001", "CP002"] }],
    redirect: [{ id: "dns", zone: "ot", udp: 53, to: "10.20.0.1:53" }],
    pingTargets: ["8.8.8.8"],
    maintenanceFrom: ["mgmt"],
  },
};

/** The store of one box: it outlives the feature, as it outlives the process. */
export async function segmentationBox() {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  return { time, store, firewall: new FakeFirewall(), probe: new FakeIsolationProbe() };
}

/** Segmentation in control on a box, with a firewall in memory behind the real verbs. */
export async function segmentationRig(
  box: Awaited<ReturnType<typeof segmentationBox>>,
  site: object = SITE,
) {
  const { time, store, firewall, probe } = box;
  const audited: AuditEvent[] = [];
  const raised: AlarmRaise[] = [];
  const cleared: string[] = [];
  const current = { site: Site.parse(site) };
  const context = {
    get site() {
      return current.site;
    },
    ...{ clock: time, timers: time, log: nullLogger, metrics: nullMetrics, store },
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }) },
    alarms: {
      raise: (alarm: AlarmRaise) => Promise.resolve(void raised.push(alarm)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
  } as unknown as ControlContext;
  const hald = {
    state: { connected: true },
    call: (name: string, args: never) =>
      VERBS.find((verb) => verb.name === name)!.run(
        args,
        { firewall, isolation: probe, links: new FakeNetworkLinks() } as unknown as HaldBox,
      ),
  } as unknown as HaldClient;
  const feature = await createSegmentationFeature({ context, hald, stations: () => current.site.stations as never });
  return {
    ...{ feature, audited, raised, cleared, context },
    /** Runs `segmentation NAME`. */
    command: (name: string, args: Record<string, string | boolean> = {}): Promise<CommandResult> =>
      feature.commands![`segmentation ${name}`]!(args, "eva"),
    /** Lets time pass to the next look at the firewall and waits until it is over. */
    async look(times = 1): Promise<void> {
      for (let at = 0; at < times; at++) {
        time.advance(SEGMENTATION_LIMITS.lookMs);
        await feature.looked();
      }
    },
    /** As a reload does. */
    changeSite: (changed: object) => void (current.site = Site.parse(changed)),
  };
}
