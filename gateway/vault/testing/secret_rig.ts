import { createRecoveryKey } from "../../control/backup/recovery_key.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { alive, type Life, mortalStore } from "../../../tests/support/mortal_store.ts";
import { Site } from "../../config/schema.ts";
import type { CommandArgs, CommandCaller, CommandResult, ControlContext } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import { nullLogger } from "../../core/log.ts";
import { systemRandom } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import { createSealer } from "../../store/sealer.ts";
import type { Store } from "../../store/store.ts";
import { createVaultFeature, type VaultFeature } from "../feature.ts";
import type { RevealGate } from "../reveal.ts";
import { FakeControllers } from "./fake_controllers.ts";

/** A site with a single station and a pair; further ones as a test wants. */
export const STATIONS: readonly object[] = [
  { id: "CP001", vendor: "bender", ui: { url: "https://10.0.0.1", driver: "bender" } },
  { id: "CP002", vendor: "bender", unit: "bay-2", part: "primary", ui: { url: "https://10.0.0.2", driver: "bender" } },
  {
    id: "CP002-S",
    vendor: "bender",
    unit: "bay-2",
    part: "secondary",
    ui: { url: "https://10.0.0.3", driver: "bender" },
  },
];

/** What a test may choose. */
export interface SecretRigOptions {
  readonly stations?: readonly object[];
  readonly vault?: object;
  /** Passwords in files of the site, by station. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where the gateway brings escrows by itself. */
  readonly deliver?: (name: string, text: string) => Promise<string>;
  /** No key for escrows is named. */
  readonly withoutKey?: boolean;
}

/** The vault on a store in memory, with controllers that answer at once. */
export class SecretRig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly audited: AuditEvent[] = [];
  readonly alarms = new Map<string, string>();
  readonly metrics = new Map<string, number>();
  readonly forgiven: string[] = [];
  readonly drifted: string[] = [];
  readonly devices = new FakeControllers();
  readonly escrowed: { readonly name: string; readonly text: string }[] = [];
  identity = "";
  recipient = "";
  /** What the gate of reveals says. */
  gate: RevealGate = { ask: () => Promise.reject(new Error("no gate")) };
  feature!: VaultFeature;
  stations: readonly object[];
  /** As under `vault` in site.yaml; another one is as after a reload. */
  vault: object;
  /** What every commit fails with. */
  diskFault: Error | undefined;
  #life = 0;
  #parsed: { readonly of: readonly object[]; readonly vault: object; readonly site: Site } | undefined;

  private constructor(readonly options: SecretRigOptions, readonly store: Store) {
    this.stations = options.stations ?? STATIONS;
    this.vault = options.vault ?? {};
  }

  static async up(options: SecretRigOptions = {}): Promise<SecretRig> {
    const time = new ManualTime();
    const rig = new SecretRig(options, await openStore({ path: ":memory:", clock: time, timers: time }));
    ({ identity: rig.identity, recipient: rig.recipient } = await createRecoveryKey());
    for (const station of rig.stations) rig.devices.add((station as { id: string }).id);
    await rig.start();
    return rig;
  }

  get site(): Site {
    const { stations, vault } = this;
    if (this.#parsed?.of === stations && this.#parsed.vault === vault) return this.#parsed.site;
    const site = Site.parse({ version: 1, site: { id: "lab" }, stations, vault });
    this.#parsed = { of: stations, vault, site };
    return site;
  }

  /** Control starts on the same store: after a crash nothing but it is left. */
  async start(): Promise<void> {
    this.feature = await createVaultFeature({
      context: await this.#context(),
      stations: () => this.site.stations,
      devices: this.devices,
      hasAccount: ({ ui }, role) => ui?.driver !== "alfen" || role === "installer",
      fileSecret: ({ id }, slot) => slot === "operator" ? this.options.files?.[id] : undefined,
      forgive: (station) => Promise.resolve(void this.forgiven.push(station)),
      onDrift: (station, slot) => void this.drifted.push(`${station} ${slot}`),
      escrow: {
        recipients: () => this.options.withoutKey ? [] : [this.recipient],
        isWaived: () => this.site.vault.escrow.waived !== undefined,
        deliver: () => this.options.deliver ?? (this.byHand ? undefined : this.#deliver),
      },
      gate: { ask: (...asked) => this.gate.ask(...asked) },
    });
  }

  /** Escrows are carried by people. */
  get byHand(): boolean {
    return this.site.vault.escrow.deliver === "by-hand";
  }

  /** Ends control as a power cut would: what is under way never comes back, nothing more is stored. */
  async crash(): Promise<void> {
    this.#life++;
    await this.start();
  }

  async run(command: string, args: CommandArgs = {}, who = "eva", caller?: CommandCaller): Promise<CommandResult> {
    return await this.feature.commands![`secret ${command}`]!(args, who, caller);
  }

  /** Turns of the watch until nothing more happens now, then time passes and so on, for so long. */
  async pass(ms: number): Promise<void> {
    const end = this.time.now() + ms;
    await this.feature.vault.tick();
    while (this.time.now() < end) {
      this.time.jump(Math.min(30_000, end - this.time.now()));
      await this.feature.vault.tick();
    }
  }

  /** Everything that was recorded, as text: where no secret may be. */
  get recorded(): string {
    return JSON.stringify([this.audited, [...this.alarms]]);
  }

  events(name: string): AuditEvent[] {
    return this.audited.filter(({ event }) => event === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feature.stop!();
    await this.store.close();
  }

  #deliver = (name: string, text: string): Promise<string> => {
    this.escrowed.push({ name, text });
    return Promise.resolve("sftp backup.example");
  };

  async #context(): Promise<ControlContext> {
    const life = this.#life, siteOfNow = () => this.site;
    const own: Life = { isOver: () => life !== this.#life, diskFault: () => this.diskFault };
    const store = mortalStore(this.store, own);
    return {
      get site() {
        return siteOfNow();
      },
      clock: this.time,
      timers: this.time,
      random: systemRandom,
      log: nullLogger,
      metrics: {
        count: (name: string, labels: Record<string, string> = {}) => this.#count(name, labels),
        set: (name: string, value: number, labels: Record<string, string> = {}) =>
          void this.metrics.set([name, ...Object.values(labels)].join(" "), value),
      },
      store,
      sealer: await createSealer(new Uint8Array(32), store),
      audit: { record: (event: AuditEvent) => alive(own, () => ({ sequence: this.audited.push(event) })) },
      alarms: {
        raise: (alarm: AlarmRaise) =>
          alive(own, () => void this.alarms.set(`${alarm.kind} ${alarm.subject}`, alarm.detail ?? "")),
        clear: (kind: string, subject: string) => alive(own, () => void this.alarms.delete(`${kind} ${subject}`)),
      },
    } as unknown as ControlContext;
  }

  #count(name: string, labels: Record<string, string>): void {
    const key = [name, ...Object.values(labels)].join(" ");
    this.metrics.set(key, (this.metrics.get(key) ?? 0) + 1);
  }
}
