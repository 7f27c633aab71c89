import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { Site } from "../../../config/schema.ts";
import type { AlarmRaise, AuditEvent } from "../../../core/control_api.ts";
import type { DeviceLinkControlApi, ImageVerdict } from "../../../core/device_link_api.ts";
import type {
  DeviceOperationsControlApi,
  DeviceOperationsWorkerApi,
  TaskResult,
} from "../../../core/device_operations_api.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import { nullLogger } from "../../../core/log.ts";
import { nullMetrics } from "../../../core/metrics.ts";
import type { RpcArgs } from "../../../core/rpc.ts";
import { systemRandom } from "../../../core/timers.ts";
import { openStore } from "../../../store/kv_store.ts";
import { createSealer } from "../../../store/sealer.ts";
import type { Store } from "../../../store/store.ts";
import type { CommandResult, ControlContext } from "../../contract.ts";
import type { KnownPassword } from "../../../vault/vault.ts";
import { createDeviceLinkFeature, type DeviceLinkFeature, type LinkSessionRecord } from "../feature.ts";

/** Two controllers; the first takes one person at a time. */
export const DEVICE_SITE = {
  version: 1,
  site: { id: "lab" },
  console: { listen: "127.0.0.1:8443", hostname: "gw.example", devicePages: { listen: "127.0.0.1:8447" } },
  stations: [
    {
      id: "CP001",
      ui: {
        url: "https://10.20.0.11",
        driver: "bender",
        accounts: [
          { role: "operator", passwordFile: "operator" },
          { role: "manufacturer", user: "boss", passwordFile: "manufacturer" },
        ],
      },
    },
    { id: "CP002", ui: { url: "https://10.20.0.12", driver: "alfen" } },
    { id: "CP003" },
  ],
};

/** The feature on a store in memory, with sessions that a test makes. */
export class DeviceRig implements AsyncDisposable {
  readonly audited: AuditEvent[] = [];
  readonly alarms: string[] = [];
  /** Facts that were kept, by station. */
  readonly learned: (readonly [string, Readonly<Record<string, number>>])[] = [];
  readonly files = new Map([["operator", "right\n"], ["manufacturer", "strong"]]);
  readonly sessions = new Map<string, LinkSessionRecord>();
  /** Calls to Workers: "worker method args". */
  readonly called: string[] = [];
  readonly #ended: ((session: { readonly id: string }) => void)[] = [];
  feature!: DeviceLinkFeature;
  firmware: string | undefined;
  /** What the vault has, by "station role". */
  readonly vault = new Map<string, KnownPassword>();
  /** Logins that were made for people with what the site has. */
  readonly used: string[] = [];
  whyNotNow: string | undefined;
  /** Workers that reach controllers. */
  workers: readonly string[] = ["ui_proxy"];
  /** What the Worker makes of a task. */
  operate: (args: RpcArgs<DeviceOperationsWorkerApi, "device.operate">) => Promise<TaskResult> = () =>
    Promise.resolve({ ok: true });

  private constructor(readonly time: ManualTime, readonly store: Store, readonly folder: string) {}

  static async open(
    options: {
      readonly store?: Store;
      readonly site?: unknown;
      readonly verdict?: ImageVerdict | (() => ImageVerdict);
      readonly vault?: Pick<ImageVault, "image" | "rehash">;
      readonly folder?: string;
    } = {},
  ): Promise<DeviceRig> {
    const time = new ManualTime();
    const store = options.store ?? await openStore({ path: ":memory:", clock: time, timers: time });
    const rig = new DeviceRig(time, store, options.folder ?? await Deno.makeTempDir({ prefix: "bulkhead-devices-" }));
    const site = Site.parse(options.site ?? DEVICE_SITE);
    const context = {
      site,
      clock: time,
      timers: time,
      random: systemRandom,
      log: nullLogger,
      metrics: nullMetrics,
      box: { dataDir: rig.folder },
      store,
      sealer: await createSealer(new Uint8Array(32), store),
      audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: rig.audited.push(event) }) },
      alarms: {
        raise: ({ kind, subject }: AlarmRaise) => Promise.resolve(void rig.alarms.push(`${kind} ${subject}`)),
        clear: (kind: string, subject: string) => Promise.resolve(void rig.alarms.push(`-${kind} ${subject}`)),
      },
      files: {
        bytes: (path: string) => new TextEncoder().encode(rig.files.get(path)),
        text: (path: string) => rig.files.get(path),
      },
      workers: {
        of: () => rig.workers,
        get: (name: string) => ({
          call: (method: string, args: never) => {
            if (method === "device.operate") return rig.operate(args);
            rig.called.push(`${name} ${method} ${JSON.stringify(args)}`);
            return Promise.resolve();
          },
        }),
      },
    } as unknown as ControlContext;
    const { verdict } = options;
    rig.feature = await createDeviceLinkFeature({
      context,
      session: (id) => rig.sessions.get(id),
      onSessionEnded: (listener) => void rig.#ended.push(listener),
      firmware: () => rig.firmware,
      learn: (station, facts) => Promise.resolve(void rig.learned.push([station, facts])),
      password: (station, role) => Promise.resolve(rig.vault.get(`${station} ${role}`) ?? { state: "none" }),
      onUsed: (...used) => void rig.used.push(used.join(" ")),
      whyNotNow: () => rig.whyNotNow,
      personAt: (station) => {
        const session = [...rig.sessions.values()].find((one) => one.station === station);
        return session && { person: session.person, since: 0 };
      },
      station: (id) => site.stations.find((station) => station.id === id),
      ...verdict ? { imageVerdict: () => typeof verdict === "function" ? verdict() : verdict } : {},
      ...options.vault ? { vault: options.vault } : {},
    });
    return rig;
  }

  /** A living session. */
  session(id: string, changes: Partial<LinkSessionRecord> = {}): string {
    const made = { id, person: `p-${id}`, station: "CP001", deviceRole: "operator", worker: "ui_proxy" } as const;
    this.sessions.set(id, { ...made, ...changes });
    return id;
  }

  /** It ends. */
  end(id: string): void {
    const session = this.sessions.get(id)!;
    this.sessions.delete(id);
    for (const tell of this.#ended) tell(session);
  }

  async call<M extends keyof (DeviceLinkControlApi & DeviceOperationsControlApi)>(
    method: M,
    args: Parameters<(DeviceLinkControlApi & DeviceOperationsControlApi)[M]>[0],
    worker = "ui_proxy",
  ): Promise<ReturnType<(DeviceLinkControlApi & DeviceOperationsControlApi)[M]>> {
    const handler = this.feature.handlersFor!(worker)[method] as ((args: unknown) => unknown) | undefined;
    return await handler!(args) as never;
  }

  command(name: string, args: Record<string, string>, who = "mia"): Promise<CommandResult> {
    return this.feature.commands![name]!(args, who);
  }

  /** Names of audit events with their rule. */
  get events(): readonly string[] {
    return this.audited.map(({ event, rule, outcome }) => [event, rule, outcome].filter(Boolean).join(" "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}
