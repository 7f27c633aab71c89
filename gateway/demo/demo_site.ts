import { join } from "node:path";
import { stringify } from "yaml";
import type { Credential } from "./demo_pki.ts";
import type { ControllersSite } from "./controllers/demo_controllers.ts";
import type { DemoPorts } from "./demo_args.ts";
import type { Garage, GarageStation } from "./garage.ts";
import { DEMO_NAMES } from "./name_asker.ts";
import type { EnergySite } from "./modbus/garage_energy.ts";

/** Where a generated site lies. */
export interface DemoSite {
  readonly folder: string;
  readonly configFile: string;
  readonly dataDir: string;
}

/** Certificates that an operator brings along. */
export interface OwnPkiFiles {
  readonly gateway: Credential;
  /** The CA that station certificates must chain to. */
  readonly stationCaPem: string;
}

/** What a generated site is made of. */
export interface DemoSiteOptions {
  readonly folder: string;
  readonly host: string;
  readonly ports: DemoPorts;
  readonly garage: Garage;
  readonly csms: { readonly url: string; readonly caPem: string };
  /** Absent: all certificates come from the gateway's site CA. */
  readonly ownPki?: OwnPkiFiles;
  /** Seconds that a lost CSMS may take to come back before stations are told. */
  readonly graceSeconds: number;
  /** Meters, and who may read them; absent: no Modbus. */
  readonly energy?: EnergySite;
  /** Controllers with pages; absent: none. */
  readonly controllers?: ControllersSite;
}

/** Writes site.yaml and the files it names into an empty folder. Secrets are readable by their owner only. */
export async function writeDemoSite(options: DemoSiteOptions): Promise<DemoSite> {
  const { folder, garage, csms, ownPki } = options;
  const dataDir = join(folder, "data");
  for (const name of ["certs", "secrets"]) await Deno.mkdir(join(folder, name), { mode: 0o700 });
  await Deno.writeTextFile(join(folder, "certs", "csms-ca.pem"), csms.caPem);
  if (ownPki) {
    await Deno.writeTextFile(join(folder, "certs", "gateway.pem"), ownPki.gateway.certPem);
    await Deno.writeTextFile(join(folder, "secrets", "gateway.key"), ownPki.gateway.keyPem, { mode: 0o600 });
    await Deno.writeTextFile(join(folder, "certs", "stations-ca.pem"), ownPki.stationCaPem);
  }
  for (const { id, password } of [...garage.stations, garage.attacker]) {
    await Deno.writeFile(join(folder, "secrets", id), password, { mode: 0o600 });
  }
  for (const [file, text] of Object.entries({ ...options.energy?.files, ...options.controllers?.files })) {
    await Deno.writeTextFile(join(folder, file), text, file.startsWith("secrets/") ? { mode: 0o600 } : {});
  }
  const configFile = join(folder, "site.yaml");
  await Deno.writeTextFile(configFile, siteYaml(options));
  return { folder, configFile, dataDir };
}

/** The site.yaml of the simulated garage. */
export function siteYaml(options: DemoSiteOptions): string {
  const { host, ports, garage, csms, graceSeconds, ownPki, energy, controllers } = options;
  const identity = { certFile: "certs/gateway.pem", keyFile: "secrets/gateway.key" };
  const tls = ownPki ? { identities: [identity], clientCaFile: "certs/stations-ca.pem" } : { names: ["localhost"] };
  return stringify({
    version: 1,
    site: { id: "demo", name: "Simulated parking garage", timeZone: "Europe/Berlin", dataDir: "./data" },
    console: {
      listen: `${host}:${ports.console}`,
      hostname: "bulkhead.localhost",
      ...(ownPki ? { certificate: identity } : {}),
      ...controllers ? { devicePages: { listen: `${host}:${ports.pages}` } } : {},
    },
    stations: [...[...garage.stations, garage.attacker].map(stationEntry), ...controllers?.stations ?? []],
    ocpp: {
      listeners: [
        { id: "ocpp-tls", listen: `${host}:${ports.tls}`, tls },
        { id: "ocpp-plain", listen: `${host}:${ports.plain}`, plaintext: "isolated-segment" },
      ],
      csms: [{ id: "main", url: csms.url, caFile: "certs/csms-ca.pem", onLoss: "mirror-close", graceSeconds }],
    },
    ...energy ? { modbus: energy.modbus } : {},
    ...ports.dns === undefined ? {} : { dns: dnsSection(`${host}:${ports.dns}`, host) },
    telemetry: { metricsListen: `${host}:${ports.metrics}` },
  });
}

/** Own answers only: the demo asks nobody outside. */
function dnsSection(listen: string, host: string) {
  return { listen, answers: { [DEMO_NAMES.own]: host }, vendorTimeNames: "this-box" };
}

function stationEntry({ id, vendor, model, protocol, securityProfile }: GarageStation) {
  const secret = `secrets/${id}`;
  return {
    id,
    vendor: vendor.toLowerCase(),
    model,
    ocpp: {
      protocols: [protocol],
      securityProfile,
      csms: "main",
      // Profile 3 has no password to relay: the gateway logs in with one of its own.
      ...(securityProfile === 3 ? { upstreamPasswordFile: secret } : { passwordFile: secret }),
    },
  };
}
