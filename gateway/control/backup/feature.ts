import { resolve } from "node:path";
import type { BackupConfig, BackupTarget } from "../../store/config.ts";
import type { Site } from "../../config/schema.ts";
import type { Health } from "../../core/conduit.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import type { CommandResult, ControlContext, ControlFeature } from "../contract.ts";
import { backupDir, createBackup, type MadeBackup } from "./create_backup.ts";
import { copyToFolder } from "./folder_target.ts";
import { BACKUP_LIMITS } from "./limits.ts";
import { parseRecipient } from "./recovery_key.ts";

const LAST = [...KEYS.backup, "last"];
const HOUR_MS = 3_600_000;
const SITE = "site";

/** The last backup that reached every target. */
interface LastBackup {
  readonly takenAt: number;
  readonly name: string;
  readonly bytes: number;
  readonly lastSequence: number;
}

/** How one backup ended at one target; `error` is absent when it arrived. */
interface Delivered {
  readonly target: string;
  readonly error?: string;
}

/** Makes and delivers backups: on command `backup` and every `backup.everyHours`. */
export function createBackupFeature(context: ControlContext): ControlFeature {
  return new BackupFeature(context);
}

class BackupFeature implements ControlFeature {
  readonly name = "backup";
  readonly commands = { backup: (_args: unknown, who: string) => this.#command(who) };
  readonly #context: ControlContext;
  readonly #startedAt: number;
  readonly #stopTimer: () => void;
  #site: Site;
  #running: Promise<CommandResult> | undefined;
  #looking: Promise<void> | undefined;
  #failedAt: number | undefined;
  #isStale = false;

  constructor(context: ControlContext) {
    this.#context = context;
    this.#site = context.site;
    this.#startedAt = context.clock.now();
    this.#stopTimer = context.timers.every(BACKUP_LIMITS.lookEveryMs, () => this.#look());
  }

  health(): Health {
    if (!this.#isStale) return { state: "ok" };
    return { state: "degraded", why: "No backup has reached all targets for twice the configured time" };
  }

  reconfigure(site: Site): Promise<void> {
    if (site.backup !== undefined) {
      parseRecipient(this.#context.files.text(site.backup.recoveryKeyFile), site.backup.recoveryKeyFile);
    }
    this.#site = site;
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await Promise.allSettled([this.#looking, this.#running]);
  }

  async #command(who: string): Promise<CommandResult> {
    if (this.#site.backup !== undefined) return await this.#run(who);
    throw new GatewayError("BACKUP_FAILED", "Cannot make a backup: site.yaml has no section backup", {
      hint: "Make a recovery key with `backup key FILE`, then add backup.recoveryKeyFile and backup.targets",
    });
  }

  /** One at a time: a second caller gets the result of the running one. */
  #run(who: string): Promise<CommandResult> {
    this.#running ??= this.#backup(who).finally(() => this.#running = undefined);
    return this.#running;
  }

  #look(): void {
    const { log } = this.#context;
    this.#looking ??= this.#runIfDue()
      .catch((error) => log.error("backup.look.failed", { msg: describeError(error) }))
      .finally(() => this.#looking = undefined);
  }

  async #runIfDue(): Promise<void> {
    const config = this.#site.backup;
    if (config === undefined) return;
    const now = this.#context.clock.now(), period = config.everyHours * HOUR_MS;
    const last = (await this.#context.store.get<LastBackup>(LAST))?.value.takenAt;
    if (now - (last ?? this.#startedAt) > 2 * period) await this.#becomeStale();
    // A clock that stepped back makes `last` lie ahead: then the next backup must not wait for the clock.
    const isDue = last === undefined || now - last >= period || last - now > period;
    const mayTry = this.#failedAt === undefined || Math.abs(now - this.#failedAt) >= BACKUP_LIMITS.retryAfterMs;
    if (isDue && mayTry) await this.#run("gateway");
  }

  async #becomeStale(): Promise<void> {
    if (this.#isStale) return;
    this.#isStale = true;
    await this.#context.alarms.raise({ kind: "backup.stale", subject: SITE });
  }

  async #backup(who: string): Promise<CommandResult> {
    const config = this.#site.backup!;
    let made: MadeBackup;
    try {
      made = await this.#make(config, who);
    } catch (error) {
      await this.#fail(who, SITE, error);
      this.#finish("failed");
      throw error;
    }
    const delivered: Delivered[] = [];
    for (const target of config.targets) delivered.push(await this.#deliver(target, config.keep, made, who));
    await Deno.remove(made.file);
    const isWhole = delivered.every((item) => item.error === undefined);
    if (isWhole) await this.#remember(made);
    this.#finish(isWhole ? "ok" : "partial");
    return report(made, delivered, isWhole);
  }

  async #make(config: BackupConfig, who: string): Promise<MadeBackup> {
    const { audit, alarms, box, files } = this.#context;
    const recipient = parseRecipient(files.text(config.recoveryKeyFile), config.recoveryKeyFile);
    await removeRemains(backupDir(box));
    const event = { event: "backup.archive.started", class: "operation", who, outcome: "ok" } as const;
    const { sequence } = await audit.record(event);
    const made = await createBackup({ ...this.#context, site: this.#site }, recipient, sequence);
    const { name, bytes, unreadable } = made;
    const detail = { bytes, unreadable, recipient };
    await audit.record({ event: "backup.archive.made", class: "operation", who, target: name, outcome: "ok", detail });
    await alarms.clear("backup.failed", SITE);
    if (unreadable === 0) await alarms.clear("backup.incomplete", SITE);
    else await alarms.raise({ kind: "backup.incomplete", subject: SITE, detail: `${unreadable} values` });
    return made;
  }

  async #deliver(target: BackupTarget, keep: number, made: MadeBackup, who: string): Promise<Delivered> {
    const name = target.folder ?? target.sftp ?? "";
    try {
      if (target.folder !== undefined) {
        const folder = resolve(this.#context.box.configDir, target.folder);
        await copyToFolder({ folder, site: this.#site.site.id, keep }, made.file, made.name);
      } else {
        const delivery = { kind: "backup", sink: name, file: made.file, name: made.name } as const;
        const options = { deadlineMs: BACKUP_LIMITS.deliverMs };
        await this.#context.workers.get("courier").call("courier.deliver", delivery, options);
      }
    } catch (error) {
      await this.#fail(who, name, error);
      return { target: name, error: describeError(error) };
    }
    const event = { event: "backup.archive.delivered", class: "operation", who, outcome: "ok" } as const;
    await this.#context.audit.record({ ...event, target: made.name, detail: { to: name } });
    await this.#context.alarms.clear("backup.failed", name);
    return { target: name };
  }

  async #fail(who: string, subject: string, error: unknown): Promise<void> {
    this.#failedAt = this.#context.clock.now();
    const { audit, alarms } = this.#context, why = describeError(error);
    const event = { event: "backup.archive.failed", class: "operation", who, outcome: "failed" } as const;
    await audit.record({ ...event, target: subject, detail: { why } });
    await alarms.raise({ kind: "backup.failed", subject, detail: why });
  }

  async #remember({ takenAt, name, bytes, lastSequence }: MadeBackup): Promise<void> {
    const { store, alarms, metrics } = this.#context;
    const last: LastBackup = { takenAt, name, bytes, lastSequence };
    await store.commit([{ set: LAST, value: last }]);
    metrics.set("bulkhead_backup_last_success_timestamp_seconds", takenAt / 1000);
    this.#failedAt = undefined;
    this.#isStale = false;
    await alarms.clear("backup.stale", SITE);
  }

  #finish(outcome: "ok" | "partial" | "failed"): void {
    this.#context.metrics.count("bulkhead_backup_runs_total", { outcome });
  }
}

function report(made: MadeBackup, delivered: readonly Delivered[], ok: boolean): CommandResult {
  const { name, bytes, takenAt, lastSequence, unreadable } = made;
  const lines = delivered.map(({ target, error }) => error === undefined ? `  ${target}: ok` : `  ${target}: ${error}`);
  const incomplete = unreadable === 0
    ? ""
    : `\n  ${unreadable} sealed values could not be opened and went in as they are`;
  return {
    ok,
    text: `${name} (${bytes} bytes, audit up to ${lastSequence})\n${lines.join("\n")}${incomplete}`,
    data: {
      name,
      bytes,
      takenAt: new Date(takenAt).toISOString(),
      lastSequence,
      unreadable,
      targets: delivered.map((item) => ({ ...item })),
    },
  };
}

/** What a run that was cut off left behind: sealed, but nobody will fetch it. */
async function removeRemains(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
