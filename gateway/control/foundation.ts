import type { GoldenProfile } from "../../policies/golden_types.ts";
import { connectHald, type HaldClient } from "../../hal/client.ts";
import { FileKeyStore } from "../../hal/file_key_store.ts";
import type { KeyStore } from "../../hal/key_store.ts";
import type { WorkerContext } from "../core/conduit.ts";
import { HardwareError } from "../core/errors.ts";
import type { IsolateMetrics } from "../core/metrics.ts";
import type { Rpc } from "../core/rpc.ts";
import { openStore } from "../store/kv_store.ts";
import { createSealer } from "../store/sealer.ts";
import type { OpenedStore } from "../store/store.ts";
import { lockStore, prepareFolder } from "../store/store_files.ts";
import { noticeTargets } from "./alarms/feature.ts";
import { createAlarms, type SiteAlarms } from "./alarms/mod.ts";
import { type AuditChain, createAudit, retentionOf } from "./audit/mod.ts";
import { eraseAtStart } from "../decommission/erase_at_start.ts";
import { STATION_ERASERS } from "./station_erasers.ts";
import type { ControlContext, MainApi, Sealer } from "./contract.ts";
import { auditDir, keysDir, restoreMarker, storePath } from "./data_paths.ts";
import type { Guide } from "../posture/guide_schema.ts";
import type { Peers } from "./peers.ts";
import type { ControlConfig } from "./service.ts";
import { siteFiles } from "./site_files.ts";

/** What all features stand on, opened in order: key store, store, sealer, audit chain, alarms. */
export interface Foundation {
  readonly context: ControlContext;
  readonly audit: AuditChain;
  readonly alarms: SiteAlarms;
  /** Control's own metrics. */
  readonly metrics: IsolateMetrics;
  readonly keyStore: KeyStore;
  /** Absent when the site configures no hald: what needs it is not available, and `check` says so. */
  readonly hald: HaldClient | undefined;
  /** The guides that posture judges by. */
  readonly guides: readonly Guide[];
  /** The wanted settings of models, as of the last reload. */
  readonly golden: () => readonly GoldenProfile[];
  /** Closes in reverse order; what is pending is stored first. */
  stop(): Promise<void>;
}

/** Opens everything that features stand on. */
export async function openFoundation(
  worker: WorkerContext<ControlConfig>,
  config: { readonly current: ControlConfig },
  peers: Peers,
  main: Rpc<MainApi>,
): Promise<Foundation> {
  const { clock, timers, random, log, metrics } = worker;
  const { box } = config.current;
  const hald = openHald(worker);
  const keyStore = await openKeyStore(worker, hald);
  const { store, unlock } = await openConfiguredStore(worker);
  const rootKey = await keyStore.loadRootKey();
  const sealer = await createSealer(rootKey, store);
  rootKey.fill(0);
  await eraseLeft(worker, config.current, store, sealer);
  const late: { alarms?: SiteAlarms } = {}; // alarms write to the audit chain, so they come after it
  const audit = await createAudit({
    dir: auditDir(box),
    markerFile: restoreMarker(box),
    site: config.current.site.site.id,
    retentionDays: retentionOf(config.current.site.audit),
    store,
    sealer,
    clock,
    timers,
    random,
    log,
    metrics,
    alarms: () => late.alarms,
  });
  const alarms = late.alarms = await createAlarms({
    site: config.current.site.site.id,
    targets: noticeTargets(config.current.site),
    store,
    clock,
    timers,
    random,
    log,
    metrics,
    audit,
  });
  const files = siteFiles(() => config.current.files);
  const context: ControlContext = {
    get site() {
      return config.current.site;
    },
    box,
    clock,
    timers,
    random,
    log,
    metrics,
    store,
    sealer,
    audit,
    alarms,
    workers: peers,
    main,
    files,
    disk: { level: "ok" },
  };
  const stop = async () => {
    await alarms.stop();
    await audit.stop();
    await store.close();
    unlock();
    hald?.close();
  };
  return { context, audit, alarms, metrics, keyStore, hald, stop, ...judgedBy(config) };
}

/** What posture judges by; guides stay as they were at the start, golden configurations follow a reload. */
function judgedBy(config: { readonly current: ControlConfig }): Pick<Foundation, "golden" | "guides"> {
  return { guides: config.current.guides, golden: () => config.current.golden };
}

function openHald({ config, clock, timers, log }: WorkerContext<ControlConfig>): HaldClient | undefined {
  const { hal } = config.site;
  if (!hal) return undefined;
  const onChange = ({ connected, why }: HaldClient["state"]) =>
    connected ? log.info("hald.link.opened") : log.warn("hald.link.lost", { msg: why });
  return connectHald(hal.socket, { clock, timers, onChange });
}

/** The TPM and the token are hald's; the file is control's own, so that a site without hald can run. */
async function openKeyStore(
  { config, random }: WorkerContext<ControlConfig>,
  hald: HaldClient | undefined,
): Promise<KeyStore> {
  const kind = config.site.hal?.keyStore ?? "file";
  if (kind === "file" || !hald) return new FileKeyStore({ folder: keysDir(config.box), random });
  const keyStore = await hald.keyStore();
  if (keyStore.kind === kind) return keyStore;
  throw new HardwareError(
    "HAL_KEY_UNAVAILABLE",
    `site.yaml wants the key store "${kind}", hald has "${keyStore.kind}"`,
    {
      hint: "Make hal.keyStore and hald's configuration the same",
    },
  );
}

/** What is to be erased of stations goes before anything of the store is read, and the store's file is written anew. */
async function eraseLeft(
  { clock, log }: WorkerContext<ControlConfig>,
  { site, box }: ControlConfig,
  store: OpenedStore,
  sealer: Sealer,
): Promise<void> {
  const file = storePath(box);
  await eraseAtStart({
    place: { store, sealer, dataDir: box.dataDir },
    erasers: STATION_ERASERS,
    storeFiles: site.store.url === undefined ? [file, `${file}-wal`] : [],
    known: (id) => {
      const { mac, address } = site.stations.find((station) => station.id === id) ?? {};
      return { ...mac ? { macs: [mac.toLowerCase()] } : {}, ...address ? { addresses: [address] } : {} };
    },
    ...{ clock, log },
  });
}

/** One gateway per data folder: keys and audit chain are there even when the store is elsewhere and locks nothing here. */
export function lockDataFolder({ site, box }: Pick<ControlConfig, "site" | "box">): () => void {
  if (site.store.url === undefined) return () => {}; // the store's own lock is this one
  prepareFolder(storePath(box));
  return lockStore(storePath(box));
}

async function openConfiguredStore(
  { config, clock, timers, metrics }: WorkerContext<ControlConfig>,
): Promise<{ readonly store: OpenedStore; readonly unlock: () => void }> {
  const { url, accessTokenFile } = config.site.store;
  const token = accessTokenFile === undefined ? undefined : config.files[accessTokenFile];
  const where = url === undefined ? { path: storePath(config.box) } : { url };
  const access = token === undefined ? {} : { accessToken: atob(token).trim() };
  const unlock = lockDataFolder(config);
  try {
    return { store: await openStore({ ...where, ...access, clock, timers, metrics }), unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}
