import { systemRandom } from "../../../../core/timers.ts";
import type { ControlContext } from "../../../contract.ts";
import { type TransferRig, transferRig } from "../../testing/transfer_rig.ts";
import type { CollectorParts } from "../collector.ts";
import { createLogFeature, type LogFeature } from "../feature.ts";

/** What stations answer unless a test says otherwise. */
export const ACCEPTED = { result: { status: "Accepted", filename: "security.log" } };

/** A collector of the site's security logs, in the hand of the test. */
export class LogRig {
  readonly metrics = new Map<string, number>();
  readonly alarms = new Set<string>();
  readonly updates = new Map<string, string>();
  /** While it is set, nothing can be stored. */
  diskFault: Error | undefined;
  disk: "full" | "ok" = "ok";
  logs!: LogFeature;

  private constructor(readonly rig: TransferRig, private readonly random: number) {}

  static async up(securityLogs: object = {}, random = 0): Promise<LogRig> {
    const rig = await transferRig((site) => ({ ...site, firmware: { ...site.firmware, securityLogs } }));
    rig.state.station = ACCEPTED;
    const own = new LogRig(rig, random);
    await own.start();
    return own;
  }

  async start(): Promise<void> {
    const { rig, metrics, alarms } = this, { random } = this;
    const key = (name: string, labels: object = {}) => [name, ...Object.values(labels)].join(" ");
    const context = Object.assign(Object.create(rig.context), {
      random: { ...systemRandom, fraction: () => random },
      metrics: {
        set: (name: string, value: number, labels?: object) => void metrics.set(key(name, labels), value),
        count: (name: string, labels?: object) =>
          void metrics.set(key(name, labels), (metrics.get(key(name, labels)) ?? 0) + 1),
      },
      alarms: {
        raise: ({ kind, subject, detail }: { kind: string; subject: string; detail: string }) =>
          Promise.resolve(void alarms.add(`${kind} ${subject}: ${detail}`)),
        clear: (kind: string, subject: string) => {
          for (const one of alarms) if (one.startsWith(`${kind} ${subject}:`)) alarms.delete(one);
          return Promise.resolve();
        },
      },
    }) as ControlContext;
    const { store } = rig.context;
    const commit: typeof store.commit = (...args) =>
      this.diskFault ? Promise.reject(this.diskFault) : store.commit(...args);
    Object.assign(context, { store: Object.assign(Object.create(store), { ...bound(store), commit }) });
    Object.defineProperty(context, "disk", { get: () => ({ level: this.disk }) });
    const { live, facts, state } = rig;
    this.logs = await createLogFeature({
      ...{ context, live, facts, uploads: rig.feature.uploads },
      stations: {
        all: () => context.site.stations,
        get: (id: string) => context.site.stations.find((one) => one.id === id),
      },
      transactions: { whyBusy: (id: string) => state.transactions.get(id) },
      busyWith: (id) => this.updates.get(id),
      minuteOfWeek: () => state.minuteOfWeek,
    } as CollectorParts);
  }

  /** Control ends and comes back with what was stored. */
  async restart(): Promise<void> {
    await this.logs.stop!();
    await this.rig.restart();
    await this.start();
  }

  /** Time passes, and all looks at what is due are made. */
  async pass(ms: number): Promise<void> {
    this.rig.rig.time.jump(ms);
    await this.rig.feature.uploads.tick();
    await this.tick();
  }

  async tick(): Promise<void> {
    await this.logs.collector.tick();
    await this.logs.collector.idle();
    await this.rig.settle();
  }

  /** What stations were asked, by id. */
  asked(): readonly string[] {
    return this.rig.calls.map(({ stationId }) => stationId);
  }

  uploads() {
    return this.rig.feature.uploads.all();
  }

  /** The station brings its log. */
  async brings(stationId: string, bytes = 100): Promise<void> {
    const { id } = this.uploads().find((one) => one.stationId === stationId && one.state === "expected")!;
    const file = { id, fileName: "x", bytes, sha256: "ab".repeat(32) };
    await this.rig.handlers()["firmware.received"]!(file);
    await this.tick();
  }

  async says(stationId: string, status: string, requestId?: number): Promise<void> {
    const told = { stationId, status, ...requestId === undefined ? {} : { requestId } };
    await this.rig.handlers()["firmware.upload-told"]!(told);
    await this.tick();
  }

  row(stationId: string) {
    return this.logs.collector.rows().find((row) => row.stationId === stationId)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs.stop!();
    await this.rig.end();
  }
}

/** A store's reading ends, which keep to their own object. */
function bound(store: ControlContext["store"]): Pick<ControlContext["store"], "get" | "list"> {
  return { get: (key) => store.get(key), list: (prefix, options) => store.list(prefix, options) };
}
