import { describeError } from "../core/errors.ts";
import { type DiskState, diskState } from "../store/disk.ts";
import type { ControlContext, ControlFeature, DiskGuard } from "./contract.ts";

/** Milliseconds between two looks at the data disk. */
export const DISK_LOOK_MS = 30_000;

/**
 * Watches the data disk: warns at `audit.diskWarnPercent`, and at `audit.diskFullPercent` the policy of
 * `audit.diskFull` acts, well before a write fails. Records are never dropped silently: what cannot be stored is
 * refused to its caller. Also what the disk itself calls nearly full counts, whatever the percentages say.
 */
export function createDiskFeature(
  context: Pick<ControlContext, "alarms" | "audit" | "box" | "disk" | "log" | "site" | "timers">,
  probe: (path: string) => DiskState = diskState,
): ControlFeature {
  const disk = context.disk as { level: DiskGuard["level"] };
  const look = async () => {
    const before = disk.level;
    const state = probe(context.box.dataDir);
    disk.level = levelOf(state, context.site.audit);
    if (before !== disk.level) await tell(context, before, state);
  };
  const lookSafely = () =>
    look().catch((error) => context.log.error("disk.look.failed", { msg: describeError(error) }));
  const cancel = context.timers.every(DISK_LOOK_MS, () => void lookSafely());
  void lookSafely();
  return {
    name: "disk",
    health: () => disk.level === "full" ? { state: "degraded", why: "the data disk is full" } : { state: "ok" },
    reconfigure: lookSafely,
    stop: async () => cancel(),
  };
}

/** Where a disk stands against the percentages of site.yaml. */
export function levelOf(
  { level, freeBytes, totalBytes }: DiskState,
  { diskWarnPercent, diskFullPercent }: { readonly diskWarnPercent: number; readonly diskFullPercent: number },
): DiskGuard["level"] {
  const used = totalBytes > 0 ? (100 * (totalBytes - freeBytes)) / totalBytes : 0;
  if (level === "full" || used >= diskFullPercent) return "full";
  return level === "warn" || used >= diskWarnPercent ? "warn" : "ok";
}

async function tell(
  { alarms, audit, disk, box, log }: Pick<ControlContext, "alarms" | "audit" | "disk" | "box" | "log">,
  before: DiskGuard["level"],
  { freeBytes, totalBytes }: DiskState,
): Promise<void> {
  const detail = { freeMiB: Math.floor(freeBytes / 1_048_576), totalMiB: Math.floor(totalBytes / 1_048_576) };
  log.warn("disk.level.changed", { level: disk.level, ...detail });
  const alarm = { subject: box.dataDir, detail: `${detail.freeMiB} MiB of ${detail.totalMiB} MiB are free` };
  if (disk.level === "full") await alarms.raise({ kind: "disk.full", ...alarm });
  else await alarms.clear("disk.full", box.dataDir);
  if (disk.level === "ok") await alarms.clear("disk.nearly-full", box.dataDir);
  else await alarms.raise({ kind: "disk.nearly-full", ...alarm });
  if (disk.level !== "full" && before !== "full") return;
  const event = disk.level === "full" ? "gateway.disk.full" : "gateway.disk.freed";
  await audit.record({ event, class: "operation", who: "gateway", outcome: "ok", detail });
}
