// A process that records through the audit chain from many writers at once and prints what was acknowledged, until it is
// killed. Arguments: data folder, round, number of writers. Lines: "<sequence> <target>", after the acknowledgement.
import { createAudit } from "../../gateway/control/audit/mod.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { createSealer } from "../../gateway/store/sealer.ts";

const [dataDir, round, writers] = [Deno.args[0]!, Number(Deno.args[1]), Number(Deno.args[2])];
const store = await openStore({ path: `${dataDir}/store/kv`, clock: systemClock, timers: systemTimers });
const audit = await createAudit({
  dir: `${dataDir}/audit`,
  markerFile: `${dataDir}/restored.json`,
  site: "garage-12",
  retentionDays: { security: 400, access: 400, operation: 400, charging: 400 },
  store,
  sealer: await createSealer(new Uint8Array(32).fill(7), store),
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  log: nullLogger,
  metrics: nullMetrics,
});
const encoder = new TextEncoder();

async function write(writer: number): Promise<never> {
  const event = { event: "control.command.ran", class: "access", who: "mia", outcome: "ok" } as const;
  for (let count = 0;; count++) {
    const target = `${round}-${writer}-${count}`;
    const { sequence } = await audit.record({ ...event, target, detail: { filler: "x".repeat(count % 400) } });
    // Synchronously: what is printed is in the pipe and survives the kill.
    Deno.stdout.writeSync(encoder.encode(`${sequence} ${target}\n`));
  }
}
await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
