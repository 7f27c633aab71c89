import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent, Json, StationCallAnswer } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { systemRandom } from "../../core/timers.ts";
import { openSigner } from "../../control/audit/signer.ts";
import { ErasedStations } from "../../inventory/erased_stations.ts";
import { openStore } from "../../store/kv_store.ts";
import { createSealer } from "../../store/sealer.ts";
import { atKey, entryEraser, type StationEraser } from "../../store/station_eraser.ts";
import type { OpenedStore } from "../../store/store.ts";
import { eraseAtStart } from "../erase_at_start.ts";
import { createDecommissionFeature, type DecommissionFeature } from "../feature.ts";
import type { DecommissionParts } from "../parts.ts";

const station = (id: string, more: object = {}) => ({
  ...{ id, vendor: "bender", model: "CC613", serial: `S-${id}`, mac: `02:00:00:00:00:${id.slice(-2)}` },
  ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: `secrets/${id}`, csms: "main" },
  ...more,
});

/** The site of the rig; a test may change it as a reload would. */
export const DECOMMISSION_SITE = {
  version: 1,
  site: { id: "garage-12", name: "Main Street" },
  ocpp: {
    listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  },
  stations: [station("CP001", { unit: "bay-07", part: "primary" }), station("CP002")],
};

/** The erasers of the rig: two places stand for all. */
const ERASERS: readonly StationEraser[] = [
  entryEraser({ name: "facts", holds: "what it told", prefix: "stationFacts", isOf: atKey(1) }),
  entryEraser({ name: "upstream", holds: "secrets of its CSMS, sealed", prefix: "upstream", isOf: atKey(1) }),
];

/**
 * Decommissioning over a real store, with the rest of control played: what it would say stands in fields. `renewed()` is
 * control's next start; `crash()` the same without any order.
 */
export class DecommissionRig implements AsyncDisposable {
  readonly time = new ManualTime(Date.UTC(2026, 10, 21, 20));
  readonly audited: AuditEvent[] = [];
  readonly alarms = new Map<string, string>();
  readonly metrics = new Map<string, number>();
  /** Calls to the station, and what it answers; a fault answers instead. */
  readonly calls: { readonly action: string; readonly payload: Json }[] = [];
  readonly answers = new Map<string, Json | StationCallAnswer>();
  /** What was ended of it while the gateway ran, in order. */
  readonly ended: string[] = [];
  readonly renewals: string[] = [];
  protocol: string | undefined = "ocpp1.6";
  busy: string | undefined;
  waiting = 0;
  logins: readonly string[] | undefined;
  filesThere: readonly string[] | undefined = [];
  endingFault: Error | undefined;
  site = Site.parse(DECOMMISSION_SITE);
  erasers = ERASERS;
  feature!: DecommissionFeature;
  erased!: ErasedStations;
  #stations!: DecommissionParts["stations"];

  private constructor(public store: OpenedStore, readonly path: string) {}

  static async up(path = ":memory:"): Promise<DecommissionRig> {
    const time = new ManualTime();
    const rig = new DecommissionRig(await openStore({ path, clock: time, timers: time }), path);
    await rig.start();
    return rig;
  }

