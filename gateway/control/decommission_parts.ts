import { resolve } from "node:path";
import { createDecommissionFeature, type DecommissionFeature } from "../decommission/feature.ts";
import type { BackupPlace, DecommissionParts } from "../decommission/parts.ts";
import { addressText } from "../inventory/dhcp/address_text.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import { callStation } from "../inventory/station_calls.ts";
import type { PkiFeature } from "../pki/feature.ts";
import type { Lease } from "../core/dhcp_api.ts";
import { describeError } from "../core/errors.ts";
import { KEYS } from "../store/keys.ts";
import type { AuditChain } from "./audit/mod.ts";
import { isBackupName } from "./backup/create_backup.ts";
import { referencedFiles } from "./backup/collect.ts";
import type { ControlContext } from "./contract.ts";
import type { DevicesOfLater } from "./people_and_devices.ts";
import { KEPT_OF_STATIONS, STATION_ERASERS } from "./station_erasers.ts";

/** What decommissioning needs of the other features of control. */
export interface DecommissionNeighbours {
  readonly context: ControlContext;
  readonly audit: Pick<AuditChain, "destroyPseudonyms" | "signText">;
  readonly inventory: StationParts;
  readonly pki: Pick<PkiFeature, "revokeStation">;
  readonly outage: {
    waiting(station: string): Promise<{ readonly messages: number; readonly refused: number }>;
  };
  readonly whyNotNow: (station: string) => string | undefined;
  readonly devices: DevicesOfLater;
}

/** Decommissioning, with what it works on from the other features of control. */
export function createDecommission(neighbours: DecommissionNeighbours): Promise<DecommissionFeature> {
  return createDecommissionFeature(decommissionParts(neighbours));
}

function decommissionParts(neighbours: DecommissionNeighbours): DecommissionParts {
  const { context, audit, inventory, outage, whyNotNow } = neighbours;
  const { stations } = inventory, { store, sealer, box, main, log } = context;
  return {
    context,
    erasers: STATION_ERASERS,
    kept: KEPT_OF_STATIONS,
    station: (id) => stations.get(id),
    stations: () => stations.all(),
    markErased: (id, at) => stations.erased.add(id, at),
    readmit: (id, at) => stations.erased.readmit(id, at),
    isErased: (id) => stations.erased.has(id),
    protocolOf: (id) => protocolOf(inventory, id),
    call: (stationId, action, payload, timeoutMs) => callStation(inventory, { stationId, action, payload, timeoutMs }),
    whyBusy: (id) => stations.get(id)?.ocpp ? whyNotNow(id) : undefined,
    waiting: async (id) => {
      const { messages, refused } = await outage.waiting(id);
      return messages + refused;
    },
    networkOf: (id) => networkOf(neighbours, id),
    sign: (text) => audit.signText(text),
    destroyPseudonyms: (id, who) => audit.destroyPseudonyms(id, undefined, who),
    closeConnection: (id) => closeConnection(inventory, id),
    backups: () => backupPlaces(context),
    filesOf: (station) => referencedFiles(station),
    filesThere: async (files) => await main.call("main.files-there", { files }),
    renew: (why) => {
      main.call("main.renew-control", { why }).catch((error) => {
        log.warn("decommission.renew.failed", { msg: describeError(error) }); // the next turn asks again
      });
    },
    place: { store, sealer, dataDir: box.dataDir },
    ...endings(neighbours),
  };
}

/** What ends while the gateway runs. */
function endings(
  { pki, inventory: { credentials, facts }, context: { store }, devices }: DecommissionNeighbours,
): Pick<
  DecommissionParts,
  "defaultLogins" | "endSessions" | "eraseSecrets" | "revokeCertificates" | "revokePassword"
> {
  return {
    defaultLogins: async (station, who) => {
      const verdicts = await devices.operations?.defaultCredentials({ station, who, again: true, isReset: true }) ?? [];
      if (verdicts.length === 0) return undefined;
      return verdicts.filter(({ verdict }) => verdict === "default").map(({ name, role }) => `${name} (${role})`);
    },
    endSessions: async (id, who) => await devices.endStation?.(id, who) ?? 0,
    eraseSecrets: async (id, who) => await devices.vault?.eraseStation(id, who) ?? { values: 0, cards: 0, changed: [] },
    revokeCertificates: (id, who) => {
      const serial = facts.of(id)["certificateSerial"];
      return pki.revokeStation(id, typeof serial === "string" ? [serial] : [], who);
    },
    revokePassword: async (id, at) => {
      const had = await store.get([...KEYS.stationCredential, id]) !== undefined;
      await credentials.remove(id, at);
      return had;
    },
  };
}

/** The version that a connected station speaks; undefined while it is away. */
function protocolOf({ live, facts, stations }: StationParts, id: string): string | undefined {
  const session = live.ofStation(id);
  if (!session) return undefined;
  const learned = facts.of(id)["protocol"], protocols = stations.get(id)?.ocpp?.protocols ?? [];
  return session.protocol ?? (typeof learned === "string" ? learned : protocols[0]);
}

async function closeConnection({ context: { workers }, live }: StationParts, id: string): Promise<void> {
  live.withdraw(id);
  for (const worker of workers.of("ocpp")) {
    await workers.get(worker).call("stations.close", { stationIds: [id], why: "it was decommissioned" });
  }
}

/** MACs and addresses of its leases: its own MAC has the address, its own address has the MAC. */
async function networkOf({ context: { store }, inventory: { stations } }: DecommissionNeighbours, id: string) {
  const { mac, address } = stations.get(id) ?? {}, macs: string[] = [], addresses: string[] = [];
  for await (const { value: lease } of store.list<Lease>(KEYS.dhcpLease, { limit: Infinity })) {
    const text = addressText(lease.address);
    if (mac !== undefined && lease.mac.toLowerCase() === mac.toLowerCase()) addresses.push(text);
    else if (address !== undefined && text === address && lease.state !== "declined") macs.push(lease.mac);
  }
  return { macs, addresses };
}

/** Where backups of before may be: a folder says which, other places do not. */
export async function backupPlaces({ site, box }: ControlContext): Promise<readonly BackupPlace[]> {
  const { backup } = site;
  if (!backup) return [];
  return await Promise.all(backup.targets.map(async (target): Promise<BackupPlace> => {
    const place = target.folder ?? target.sftp ?? "";
    if (target.folder === undefined) {
      return { place, why: `it holds up to ${backup.keep} backups of before, which only it can list` };
    }
    try {
      const names = (await Array.fromAsync(Deno.readDir(resolve(box.configDir, target.folder)))).map(({ name }) =>
        name
      );
      const files = names.filter((name) => isBackupName(site.site.id, name)).toSorted().toReversed();
      return { place, files: files.map((name) => ({ name, takenAt: takenAtOf(name) })) };
    } catch (error) {
      return { place, why: `it could not be listed: ${describeError(error)}` };
    }
  }));
}

/** "…-20261121T200000Z.backup.age" */
function takenAtOf(name: string): number {
  const [, y, mo, d, h, mi, s] = /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}
