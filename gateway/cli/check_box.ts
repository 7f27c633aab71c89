import { resolve } from "node:path";
import { isLoopback, isWildcard, parseIp, parseSocketAddress } from "../config/ip.ts";
import type { LoadedSite } from "../config/load.ts";
import { fileReferences } from "../config/materials.ts";
import type { Path } from "../config/fault.ts";
import { Site } from "../config/schema.ts";
import { jsonSchemaOf } from "../config/schema_faults.ts";
import { keysDir } from "../control/data_paths.ts";
import type { Box, WorkerSpec } from "../core/conduit.ts";
import { type Finding, foundFault, foundWarning } from "./finding.ts";

/** What is known of a file without opening it. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "socket" | "other";
  /** Permission bits, or undefined where the system has none. */
  readonly mode: number | undefined;
}

/** What `check` asks of the box; tests answer from a table. */
export interface BoxProbe {
  /** Every interface with its addresses. */
  interfaces(): readonly { readonly name: string; readonly address: string }[];
  /** Undefined when there is no such file. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** Why no file can be made in this folder; undefined when one can. */
  whyNotWritable(folder: string): Promise<string | undefined>;
  /** Largest packet of an interface in bytes; undefined when nobody can say. */
  mtu(name: string): Promise<number | undefined>;
  /** Why the root key in this folder cannot be used as it lies there; undefined when it can, or when there is none yet. */
  whyKeyRefused(keysFolder: string): Promise<string | undefined>;
  /** Whether this process holds a permission. */
  granted(permission: Deno.PermissionDescriptor): Promise<boolean>;
}

/** Keys of files that nobody but the gateway may read. */
const SECRET_KEY = /[pP]asswordFile$|[kK]eyFile$|[tT]okenFile$|^smtpFile$|^credentialsFile$/;
/** Public halves whose key also ends in KeyFile. */
const PUBLIC_KEY = new Set(["recoveryKeyFile", "hostKeyFile"]);

/** Judges what site.yaml expects of the box: secrets' file modes, addresses, the data folder, hald, permissions. */
export async function checkBox(
  { site, box }: LoadedSite,
  specs: readonly WorkerSpec[],
  probe: BoxProbe,
): Promise<Finding[]> {
  return [
    ...await checkSecrets(site, box.configDir, probe),
    ...checkAddresses(site, probe),
    ...await checkMtu(site, probe),
    ...await checkDataDir(box.dataDir, probe),
    ...await checkRootKey(site, box, probe),
    ...await checkHal(site, box.configDir, probe),
    ...await checkPermissions(specs, probe),
  ];
}

async function checkSecrets(site: Site, configDir: string, probe: BoxProbe): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { path, file } of fileReferences(site, jsonSchemaOf(Site))) {
    const key = String(path.at(-1));
    if (!SECRET_KEY.test(key) || PUBLIC_KEY.has(key)) continue;
    const mode = (await probe.facts(resolve(configDir, file)))?.mode;
    if (mode === undefined) continue;
    const shown = (mode & 0o777).toString(8).padStart(4, "0");
    if ((mode & 0o007) !== 0) {
      found.push(foundFault(path, `everybody on this box may use the secret "${file}" (mode ${shown}): chmod 0600`));
    } else if ((mode & 0o070) !== 0) {
      found.push(foundWarning(path, `the group of "${file}" may use this secret (mode ${shown}): chmod 0600`));
    }
  }
  return found;
}

function checkAddresses(site: Site, probe: BoxProbe): Finding[] {
  const interfaces = probe.interfaces();
  const has = (host: string) =>
    isLoopback(host) || isWildcard(host) || interfaces.some(({ address }) => same(address, host));
  const listeners: [Path, string | undefined][] = [
    [["console", "listen"], site.console?.listen],
    ...(site.ocpp?.listeners ?? []).map((
      { listen },
      at,
    ): [Path, string] => [["ocpp", "listeners", at, "listen"], listen]),
    [["telemetry", "metricsListen"], site.telemetry?.metricsListen],
  ];
  const found = listeners.flatMap(([path, listen]) => {
    const host = listen === undefined ? undefined : parseSocketAddress(listen)?.host;
    return host === undefined || has(host) ? [] : [foundFault(path, `this box has no address ${host}`)];
  });
  site.network.zones.forEach((zone, at) => {
    const path = ["network", "zones", at];
    const own = interfaces.filter(({ name }) => name === zone.interface);
    const address = zone.address?.split("/")[0];
    if (own.length === 0) {
      found.push(foundFault([...path, "interface"], `this box has no interface ${zone.interface} with an address`));
    } else if (address !== undefined && !own.some((one) => holds(one.address, address))) {
      found.push(foundFault([...path, "address"], `interface ${zone.interface} does not have the address ${address}`));
    }
  });
  return found;
}