  /** Control starts: what is to be erased goes first, then the features come. */
  async start(): Promise<void> {
    const { store } = this, sealer = await createSealer(new Uint8Array(32).fill(3), store);
    await eraseAtStart({
      ...{ place: { store, sealer, dataDir: "/nowhere" }, erasers: this.erasers, clock: this.time, log: nullLogger },
      storeFiles: this.path === ":memory:" ? [] : [this.path, `${this.path}-wal`],
      known: () => ({}),
    });
    this.erased = await ErasedStations.open(store);
    this.#stations = () => this.site.stations.filter(({ id }) => !this.erased.has(id));
    this.feature = await createDecommissionFeature(await this.#parts());
  }

  /** Control is renewed as it asked for: in order, and it goes on by itself. */
  async renewed(): Promise<void> {
    await this.feature.stop!();
    await this.start();
    await this.feature.decommissions.tick();
  }

  run(command: string, args: Record<string, string | boolean> = {}, who = "eva") {
    return this.feature.commands![command]!(args, who);
  }

  /** What is next of a station, and what it waits for. */
  async next(station = "CP001"): Promise<string> {
    const { data } = await this.run("decommission show", { station });
    const { next, why } = data as { readonly next: string; readonly why?: string };
    return `${next}: ${why ?? ""}`;
  }

  /** Goes on, as the tick would. */
  async tick(): Promise<void> {
    await this.feature.decommissions.tick();
  }

  /** A station that is asked to leave, up to the step that is named. */
  async upTo(step: "drain" | "clear" | "reset" | "configuration" | "erase"): Promise<void> {
    if (step === "drain") this.busy = "a transaction runs";
    if (step === "clear") this.protocol = undefined;
    await this.run("station decommission", { station: "CP001", reason: "sold" });
    await this.run("decommission approve", { station: "CP001" }, "olga");
    if (step === "drain" || step === "clear" || step === "reset") return;
    await this.run("decommission prove", { station: "CP001", proof: "seen", note: "reset by its button" });
    if (step === "configuration") return;
    this.leaveSite();
    await this.tick();
  }

  /** A person takes it out of site.yaml and reloads. */
  leaveSite(): void {
    this.site = { ...this.site, stations: this.site.stations.filter(({ id }) => id !== "CP001") };
  }

  events(name: string): AuditEvent[] {
    return this.audited.filter(({ event }) => event === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop!();
    await this.store.close();
  }

  async #parts(): Promise<DecommissionParts> {
    const context = await this.#context(), signer = await openSigner(context.store, context.sealer);
    const note = <T>(what: string, result: T): Promise<T> => {
      if (this.endingFault) return Promise.reject(this.endingFault);
      this.ended.push(what);
      return Promise.resolve(result);
    };
    return {
      ...{ context, erasers: this.erasers, kept: { ledger: "energy that was billed" } },
      station: (id) => this.#stations().find((each) => each.id === id),
      stations: () => this.#stations(),
      markErased: (id, at) => this.erased.add(id, at),
      readmit: (id, at) => this.erased.readmit(id, at),
      isErased: (id) => this.erased.has(id),
      protocolOf: () => this.protocol,
      call: (_id, action, payload) => Promise.resolve(this.#answer(action, payload)),
      whyBusy: () => this.busy,
      waiting: () => Promise.resolve(this.waiting),
      defaultLogins: () => Promise.resolve(this.logins),
      networkOf: () => Promise.resolve({ macs: [], addresses: ["10.0.0.9"] }),
      revokeCertificates: () => note("certificates", ["0a1b"]),
      revokePassword: () => note("password", true),
      eraseSecrets: () => note("secrets", { values: 2, cards: 1, changed: [] }),
      destroyPseudonyms: () => note("pseudonyms", ["2026-11"]),
      endSessions: () => note("sessions", 1),
      closeConnection: () => note("connection", undefined),
      sign: async (text) => ({ keyId: signer.keyId, signature: await signer.sign(text) }),
      backups: () => Promise.resolve([{ place: "off-the-box", files: [{ name: "old.backup.age", takenAt: 1 }] }]),
      filesOf: ({ id }) => [`secrets/${id}`],
      filesThere: () => Promise.resolve(this.filesThere),
      renew: (why) => void this.renewals.push(why),
      place: { store: context.store, sealer: context.sealer, dataDir: "/nowhere" },
    };
  }

  #answer(action: string, payload: Json): StationCallAnswer {
    this.calls.push({ action, payload });
    const answer = this.answers.get(action) ?? { status: "Accepted" };
    const isWhole = typeof answer === "object" && answer !== null && ("noAnswer" in answer || "error" in answer);
    return isWhole ? answer as StationCallAnswer : { result: answer as Json };
  }

  async #context(): Promise<ControlContext> {
    const site = () => this.site;
    return {
      get site() {
        return site();
      },
      ...{ clock: this.time, timers: this.time, random: systemRandom, log: nullLogger, store: this.store },
      sealer: await createSealer(new Uint8Array(32).fill(3), this.store),
      metrics: { count: () => {}, set: (name: string, value: number) => void this.metrics.set(name, value) },
      audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: this.audited.push(event) }) },
      alarms: {
        raise: ({ kind, subject, detail }: AlarmRaise) =>
          Promise.resolve(void this.alarms.set(`${kind} ${subject}`, detail ?? "")),
        clear: (kind: string, subject: string) => Promise.resolve(void this.alarms.delete(`${kind} ${subject}`)),
      },
    } as unknown as ControlContext;
  }
}
