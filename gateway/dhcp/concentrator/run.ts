import type { CommandArgs } from "../../control/contract.ts";
import { systemClock } from "../../core/clock.ts";
import { configureLogging, createLogger } from "../../core/log.ts";
import { systemTimers } from "../../core/timers.ts";
import { loadConcentrator } from "./load.ts";
import { Concentrator } from "./service.ts";

/** `concentrator --config concentrator.yaml`: prints one line READY and stays until SIGTERM or SIGINT; its exit code. */
export async function runConcentrator(args: CommandArgs): Promise<number> {
  const write = (line: string) => {
    const bytes = new TextEncoder().encode(`${line}\n`);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  };
  configureLogging(write, "info");
  const loaded = await loadConcentrator(String(args["config"] ?? "concentrator.yaml"));
  const log = createLogger("concentrator");
  const concentrator = await Concentrator.start(loaded, { clock: systemClock, timers: systemTimers, log });
  write(`READY concentrator=${loaded.config.listen} server=${loaded.config.server}`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => resolve());
  });
  concentrator.close();
  return 0;
}