/** Packets that the uplink cannot carry are lost where nobody tells: TLS handshakes hang and small messages pass. */
async function checkMtu({ network: { uplink, zones } }: Site, probe: BoxProbe): Promise<Finding[]> {
  const zone = zones.find(({ id }) => id === uplink?.zone);
  if (uplink?.mtu === undefined || !zone) return [];
  const own = await probe.mtu(zone.interface);
  if (own === undefined || own <= uplink.mtu) return [];
  const path = ["network", "uplink", "mtu"];
  const what = `interface ${zone.interface} sends packets of ${own} bytes, the uplink carries ${uplink.mtu}`;
  return [foundFault(path, `${what}: ip link set ${zone.interface} mtu ${uplink.mtu}`)];
}

/** Whether an interface with the address `own` answers on `wanted`: a loopback interface answers on all of 127.0.0.0/8. */
function holds(own: string, wanted: string): boolean {
  return same(own, wanted) || isLoopback(own) && wanted.startsWith("127.");
}

/** Compares IP addresses, not their spelling; a zone index (%eth0) is left aside. */
function same(one: string, other: string): boolean {
  const bytes = (text: string) => parseIp(text.split("%")[0]!)?.join();
  return bytes(one) !== undefined && bytes(one) === bytes(other);
}

async function checkDataDir(dataDir: string, probe: BoxProbe): Promise<Finding[]> {
  const path = ["site", "dataDir"];
  const facts = await probe.facts(dataDir);
  if (facts && facts.kind !== "folder") return [foundFault(path, `"${dataDir}" is not a folder`)];
  // a folder that does not exist yet is made by `run` in the nearest one that does
  let folder = dataDir;
  while (folder !== "/" && await probe.facts(folder) === undefined) folder = resolve(folder, "..");
  const why = await probe.whyNotWritable(folder);
  if (why !== undefined) return [foundFault(path, `cannot write in "${folder}" (${why})`)];
  if (facts?.mode !== undefined && (facts.mode & 0o077) !== 0) {
    return [foundWarning(path, `others may look into "${dataDir}": chmod 0700`)];
  }
  return [];
}

/** The file key store refuses a key that others may read (`run` would not start); TPM and token are hald's to look at. */
async function checkRootKey(site: Site, box: Pick<Box, "dataDir">, probe: BoxProbe): Promise<Finding[]> {
  if ((site.hal?.keyStore ?? "file") !== "file") return [];
  const why = await probe.whyKeyRefused(keysDir(box));
  return why === undefined ? [] : [foundFault(["site", "dataDir"], why)];
}

async function checkHal(site: Site, configDir: string, probe: BoxProbe): Promise<Finding[]> {
  if (!site.hal) return [];
  const socket = resolve(configDir, site.hal.socket);
  const facts = await probe.facts(socket);
  if (facts?.kind === "socket") return [];
  const text = facts ? `"${socket}" is not a socket` : `there is no socket "${socket}"`;
  const lost = site.hal.keyStore === "file"
    ? "what needs hald is off"
    : `the ${site.hal.keyStore} key store is out of reach`;
  return [foundFault(["hal", "socket"], `${text}: hald does not run, and ${lost}`)];
}

/** A Worker's lists must be covered by this process's flags, or it cannot be started. */
async function checkPermissions(specs: readonly WorkerSpec[], probe: BoxProbe): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { name, permissions } of specs) {
    const wanted: Deno.PermissionDescriptor[] = [
      ...(permissions.net && permissions.net.length > 0 ? [{ name: "net" } as const] : []),
      ...(permissions.read ?? []).map((path) => ({ name: "read", path }) as const),
      ...(permissions.write ?? []).map((path) => ({ name: "write", path }) as const),
      ...(permissions.env ?? []).map((variable) => ({ name: "env", variable }) as const),
    ];
    for (const permission of wanted) {
      if (await probe.granted(permission)) continue;
      const what = Object.values(permission).join(" ");
      found.push(foundFault([], `this process may not give Worker ${name} the permission ${what}: see \`flags\``));
    }
  }
  return found;
}
