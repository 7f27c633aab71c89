import { GatewayError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { createInventoryFeature, type StationNeighbours, type StationPki } from "../inventory/feature.ts";
import { createSecurityFeature } from "../inventory/security/feature.ts";
import { createOutageFeature } from "../inventory/outage/feature.ts";
import { createLocalWeek } from "../core/local_week.ts";
import { parseFrame } from "../ocpp/codec.ts";
import { redactMessage } from "../ocpp/redact.ts";
import { createUpstreamFeature } from "../inventory/upstream/upstream_feature.ts";
import { createAlarmsFeature } from "./alarms/feature.ts";
import { createAuditFeature } from "./audit/feature.ts";
import { createBackupFeature } from "./backup/feature.ts";
import { createAcmeFeature } from "../pki/acme_feature.ts";
import { readCertificate } from "../pki/certificate.ts";
import type { PeopleFeatureParts } from "../people/feature.ts";
import { createPkiFeature, type PkiFeature } from "../pki/feature.ts";
import { readPem } from "../pki/pem.ts";
import { listenerName } from "../ocpp/config.ts";
import { createTimeFeature, type TimeFeatureParts } from "../time/feature.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { createMigrationFeature } from "../inventory/migration/feature.ts";
import { auditDir } from "./data_paths.ts";
import { createClockFeature } from "./clock_feature.ts";
import type { CommandArgs, CommandHandler, ControlContext, ControlFeature } from "./contract.ts";
import { createDeliveryFeature } from "./delivery/feature.ts";
import { createFirmwareFeatures, type FirmwareFeatures, type FirmwareNeeds } from "./firmware/features.ts";
import type { Foundation } from "./foundation.ts";
import { dispatchCommand } from "./dispatch.ts";
import { createPlanFeature } from "../inventory/plan/feature.ts";
import { createPeopleAndDevices, type DevicesOfLater, type PeopleNeighbours } from "./people_and_devices.ts";
import { createPostureAndCommissioning, type PostureSurroundings } from "./posture_parts.ts";
import { stationPages } from "./station_pages.ts";
import { controllerPages } from "./devices/operations/controller_pages.ts";
import type { DeviceOperations } from "../core/device_operations_api.ts";
import { createDigestFeature } from "./digest/feature.ts";
import { createDiskFeature } from "./disk_feature.ts";
import { createIncidents, createInspections } from "./incident_parts.ts";
import { createGatewayFeature } from "./gateway_feature.ts";
import { type ControlForMain, mainEvents } from "./main_events.ts";
import type { DecommissionFeature } from "../decommission/feature.ts";
import { createDecommission, type DecommissionNeighbours } from "./decommission_parts.ts";
import { createSiteDecommission } from "./site_decommission_parts.ts";
import { createModbusFeature } from "./modbus/feature.ts";
import { createLedgerFeatures } from "./ledger_features.ts";
import { createLinkFeature } from "./link_feature.ts";
import { createPolicyFeature } from "./policy/feature.ts";
import { createNetworkFeatures } from "./network_features.ts";
import { createSegmentationFeature, type SegmentationFeature } from "../segmentation/feature.ts";
import { createTamperFeature } from "./tamper_feature.ts";
import { withLiveLog } from "./station_happenings.ts";
import { createSupportFeature } from "./support/feature.ts";
import { createWatchdogFeature } from "./watchdog_feature.ts";

/** All features of control, and what main may tell them. */
export interface Features {
  readonly all: readonly ControlFeature[];
  readonly main: RpcHandlers<ControlForMain>;
}

/** The list of it all: a new capability of control is one line here. Stopped in reverse order. */
export async function createFeatures(foundation: Foundation, version: string): Promise<Features> {
  const { context, audit, alarms, hald } = foundation;
  const pki = await createPkiFeature(context);
  const inventory = await createInventoryFeature(context, stationPki(pki), neighboursOf(foundation));
  const outage = await createOutageFeature({
    ...inventory.parts,
    ...hald ? { synchronised: async () => (await hald.call("clock.state", {})).synchronised } : {},
    redact: (text) => redactMessage(text, parseFrame(text)),
  });
  const security = await createSecurityFeature({
    ...inventory.parts,
    onAudit: (listener) => void audit.onRecord(listener),
  });
  const modbus = createModbusFeature(context);
  const time = createTimeFeature(timeParts(foundation, pki, inventory.parts));
  const network = await createNetworkFeatures(foundation, inventory.parts);
  const devices: DevicesOfLater = {}, leaving: LeavingOfLater = {}; // known when there are sessions, which come later
  const firmware = await createFirmwareFeatures(context, firmwareNeeds(context, inventory, devices));
  const segmentation = await segmentationOf(foundation, inventory.parts);
  const commands: { names: readonly string[] } = { names: [] }; // known when every feature is there
  const ownRun = (command: string, args: CommandArgs) => ownCommand(all, command)(args, "gateway");
  const around = { ...aroundPeople(foundation, inventory, firmware), devices, run: ownRun };
  const all: readonly ControlFeature[] = [
    createGatewayFeature(foundation, version, {
      outages: outage.status,
      stations: () => [...inventory.parts.stations.all()],
      leases: modbus.leases,
      boxClock: time.box,
    }),
    ...[createAuditFeature(context, audit, auditDir(context.box)), createAlarmsFeature(context, alarms)],
    await createDigestFeature({ context, audit, alarms, minuteOfWeek: localWeekOf(context) }),
    await createDeliveryFeature(context, foundation),
    createClockFeature(foundation),
    time,
    createDiskFeature(context),
    createLinkFeature(foundation),
    pki,
    await createAcmeFeature(context, pki),
    withLiveLog(inventory, foundation),
    ...network,
    outage,
    ...await createLedgerFeatures(inventory.parts, audit, outage),
    await createPlanFeature(context, () => inventory.parts.stations.all().map(({ id }) => id)),
    createUpstreamFeature(inventory.parts, pki),
    security,
    ...await createPostureAndCommissioning({ ...around, pki, time, security }),
    ...firmware.all,
    modbus,
    await createPolicyFeature(inventory.parts, modbus.recording),
    createMigrationFeature(inventory.migration, outage.hasWaiting),
    ...await createPeopleAndDevices(around, {
      context,
      commands: () => commands.names,
      ...stationsForPeople(inventory.parts, segmentation),
      inputs: hald && (async () => (await hald.call("gpio.tamper", {})).inputs),
      minuteOfWeek: localWeekOf(context),
      run: (command, args, who, caller) =>
        dispatchCommand({ features: all, audit, disk: context.disk, isPage: true }, command, args, who, caller),
    }),
    segmentation,
    ...await incidentsOf(foundation, inventory.parts, { devices, firmware, leaving, features: () => all }),
    ...await leavingOf(foundation, inventory.parts, { ...around, pki, outage }, leaving),
    createTamperFeature(foundation),
    createBackupFeature(context),
    createSupportFeature({ context, version, run: ownRun }),
    createWatchdogFeature(foundation),
  ];
  commands.names = all.flatMap((feature) => Object.keys(feature.commands ?? {})).sort();
  return { all, main: mainEvents(context) };
}

/** What people need of the inventory: whom grants name, and the pages of controllers. */
function stationsForPeople(
  { stations, facts }: StationParts,
  { door }: SegmentationFeature,
): Pick<PeopleFeatureParts, "devices" | "door" | "station"> {
  return {
    door,
    station: (id) => {
      const station = stations.get(id);
      if (!station) return undefined;
      const { unit, vendor } = station;
      return { id, ...unit === undefined ? {} : { unit }, ...vendor === undefined ? {} : { vendor } };
    },
    devices: {
      pages: stationPages,
      firmware: (id) => {
        const version = facts.of(id)["firmwareVersion"];
        return version === undefined ? undefined : String(version);
      },
    },
  };
}

/** Incidents see what the others do, and do what is to be done through them; inspections tell posture what people saw. */
async function incidentsOf(
  foundation: Foundation,
  stations: StationParts,
  { devices, firmware, leaving, features }: {
    readonly devices: DevicesOfLater;
    readonly leaving: LeavingOfLater;
    readonly firmware: FirmwareFeatures;
    readonly features: () => readonly ControlFeature[];
  },
): Promise<readonly ControlFeature[]> {
  const run = (command: string, args: CommandArgs, who: string) => ownCommand(features(), command)(args, who);
  const incidents = await createIncidents({
    ...{ foundation, stations, busyWith: firmware.busyWith, run },
    leaving: (station) => leaving.of?.(station),
    operations: () => devices.operations,
    vault: () => devices.vault,
  });
  return [incidents, await createInspections(foundation.context, stations, run)];
}

/** Which stations leave: known when there is their feature, which comes after incidents. */
interface LeavingOfLater {
  of?: DecommissionFeature["leaving"];
}

/** Stations that leave for ever, and the gateway itself. */
async function leavingOf(
  { context, audit }: Foundation,
  inventory: StationParts,
  around: Pick<DecommissionNeighbours, "devices" | "outage" | "pki" | "whyNotNow"> & Pick<PeopleNeighbours, "run">,
  later: LeavingOfLater,
): Promise<readonly ControlFeature[]> {
  const stations = await createDecommission({ ...around, context, audit, inventory });
  later.of = stations.leaving;
  const leaving = () => stations.decommissions.all().map(({ station }) => station);
  const own = createSiteDecommission({ ...around, context, audit, leaving, stations: () => inventory.stations.all() });
  return [stations, own];
}

function segmentationOf({ context, hald }: Foundation, { stations }: StationParts): Promise<SegmentationFeature> {
  return createSegmentationFeature({ context, hald, stations: () => stations.all() });
}

/** What people and devices need of the others. */
function aroundPeople(
  foundation: Foundation,
  { parts: inventory, migration }: Awaited<ReturnType<typeof createInventoryFeature>>,
  { vault: images, busyWith }: FirmwareFeatures,
): Omit<PeopleNeighbours, "devices" | "foundation" | "inventory" | "run"> & PostureSurroundings {
  const whyNotNow = (id: string) => busyWith(id) ?? migration.parts.transactions.whyBusy(id);
  return { foundation, inventory, images, whyNotNow };
}

/** A command of one of the features, for another of them. */
function ownCommand(features: readonly ControlFeature[], command: string): CommandHandler {
  const handler = features.find((feature) => feature.commands?.[command])?.commands?.[command];
  return handler ?? (() => Promise.reject(new GatewayError("CTL_REFUSED", `No feature has the command "${command}"`)));
}

/** What firmware needs of the inventory. */
function firmwareNeeds(
  context: ControlContext,
  { parts, migration }: Awaited<ReturnType<typeof createInventoryFeature>>,
  devices: { readonly operations?: DeviceOperations },
): FirmwareNeeds {
  const hasPages = (id: string) => parts.stations.get(id)?.ui !== undefined;
  return {
    pages: controllerPages(() => devices.operations, hasPages),
    inventory: parts,
    transactions: migration.parts.transactions,
    minuteOfWeek: localWeekOf(context),
  };
}

/** Minutes of the week in the site's time zone, which a reload may change. */
function localWeekOf(context: Pick<ControlContext, "site">): (wallMs: number) => number {
  let zone = context.site.site.timeZone, week = createLocalWeek(zone);
  return (wallMs) => {
    if (context.site.site.timeZone !== zone) week = createLocalWeek(zone = context.site.site.timeZone);
    return week(wallMs);
  };
}

/** What time needs of the others: hald, the stations' facts, and the certificates that stations have to believe. */
function timeParts(
  { context, hald }: Foundation,
  pki: PkiFeature,
  { stations, facts }: StationParts,
): TimeFeatureParts {
  const listeners = () => (context.site.ocpp?.listeners ?? []).filter(({ tls }) => tls !== undefined).map(listenerName);
  return {
    context,
    hald: hald && {
      apply: (settings) => hald.call("time.apply", settings),
      report: () => hald.call("time.report", {}),
    },
    stations: { stations: () => stations.all(), factsOf: (id) => facts.of(id) },
    presented: () =>
      listeners().flatMap((listener) =>
        pki.trustOf(listener).identities.map(({ certPem: pem }) => ({ listener, pem }))
      ),
  };
}

/** What hald sees of the devices behind addresses; nothing without it. */
function neighboursOf({ hald }: Foundation): StationNeighbours | undefined {
  return hald && { macOf: async (address) => (await hald.call("net.neighbour", { address })).mac };
}

/** The part of the PKI that the inventory needs. */
function stationPki(pki: PkiFeature): StationPki {
  return {
    rootOf: (listener) => pki.rootOf(listener),
    revoke: (serial) => pki.withdraw(serial, "gateway"),
    issue: async (stationId, csr, who) => {
      const pem = await pki.issueStation(stationId, csr, who);
      return { pem, serial: readCertificate(readPem(pem, "CERTIFICATE")[0]!).serial };
    },
  };
}
