import { CountedStore } from "../../../../../tests/support/counted_store.ts";
import { ManualTime } from "../../../../../tests/support/manual_time.ts";
import { Site } from "../../../../config/schema.ts";
import type { AlarmRaise, AuditEvent, StationCall } from "../../../../core/control_api.ts";
import { GatewayError } from "../../../../core/errors.ts";
import type { ImageRecord } from "../../../../core/firmware_api.ts";
import type { StationFirmwareStatus } from "../../../../core/firmware_status_api.ts";
import { createLocalWeek } from "../../../../core/local_week.ts";
import { nullLogger } from "../../../../core/log.ts";
import { openStore } from "../../../../store/kv_store.ts";
import type { Store } from "../../../../store/store.ts";
import type { CommandResult, ControlContext } from "../../../contract.ts";
import { StationFeed } from "../../station_feed.ts";
import { type CampaignsFeature, createCampaignsFeature } from "../feature.ts";
import type { ControllerPages } from "../parts.ts";
import { FakeStation, type StationBehaviour } from "./fake_station.ts";

/** The image of the tests. */
export const IMAGE: ImageRecord = {
  ...{ sha256: "ab".repeat(32), sizeBytes: 1_000, vendor: "bender", models: ["CC613"], version: "5.33.11" },
  ...{ fileName: "ebee_firmware_5.33.11.deb", state: "verified", evidence: ["tuf"], addedAt: 1, source: "test" },
  ...{ who: "eva", hasSbom: false, releasedBy: [], signature: { signature: "c2ln", certificatePem: "PEM" } },
};
const OLD = "5.22.1";
const GOOD = ["Downloading", "Downloaded", "Installing", "Installed"];

/** One station of the garage. */
export interface RigStation {
  readonly id: string;
  readonly unit?: string;
  readonly part?: "single" | "primary" | "secondary" | "cabinet" | "dispenser";
  readonly model?: string;
  readonly version?: string;
  /** It has no OCPP of its own. */
  readonly isMute?: boolean;
  readonly behaviour?: StationBehaviour;
}

/** What a test may choose. */
export interface RigOptions {
  readonly stations: readonly RigStation[];
  readonly approvals?: number | "one-person-decides";
  readonly approvers?: readonly string[];
  readonly pages?: ControllerPages;
  readonly image?: Partial<ImageRecord>;
}

