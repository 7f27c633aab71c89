import { createRecoveryKey, type RecoveryKey } from "../../gateway/control/backup/recovery_key.ts";
import type { ControlContext, Workers } from "../../gateway/control/contract.ts";
import { storePath } from "../../gateway/control/data_paths.ts";
import { Site } from "../../gateway/config/schema.ts";
import type { Clock } from "../../gateway/core/clock.ts";
import type { AlarmRaise, AuditEvent, Delivery } from "../../gateway/core/control_api.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom, type Timers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { createSealer } from "../../gateway/store/sealer.ts";
import { FileKeyStore } from "../../hal/file_key_store.ts";

/** A box with a real store, sealer and files on disk, and everything around it recorded. */
export interface BackupBox {
  readonly folder: string;
  readonly context: ControlContext;
  readonly recovery: RecoveryKey;
  /** File names and contents that site.yaml names, as written there. */
  readonly files: Record<string, string>;
  readonly audited: AuditEvent[];
  /** "raise kind subject" and "clear kind subject", in order. */
  readonly alarms: string[];
  readonly delivered: Delivery[];
  /** Set it to make the courier fail. */
  courierFault: Error | undefined;
  close(): Promise<void>;
}

const SITE_YAML = "# the garage\nversion: 1\nsite: { id: g12, dataDir: ./data }\n";

/** Makes the box in `folder`; `backup` is the section of site.yaml beside its recovery key. */
export async function createBackupBox(
  folder: string,
  time: { readonly clock: Clock; readonly timers: Timers },
  backup: Readonly<Record<string, unknown>>,
): Promise<BackupBox> {
  const recovery = await createRecoveryKey();
  const configFile = `${folder}/site.yaml`, dataDir = `${folder}/data`;
  const files: Record<string, string> = {
    [configFile]: SITE_YAML,
    "certs/recovery.pub": `${recovery.recipient}\n`,
    "secrets/CP001": "station password",
  };
  const site = Site.parse({
    version: 1,
    site: { id: "g12", dataDir: "./data" },
    ...("none" in backup ? {} : { backup: { recoveryKeyFile: "certs/recovery.pub", ...backup } }),
  });
  const box: Omit<BackupBox, "context"> = {
    folder,
    recovery,
    files,
    audited: [],
    alarms: [],
    delivered: [],
    courierFault: undefined,
    close: async () => {},
  };
  const store = await openStore({ path: storePath({ dataDir }), ...time });
  const rootKey = await new FileKeyStore({ folder: `${dataDir}/keys`, random: systemRandom }).loadRootKey();
  await Deno.mkdir(`${dataDir}/audit`);
  const text = (path: string) => files[path] ?? missing(path);
  const context: ControlContext = {
    disk: { level: "ok" },
    site,
    box: { configFile, configDir: folder, dataDir },
    ...time,
    random: systemRandom,
    log: nullLogger,
    metrics: nullMetrics,
    store,
    sealer: await createSealer(rootKey, store),
    audit: { record: (event) => Promise.resolve({ sequence: box.audited.push(event) }) },
    alarms: {
      raise: ({ kind, subject }: AlarmRaise) => Promise.resolve(void box.alarms.push(`raise ${kind} ${subject}`)),
      clear: (kind, subject) => Promise.resolve(void box.alarms.push(`clear ${kind} ${subject}`)),
    },
    workers: fakeCourier(box),
    main: undefined as never,
    files: { text, bytes: (path) => new TextEncoder().encode(text(path)) },
  };
  return Object.assign(box, { context, close: () => store.close() });
}

function fakeCourier(box: Pick<BackupBox, "delivered" | "courierFault">): Workers {
  const call = (_method: string, delivery: Delivery) => {
    if (box.courierFault) return Promise.reject(box.courierFault);
    box.delivered.push(delivery);
    return Promise.resolve({ ok: true });
  };
  return { names: () => ["courier"], of: () => [], get: () => ({ call }) as never };
}

function missing(path: string): never {
  throw new Error(`"${path}" is not part of the loaded configuration`);
}
