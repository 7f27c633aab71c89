import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { Site } from "../../../config/schema.ts";
import type { CommandResult, ControlContext } from "../../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../../core/control_api.ts";
import { openStore } from "../../../store/kv_store.ts";
import type { OpenedStore } from "../../../store/store.ts";
import { createSiteDecommissionFeature } from "../feature.ts";
import type { OpenItems } from "../open_items.ts";

/** The site of the rig. */
export const LEAVING_SITE = {
  version: 1,
  site: { id: "garage-12", name: "Main Street" },
  ocpp: {
    listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  },
};

const NOTHING: OpenItems = { stations: [], work: [], ends: [] };

/** What `gateway decommission show` answers, as far as tests look at it. */
export interface Shown {
  readonly next: string;
  readonly begun: boolean;
  readonly lines: readonly { readonly id: string }[];
  readonly releasedUntil?: string;
}

/** The gateway's own decommissioning over a real store, with the rest of control played: what it would say stands in fields. */
export class SiteRig implements AsyncDisposable {
  readonly time = new ManualTime(Date.UTC(2026, 10, 21, 20));
  readonly audited: AuditEvent[] = [];
  readonly alarms = new Map<string, string>();
  open: OpenItems = NOTHING;
  lastBackup: { readonly name: string; readonly lastSequence: number } | undefined;
  /** How often what the gateway gave out was ended. */
  ends = 0;
  endFault: Error | undefined;
  site = Site.parse(LEAVING_SITE);
  #commands!: NonNullable<ReturnType<typeof createSiteDecommissionFeature>["commands"]>;

  private constructor(readonly store: OpenedStore) {}

  static async up(): Promise<SiteRig> {
    const time = new ManualTime(), rig = new SiteRig(await openStore({ path: ":memory:", clock: time, timers: time }));
    rig.start();
    return rig;
  }

  /** Control starts, as after kill -9. */
  start(): void {
    this.#commands = createSiteDecommissionFeature({
      ...{ context: this.#context(), open: () => Promise.resolve(this.open), head: () => this.head },
      hasLine: ({ seq, hash }) => Promise.resolve(seq <= this.audited.length && hash === hashOf(seq)),
      lastBackup: () => Promise.resolve(this.lastBackup),
      backups: () => Promise.resolve([{ place: "off", files: [{ name: "old.backup.age", takenAt: 1 }] }]),
      end: () => {
        if (this.endFault) return Promise.reject(this.endFault);
        this.ends++;
        return Promise.resolve({ certificates: [`0${this.ends}`], grants: 1, tokens: 2, ways: 0 });
      },
    }).commands!;
  }

  get head() {
    return { seq: this.audited.length, hash: hashOf(this.audited.length) };
  }

  run(name: string, args: Record<string, string | boolean> = {}, who = "eva"): Promise<CommandResult> {
    return this.#commands[`gateway decommission ${name}`]!(args, who);
  }

  async shown(): Promise<Shown> {
    return (await this.run("show")).data as unknown as Shown;
  }

  async next(): Promise<string> {
    return (await this.shown()).next;
  }

  /** Acknowledges what was exported, as of now. */
  async exported(): Promise<void> {
    const { seq, hash } = this.head;
    await this.run("exported", { head: `${seq}:${hash}`, "no-backup": "nothing to restore" });
  }

  /** Begun, and gone on with up to the step that is named. */
  async upTo(step: "approve" | "erase" | "export" | "told"): Promise<void> {
    await this.run("start", { site: "garage-12", reason: "closed" });
    if (step === "told") return;
    for (const { id } of (await this.shown()).lines) await this.run("told", { line: id, note: "ticket 1" });
    if (step === "export") return;
    await this.exported();
    if (step === "erase") await this.run("approve", { site: "garage-12" }, "olga");
  }

  rules(): readonly (string | undefined)[] {
    return this.audited.filter(({ outcome }) => outcome === "refused").map(({ rule }) => rule);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }

  #context(): ControlContext {
    const site = () => this.site;
    return {
      get site() {
        return site();
      },
      ...{ clock: this.time, store: this.store },
      audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: this.audited.push(event) }) },
      alarms: {
        raise: ({ kind, detail }: AlarmRaise) => Promise.resolve(void this.alarms.set(kind, detail ?? "")),
        clear: (kind: string) => Promise.resolve(void this.alarms.delete(kind)),
      },
    } as unknown as ControlContext;
  }
}

/** The hash of a line of the played chain. */
export const hashOf = (seq: number): string => seq.toString(16).padStart(64, "0");
