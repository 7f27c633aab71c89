import { z } from "zod";
import { ConsoleConfig } from "../console/config.ts";
import { AuditConfig } from "../control/audit_config.ts";
import { NotifyTarget, TelemetryConfig } from "../courier/config.ts";
import { DecommissioningConfig } from "../decommission/config.ts";
import { DhcpConfig } from "../dhcp/config.ts";
import { DnsConfig } from "../dns/config.ts";
import { FirmwareConfig } from "../firmware/config.ts";
import { Station } from "../inventory/config.ts";
import { ModbusConfig } from "../modbus/config.ts";
import { OcppConfig } from "../ocpp/config.ts";
import { PeopleConfig } from "../people/config.ts";
import { PkiConfig } from "../pki/config.ts";
import { PostureConfig } from "../posture/config.ts";
import { SegmentationConfig } from "../segmentation/config.ts";
import { BackupConfig, StoreConfig } from "../store/config.ts";
import { SwitchesConfig } from "../switches/config.ts";
import { TimeConfig } from "../time/config.ts";
import { VaultConfig } from "../vault/config.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { HalConfig, NetworkConfig, SiteInfo } from "./site_config.ts";
import { listOf } from "./values.ts";

/** The whole site.yaml. Each conduit's part stands in its own config.ts; this file composes them. */
export const Site = z.strictObject({
  version: z.literal(1).describe("Version of this file's form"),
  site: SiteInfo.describe("What and where this site is"),
  network: NetworkConfig.prefault({}).describe("Zones that this box stands between"),
  console: ConsoleConfig.optional().describe("Pages and REST API for people; absent: none"),
  people: PeopleConfig.prefault({}).describe("People who may use this gateway: passwords, logins, identity providers"),
  stations: z.array(Station).max(CONFIG_LIMITS.stations).default([]).describe("Charging stations of the site"),
  ocpp: OcppConfig.optional().describe("Relay between stations and CSMS; absent: none"),
  modbus: ModbusConfig.optional().describe("Modbus between clients and devices of the site; absent: none"),
  dhcp: DhcpConfig.optional().describe("Addresses for the OT zones; absent: none are given, nothing listens"),
  dns: DnsConfig.optional().describe("Names for the OT side; absent: none"),
  firmware: FirmwareConfig.optional().describe("Firmware images for stations; absent: none are taken or served"),
  time: TimeConfig.optional().describe("The box's clock, and time for the OT side; absent: both are left alone"),
  segmentation: SegmentationConfig.optional().describe("What may pass between zones; absent: the base firewall only"),
  switches: SwitchesConfig.optional().describe(
    "Switches that are read to say which station hangs on which port; absent: none",
  ),
  pki: PkiConfig.prefault({}).describe("Site CA and certificates"),
  vault: VaultConfig.prefault({}).describe("Secrets of devices: how old they become, who can open their copies"),
  posture: PostureConfig.prefault({}).describe("How the site is judged against the makers' guides"),
  decommissioning: DecommissioningConfig.prefault({}).describe("Who must agree before something is erased for ever"),
  store: StoreConfig.prefault({}).describe("Where control keeps its records"),
  notify: listOf(NotifyTarget).default([]).describe("Who is told of alarms"),
  backup: BackupConfig.optional().describe("Sealed backups; absent: none"),
  audit: AuditConfig.prefault({}).describe("Audit chain: retention and receivers"),
  telemetry: TelemetryConfig.optional().describe("Metrics for others; absent: none"),
  hal: HalConfig.optional().describe("The privileged helper hald; absent: nothing that needs it is available"),
});

/** The validated site.yaml, with every default filled in. */
export type Site = z.infer<typeof Site>;
