import { readModbusRules } from "../config/modbus_rules_file.ts";
import { isHostName, parseHostPort, parseSocketAddress } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { Box, Conduit, SiteFiles, WorkerPermissions, WorkerSpec } from "../core/conduit.ts";
import { type ModbusConfig, type ModbusLine, type ModbusListener, trustZoneOf } from "./config.ts";
import { siteProfiles } from "./site_profiles.ts";
import { resolve } from "node:path";
import {
  type DoorConfig,
  type DoorListener,
  type LineConfig,
  type LinePlace,
  LINES_WORKER,
  type LinesConfig,
  ONE_WORKER,
} from "./worker_config.ts";

/**
 * The Modbus conduit: one Worker owns all lines and judges every request; one Worker per trust zone listens (set of client
 * CAs, or plaintext), because Deno shares TLS sessions within an isolate (facts: security F2). The only zone with TLS shares its
 * Worker with the lines, unless the site wants them apart (docs/decisions/0092).
 */
export const modbus: Conduit<Site> = {
  name: "modbus",
  workers(site, box, files) {
    if (!site.modbus) return [];
    const lines = linesSpec(site, site.modbus, box, files);
    const zones = groupByTrust(site.modbus.listeners), host = zoneWithLines(site.modbus, zones);
    if (host === undefined) return [lines, ...zones.map((zone, index) => doorSpec(zone, index, LINES_WORKER))];
    const others = zones.filter((zone) => zone !== host).map((zone, index) => doorSpec(zone, index + 1, ONE_WORKER));
    return [oneSpec(doorSpec(host, 0, ONE_WORKER), lines), ...others];
  },
};

/**
 * The zone whose Worker owns the lines, too: the only one that there is, or the only one with TLS beside plaintext ones, which have
 * no TLS session to share.
 */
function zoneWithLines({ workers }: ModbusConfig, zones: readonly (readonly ModbusListener[])[]) {
  if (workers === "separate") return undefined;
  const secure = zones.filter(([listener]) => listener!.tls !== undefined);
  return zones.length === 1 ? zones[0] : secure.length === 1 ? secure[0] : undefined;
}

function doorSpec(listeners: readonly ModbusListener[], index: number, owner: string): WorkerSpec {
  const config: DoorConfig = { listeners: listeners.map(toDoor) };
  return {
    name: `modbus-${index}`,
    module: new URL("./worker.ts", import.meta.url),
    permissions: { net: listeners.map(({ listen }) => listen) },
    config,
    after: [owner],
    peers: [owner],
  };
}

/** Both in one Worker, with what both may do. */
function oneSpec(door: WorkerSpec, lines: WorkerSpec): WorkerSpec {
  const { net = [] } = door.permissions;
  return {
    name: ONE_WORKER,
    module: new URL("./worker_one.ts", import.meta.url),
    permissions: { ...lines.permissions, net: [...net, ...lines.permissions.net ?? []] },
    config: { door: door.config, lines: lines.config },
    after: [],
  };
}

function linesSpec(site: Site, modbus: ModbusConfig, box: Box, files: SiteFiles): WorkerSpec {
  const { units, rules, mode, clients } = modbus;
  const isSerial = modbus.lines.some(({ serial }) => serial !== undefined);
  const haldSocket = isSerial && site.hal ? resolve(box.configDir, site.hal.socket) : undefined;
  const config: LinesConfig = {
    lines: modbus.lines.map((line) => toLine(line, files)),
    policy: {
      units: units.map(({ profile, ...unit }) => ({ ...unit, ...profile === undefined ? {} : { profile } })),
      profiles: siteProfiles(modbus, files),
      rules: rules === undefined ? [] : readModbusRules(rules, files.text(rules)),
      mode,
      timeZone: site.site.timeZone,
    },
    weights: Object.fromEntries(clients.map(({ client, weight }) => [client, weight])),
    ...haldSocket === undefined ? {} : { haldSocket },
  };
  return {
    name: LINES_WORKER,
    module: new URL("./worker_lines.ts", import.meta.url),
    permissions: linesPermissions(modbus.lines, haldSocket),
    config,
    after: [],
  };
}

/** Exactly the targets of lines, and hald's socket where a line is serial. */
function linesPermissions(lines: readonly ModbusLine[], hald: string | undefined): WorkerPermissions {
  const targets = [...new Set(lines.flatMap(({ tcp }) => tcp ?? []))];
  if (hald === undefined) return { net: targets };
  return { net: [...targets, `unix:${hald}`], read: [hald], write: [hald] };
}

function groupByTrust(listeners: readonly ModbusListener[]): ModbusListener[][] {
  return [...Map.groupBy(listeners, trustZoneOf).values()];
}

function toDoor({ id, listen, tls, sources, connections, idleSeconds }: ModbusListener): DoorListener {
  const { host, port } = parseSocketAddress(listen)!; // the schema has checked it
  const shared = { name: id, host, port, connections, idleMs: idleSeconds * 1_000 };
  return { ...shared, tls: tls !== undefined, ...sources ? { sources } : {} };
}

function toLine(line: ModbusLine, files: SiteFiles): LineConfig {
  const { id, idleSeconds, ttlSeconds, serial, framing } = line;
  const isSerial = serial !== undefined || framing === "rtu"; // frames of a serial line have no transaction ids
  const byteBits = serial ? byteBitsOf(serial) : 0;
  const baud = serial?.baud ?? 0;
  return {
    id,
    place: placeOf(line, files),
    kind: isSerial ? "serial" : "tcp",
    byteBits,
    baud,
    responseTimeoutMs: line.responseTimeoutMs,
    deadlineMs: line.deadlineMs,
    retries: line.retries,
    requestDelayMs: line.requestDelayMs,
    silenceMs: serial ? silenceMs(baud, byteBits) : 0,
    broadcastDelayMs: line.broadcastDelayMs,
    ignoresSpeed: serial?.speed === "ignored",
    listenMs: (serial?.listenSeconds ?? 0) * 1_000,
    connectDelayMs: line.connectDelayMs,
    reconnectDelayMs: line.reconnectDelayMs,
    idleMs: idleSeconds * 1_000,
    ttlMs: ttlSeconds * 1_000,
  };
}

/** Start bit, data, parity and stop bits. */
function byteBitsOf({ parity, stopBits }: NonNullable<ModbusLine["serial"]>): number {
  return 1 + 8 + (parity === "none" ? 0 : 1) + stopBits;
}

/** 3.5 characters; 1.75 ms beyond 19,200 baud (Modbus over Serial Line V1.02 section 2.5.1.1). */
function silenceMs(baud: number, byteBits: number): number {
  return baud > 19_200 ? 1.75 : 3.5 * byteBits * 1_000 / baud;
}

function placeOf({ serial, tcp, framing, tls }: ModbusLine, files: SiteFiles): LinePlace {
  if (serial) {
    const { device, baud, parity, stopBits, rs485, echo } = serial;
    const silenceMicros = Math.round(silenceMs(baud, byteBitsOf(serial)) * 1_000);
    return { kind: "serial", device, baud, parity, stopBits, rs485, echo, silenceMicros };
  }
  const { host, port } = parseHostPort(tcp!)!; // the schema has checked it
  const place = { kind: "tcp", host, port, framing } as const;
  if (!tls) return place;
  const { caFile, certificate, serverName = host } = tls;
  const pem = {
    caPem: files.text(caFile),
    certPem: files.text(certificate.certFile),
    keyPem: files.text(certificate.keyFile),
  };
  return { ...place, tls: { ...pem, serverName: isHostName(serverName) ? serverName : host } };
}
