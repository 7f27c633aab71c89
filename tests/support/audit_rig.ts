import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { createSealer } from "../../gateway/store/sealer.ts";
import type { Store } from "../../gateway/store/store.ts";
import type { Sealer } from "../../gateway/control/contract.ts";
import { ManualTime } from "./manual_time.ts";
import { type AuditChain, type AuditOptions, createAudit } from "../../gateway/control/audit/mod.ts";

/** A chain in a temporary folder with manual time, that can be closed and opened again. */
export class AuditRig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly dataDir = Deno.makeTempDirSync({ prefix: "bulkhead-audit-" });
  store!: Store;
  sealer!: Sealer;
  audit!: AuditChain;

  /** Opens store and chain. */
  static async open(options: Partial<AuditOptions> = {}): Promise<AuditRig> {
    const rig = new AuditRig();
    rig.store = await openStore({ path: ":memory:", clock: rig.time, timers: rig.time });
    rig.sealer = await createSealer(new Uint8Array(32).fill(7), rig.store);
    await rig.start(options);
    return rig;
  }

  get dir(): string {
    return `${this.dataDir}/audit`;
  }

  /** Opens the chain on the files as they are. */
  async start(options: Partial<AuditOptions> = {}): Promise<void> {
    this.audit = await createAudit({
      dir: this.dir,
      markerFile: `${this.dataDir}/restored.json`,
      site: "garage-12",
      retentionDays: { security: 400, access: 90, operation: 30, charging: 30 },
      store: this.store,
      sealer: this.sealer,
      clock: this.time,
      timers: this.time,
      random: systemRandom,
      log: nullLogger,
      metrics: nullMetrics,
      ...options,
    });
  }

  /** Records one event and answers its number. */
  async say(target: string, detail: Record<string, string | number | boolean> = {}): Promise<number> {
    const event = { event: "control.command.ran", class: "access", who: "mia", outcome: "ok" } as const;
    return (await this.audit.record({ ...event, target, detail })).sequence;
  }

  /** All lines of all segments, oldest first. */
  lines(): string[] {
    const names = [...Deno.readDirSync(this.dir)].map(({ name }) => name).filter((name) => name.endsWith(".jsonl"));
    return names.sort().flatMap((name) => Deno.readTextFileSync(`${this.dir}/${name}`).split("\n").slice(0, -1));
  }

  /** The records of the chain with this event name, parsed. */
  events(name: string): { readonly seq: number; readonly detail: Record<string, unknown> }[] {
    return this.lines().map((line) => JSON.parse(line)).filter(({ event }) => event === name);
  }

  /** Path of the newest segment. */
  newest(): string {
    const names = [...Deno.readDirSync(this.dir)].map(({ name }) => name).filter((name) => name.endsWith(".jsonl"));
    return `${this.dir}/${names.sort().at(-1)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.audit.stop();
    await this.store.close();
    await Deno.remove(this.dataDir, { recursive: true });
  }
}