/** Campaigns on a store in memory, with a garage that answers at once and goes on when time does. */
export class CampaignRig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly audited: AuditEvent[] = [];
  readonly alarms = new Map<string, string>();
  readonly garage = new Map<string, FakeStation>();
  readonly facts = new Map<string, Record<string, string | number | boolean>>();
  readonly grants = new Map<string, "open" | "closed">();
  readonly metrics = new Map<string, number>();
  image: ImageRecord;
  unchanged = true;
  /** Faults of a grant, once. */
  grantFault: GatewayError | undefined;
  /** What every commit fails with. */
  diskFault: Error | undefined;
  busyWith = new Map<string, string>();
  lock: (station: string) => string | undefined = () => undefined;
  /** Nothing that control asks of stations is answered until it is called off. */
  isFrozen = false;
  feature!: CampaignsFeature;
  #feed = new StationFeed();
  #learned: (station: string, changed: readonly string[]) => void = () => {};
  #withdrawn: (sha256: string, why: string) => void = () => {};
  #grants = 0;
  #grantOf = new Map<string, string>();
  /** Goes up with every crash. */
  #life = 0;
  /** Stations that are telling how far they are. */
  #updating = 0;

  private constructor(readonly options: RigOptions, readonly store: CountedStore) {
    this.image = { ...IMAGE, ...options.image };
  }

  static async up(options: RigOptions): Promise<CampaignRig> {
    const time = new ManualTime();
    const store = await openStore({ path: ":memory:", clock: time, timers: time });
    const rig = new CampaignRig(options, new CountedStore(store));
    for (const { id, version = OLD, isMute, behaviour } of options.stations) {
      rig.facts.set(id, { ...isMute ? {} : { connectors: 1 }, firmwareVersion: version });
      if (!isMute) rig.garage.set(id, new FakeStation(id, version, rig.time.now(), behaviour));
    }
    await rig.start();
    return rig;
  }

  /** Control starts on the same store: after a crash nothing but it is left. */
  async start(): Promise<void> {
    this.#feed = new StationFeed();
    this.feature = await createCampaignsFeature({
      context: this.#context(),
      stations: { all: () => this.#site.stations, get: (id) => this.#site.stations.find((one) => one.id === id) },
      live: { ofStation: (id) => this.#session(id) },
      facts: {
        of: (id) => this.facts.get(id) ?? {},
        learn: (id, learned) => {
          this.facts.set(id, { ...this.facts.get(id), ...learned });
          return Promise.resolve([]);
        },
        onLearned: (listener) => {
          this.#learned = listener;
          return () => {};
        },
      },
      transactions: { whyBusy: (id) => this.garage.get(id)?.busy ? "a transaction runs" : undefined },
      vault: {
        images: () => [this.image],
        image: (sha256) => sha256 === this.image.sha256 ? this.image : undefined,
        papers: () => Promise.resolve(undefined),
        rehash: () => Promise.resolve({ unchanged: this.unchanged }),
        onWithdrawn: (listener) => {
          this.#withdrawn = listener;
          return () => {};
        },
      },
      transfers: {
        busyWith: (id) => this.busyWith.get(id),
        lockWith: (reasonOf) => void (this.lock = reasonOf),
        closeGrant: (id) => Promise.resolve(void this.grants.set(id, "closed")),
        grant: ({ stationId }) => this.#grant(stationId) as never,
      },
      feed: this.#feed,
      pages: this.options.pages,
      minuteOfWeek: createLocalWeek("UTC"),
    });
  }

  /** Ends control as a power cut would: nothing is said, nothing is stored. */
  async crash(): Promise<void> {
    this.#life++;
    await this.feature.stop!();
    await this.settle();
    for (const station of this.garage.values()) station.since = this.time.now() + 1;
    await this.start();
  }

  async run(command: string, args: Record<string, string | boolean> = {}, who = "eva"): Promise<CommandResult> {
    const result = await this.feature.commands![`firmware ${command}`]!(args, who);
    await this.settle();
    return result;
  }

  /** Plans, approves and starts a campaign. @returns its id */
  async campaign(args: Record<string, string> = {}): Promise<string> {
    const made = await this.run("campaign new", { image: this.image.sha256, ...QUICK, ...args });
    const { id } = made.data as { id: string };
    await this.run("campaign approve", { id }, "olga");
    await this.run("campaign start", { id });
    return id;
  }

  /** Lets time pass in looks of the engine, and everything that is due happen. */
  async pass(minutes: number): Promise<void> {
    for (let at = 0; at < minutes * 60; at += 5) {
      this.time.advance(5_000);
      await this.settle();
    }
  }

  /** Waits for what is under way without letting time pass. */
  async settle(): Promise<void> {
    do await this.store.idle(); while (this.#updating > 0);
  }

  /** Lets some of what is under way happen, and the rest not yet. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Units by state, as "a confirmed, b failed". */
  async states(id: string): Promise<string> {
    const { units } = (await this.run("campaign report", { id })).data as unknown as {
      units: { unit: string; state: string }[];
    };
    return units.map(({ unit, state }) => `${unit} ${state}`).join(", ");
  }

  async report<T = Record<string, never>>(id: string): Promise<T> {
    return (await this.run("campaign report", { id })).data as T;
  }

  station(id: string): FakeStation {
    return this.garage.get(id)!;
  }

  /** The station says how far it is. */
  async say(stationId: string, status: string, requestId?: number): Promise<void> {
    await this.#told(stationId, status, requestId);
    await this.settle();
  }

  withdraw(why: string): Promise<void> {
    this.image = { ...this.image, state: "withdrawn" };
    this.#withdrawn(this.image.sha256, why);
    return this.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop!();
    await this.settle();
    await this.store.close();
  }

  get #site(): Site {
    const { stations, approvals = 1, approvers } = this.options;
    return Site.parse({
      ...{ version: 1, site: { id: "lab" } },
      ocpp: {
        listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
        csms: [{ id: "main", url: "wss://csms.example/ocpp", caFile: "ca.pem" }],
      },
      firmware: { campaigns: { approvals, ...approvers ? { approvers } : {} } },
      stations: stations.map(({ id, unit, part, model = "CC613", isMute }) => ({
        ...{ id, vendor: "bender", model },
        ...unit === undefined ? {} : { unit },
        ...part === undefined ? {} : { part },
        ...isMute ? { access: "usb-only" } : {
          ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: "p", csms: "main" },
        },
      })),
    });
  }

  #context(): ControlContext {
    const life = this.#life;
    return {
      ...{ site: this.#site, clock: this.time, timers: this.time, log: nullLogger, store: this.#mortal(life) },
      metrics: {
        count: (name: string, labels: Record<string, string>) => this.#measure(name, labels, 1),
        set: (name: string, value: number, labels: Record<string, string>) =>
          void this.metrics.set(`${name} ${Object.values(labels).join()}`, value),
        observe: () => {},
      },
      audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: this.audited.push(event) }) },
      alarms: {
        raise: ({ kind, subject, detail = "" }: AlarmRaise) =>
          Promise.resolve(void this.alarms.set(`${kind} ${subject}`, detail)),
        clear: (kind: string, subject: string) => Promise.resolve(void this.alarms.delete(`${kind} ${subject}`)),
      },
      workers: {
        get: () => ({
          call: async (method: string, args: unknown) => {
            const answer = life === this.#life ? await this.#worker(method, args as never) : await NEVER;
            return life === this.#life ? answer : await NEVER;
          },
        }),
      },
    } as unknown as ControlContext;
  }

  /** The store of one life: of a control that was killed nothing gets further than the disk. */
  #mortal(life: number): Store {
    const { store } = this;
    return {
      get: (key) => store.get(key),
      list: (prefix, options) => store.list(prefix, options),
      snapshot: (file) => store.snapshot(file),
      close: () => store.close(),
      commit: async (mutations, checks) => {
        if (life !== this.#life) return await NEVER;
        if (this.diskFault) throw this.diskFault;
        await store.commit(mutations, checks);
        if (life !== this.#life) await NEVER;
      },
    };
  }

  #measure(name: string, labels: Record<string, string>, by: number): void {
    const key = `${name} ${Object.values(labels).join()}`;
    this.metrics.set(key, (this.metrics.get(key) ?? 0) + by);
  }

  #session(id: string) {
    const station = this.garage.get(id);
    if (!station?.online) return undefined;
    const { since, profile: securityProfile, behaviour: { protocol = "ocpp1.6" } } = station;
    return { session: `s-${id}`, stationId: id, worker: "ocpp-0", source: "", securityProfile, protocol, since };
  }

  /** One per station, as the book of grants does it: a crash may have left an older one to nobody. */
  #grant(stationId: string): Promise<unknown> {
    const fault = this.grantFault;
    this.grantFault = undefined;
    if (fault) return Promise.reject(fault);
    const id = `g${++this.#grants}`, older = this.#grantOf.get(stationId);
    if (older !== undefined) this.grants.set(older, "closed");
    this.#grantOf.set(stationId, id);
    this.grants.set(id, "open");
    return Promise.resolve({ id, url: `https://gw/${stationId}/${id}/${this.image.fileName}` });
  }

  #worker(method: string, args: { stationId: string; sessions?: string[] }): Promise<unknown> {
    const station = this.garage.get(args.stationId ?? args.sessions?.[0]?.slice(2))!;
    switch (method) {
      case "station.activity":
        return Promise.resolve({ state: station.busy ? "busy" : "idle" });
      case "station.connectors":
        return Promise.resolve({
          count: station.connectors,
          faulted: station.faulted ? ["1"] : [],
          reserved: station.reserved ? ["1"] : [],
        });
      case "sessions.close":
        station.since = this.time.now() + 1;
        return Promise.resolve({ closed: 1 });
      case "station.call":
        return this.#call(station, args as unknown as StationCall);
      default:
        return Promise.reject(new GatewayError("RPC_UNKNOWN_METHOD", method));
    }
  }

  async #call(station: FakeStation, call: StationCall): Promise<unknown> {
    if (this.isFrozen) return { noAnswer: "timeout" };
    const answer = station.answer(call);
    if (/UpdateFirmware$/.test(call.action) && "result" in answer && isAccepted(answer.result)) {
      this.time.after(10_000, () => void this.#update(station, call));
    }
    if (
      call.action === "TriggerMessage" &&
      (call.payload as { requestedMessage?: string }).requestedMessage === "BootNotification"
    ) {
      this.facts.set(station.id, { ...this.facts.get(station.id), firmwareVersion: station.version });
    }
    return await Promise.resolve(answer);
  }

  async #told(stationId: string, status: string, requestId?: number): Promise<void> {
    const told: StationFirmwareStatus = {
      stationId,
      status,
      at: this.time.now(),
      ...requestId === undefined ? {} : { requestId },
    };
    await this.#feed.told(told);
  }

  /** The station does what it was told, a minute later, whether control lives or not. */
  async #update(station: FakeStation, { payload }: StationCall): Promise<void> {
    const { says = station.isPreload ? ["Downloading", "Downloaded", "InstallScheduled"] : GOOD, boots } =
      station.behaviour;
    const requestId = (payload as { requestId?: number }).requestId;
    const isPreload = station.isPreload;
    // A status that could not be stored is told again by the Worker; here it is lost, which is worse. No answer is waited
    // for: a control that was killed gives none.
    this.#updating++;
    for (const status of says) {
      this.#told(station.id, status, requestId).catch(() => {});
      await this.store.idle();
    }
    this.#updating--;
    if (isPreload || !says.some((status) => status === "Installed" || status === "Installing")) return;
    if (says.at(-1)?.endsWith("Failed") || boots === "never") return;
    this.time.after(60_000, () => this.boot(station));
  }

  /** A station restarts with what it has then. */
  boot(station: FakeStation): void {
    const { boots = this.image.version, profileAfter, faultedAfter, keepsConnection } = station.behaviour;
    if (boots !== "old") station.version = boots;
    station.installs++;
    if (!keepsConnection) station.since = this.time.now();
    if (profileAfter !== undefined) station.profile = profileAfter;
    if (faultedAfter) station.faulted = true;
    this.facts.set(station.id, { ...this.facts.get(station.id), firmwareVersion: station.version });
    this.#learned(station.id, ["firmwareVersion"]);
  }
}

const NEVER = new Promise<never>(() => {});

/** Limits that suit a test: everything in minutes. */
export const QUICK = {
  rings: "canary:1:10m;rest:100%",
  "out-percent": "100",
  confirm: "20m",
  healthy: "5m",
  retry: "1m",
  load: "20m",
} as const;

const isAccepted = (result: unknown) => {
  const status = (result as { status?: string } | null)?.status;
  return status === undefined || status === "Accepted" || status === "AcceptedCanceled";
};
