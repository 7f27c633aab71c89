import manifest from "../../deno.json" with { type: "json" };
import type { Conduit, SiteFiles, WorkerPermissions, WorkerSpec } from "../core/conduit.ts";
import type { Site } from "../config/schema.ts";
import { parseSocketAddress } from "../config/ip.ts";
import { csmsPingSeconds, netOf, targetOf, type Uplink, uplinkOf } from "../uplink/settings.ts";
import { readOcppRules } from "../config/ocpp_rules_file.ts";
import { listenerName, type OcppConfig, type OcppListener as ListenerConfig } from "./config.ts";
import type { OcppListener, OcppSiteRules, OcppWorkerConfig } from "./worker_config.ts";

/** Names that npm ws reads at import; without them it throws in a Worker. */
const WS_ENV = ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE", "NODE_DEBUG"];

/**
 * The OCPP conduit: one Worker per trust zone, that is per set of CAs of station certificates, because Deno shares TLS
 * sessions within an isolate (facts: security F2).
 */
export const ocpp: Conduit<Site> = {
  name: "ocpp",
  workers(site, _box, files) {
    if (!site.ocpp) return [];
    const { ocpp } = site;
    const uplink = uplinkOf(site, files);
    const pings = csmsPingSeconds(site, ocpp.pingSeconds);
    const siteRules = siteRulesOf(ocpp, site.site.timeZone, files);
    const shared = {
      uplink,
      ...pings !== ocpp.pingSeconds && { csmsPingSeconds: pings },
      ...siteRules && { siteRules },
      ...firmwareOf(site),
      ...addressesOf(site),
    };
    return groupByTrust(ocpp.listeners).map((listeners, index) => workerSpec(ocpp, shared, listeners, index));
  },
};

/** What all Workers of the conduit get alike. */
type Shared = Pick<OcppWorkerConfig, "addresses" | "csmsPingSeconds" | "firmware" | "siteRules"> & {
  readonly uplink: Uplink;
};

/** Addresses that belong to one station; behind a router of their own several may share one. */
function addressesOf({ stations }: Pick<Site, "stations">): Pick<OcppWorkerConfig, "addresses"> {
  const found = Map.groupBy(
    stations.filter(({ address, ocpp }) => address !== undefined && ocpp),
    ({ address }) => address!,
  );
  const alone = [...found].flatMap(([address, [first, ...more]]) => more.length === 0 ? [[address, first!.id]] : []);
  return alone.length === 0 ? {} : { addresses: Object.fromEntries(alone) };
}

/** The places of stations' files, as they stand in URLs. */
function firmwareOf({ firmware }: Pick<Site, "firmware">): Pick<OcppWorkerConfig, "firmware"> {
  if (firmware?.listen === undefined) return {};
  const { listen, tls, exceptions } = firmware, { port } = parseSocketAddress(listen)!; // the schema has checked it
  const names = (tls.names ?? []).map((name) => `${name.toLowerCase()}:${port}`);
  return { firmware: { hosts: [listen, ...names, ...exceptions.map((one) => one.listen)] } };
}

/** The site's own rules: main has read and checked the file. */
function siteRulesOf({ rules, mode }: OcppConfig, timeZone: string, files: SiteFiles): OcppSiteRules | undefined {
  return rules === undefined ? undefined : { rules: readOcppRules(rules, files.text(rules)), mode, timeZone };
}

function workerSpec(
  ocpp: OcppConfig,
  shared: Shared,
  listeners: readonly ListenerConfig[],
  index: number,
): WorkerSpec {
  const config: OcppWorkerConfig = {
    listeners: listeners.map((listener) => toListener(listener, ocpp)),
    maxMessageBytes: ocpp.maxMessageBytes,
    callTimeoutSeconds: ocpp.callTimeoutSeconds,
    pingSeconds: ocpp.pingSeconds,
    ...shared,
    ...index === 0 ? controllersOf(ocpp) : {},
  };
  return {
    name: `ocpp-${index}`,
    module: new URL("./worker.ts", import.meta.url),
    permissions: permissionsOf(ocpp, shared.uplink, config),
    config,
    after: [],
  };
}

/** The gateway's own identities: one connection per CSMS and site, so one Worker has them. */
function controllersOf({ csms }: OcppConfig): Pick<OcppWorkerConfig, "controllers"> {
  const controllers = csms.flatMap(({ id: name, localController: own }) =>
    own ? [{ csms: name, id: own.id, protocol: own.protocol, firmwareVersion: manifest.version }] : []
  );
  return controllers.length === 0 ? {} : { controllers };
}

/** Exact listen addresses and CSMS hosts, or the proxy that leads to them; PEM and secrets come by message, so no file can be read. */
function permissionsOf({ csms }: OcppConfig, uplink: Uplink, { listeners }: OcppWorkerConfig): WorkerPermissions {
  const listening = listeners.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
  const dialled = netOf(uplink, csms.map(({ url }) => targetOf(new URL(url))));
  return { net: [...new Set([...listening, ...dialled])], env: WS_ENV };
}

function groupByTrust(listeners: readonly ListenerConfig[]): ListenerConfig[][] {
  const groups = new Map<string, ListenerConfig[]>();
  for (const listener of listeners) {
    const trust = listener.tls ? `tls ${listener.tls.clientCaFile ?? ""}` : "plaintext";
    const group = groups.get(trust);
    if (group) group.push(listener);
    else groups.set(trust, [listener]);
  }
  return [...groups.values()];
}

function toListener(listener: ListenerConfig, { unknownStations }: OcppConfig): OcppListener {
  const { host, port } = parseSocketAddress(listener.listen)!; // the schema has checked it
  return {
    name: listenerName(listener),
    host,
    port,
    tls: listener.tls !== undefined,
    paths: [listener.path, ...listener.morePaths ?? []],
    ...unknownStations === "unauthorized" && { hidesStations: true },
  };
}
