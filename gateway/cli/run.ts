import process from "node:process";
import { openServiceManager, type ServiceManager } from "../../hal/sd_notify.ts";
import type { CommandArgs } from "../control/contract.ts";
import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { configureLogging, createLogger, LOG_LEVELS, type Logger, type LogLevel } from "../core/log.ts";
import { systemTimers } from "../core/timers.ts";
import { RunningGateway } from "./running_gateway.ts";
import { writeLine } from "./write_line.ts";

/** Milliseconds between two looks at Workers that did not start at once. */
const READY_LOOK_MS = 500;

/** Exit code after a Worker hung: a looping thread cannot be killed, so the process ends and is started again. */
export const EXIT_HUNG = 70;

/**
 * `run`: loads, starts, prints one line `READY name=where ...`, and stays until SIGTERM or SIGINT, which drain. SIGHUP
 * reloads. Tells systemd when asked to (Type=notify, WatchdogSec). The result is the process's exit code.
 */
export async function runGateway(args: CommandArgs, conduits: readonly Conduit<Site>[]): Promise<number> {
  const logLevel = levelOf(args["log-level"]);
  configureLogging(writeLine, logLevel);
  const log = createLogger("main");
  const stopped = Promise.withResolvers<string>();
  const manager = openServiceManager({
    env: (name) => Deno.env.get(name),
    pid: Deno.pid,
    onFault: (error) => log.warn("gateway.notify.failed", { msg: describeError(error) }),
  });
  const gateway = new RunningGateway({
    configFile: String(args["config"] ?? "site.yaml"),
    conduits,
    log,
    logLevel,
    writeLog: writeLine,
    announce: writeLine,
    onHung: (worker) => endAtOnce(log, worker),
    onStop: stopped.resolve,
  });
  const unlisten = listenToSignals(gateway, stopped.resolve, log);
  const cancelWatchdog = petWatchdog(manager);
  let cancelReady = () => {};
  try {
    await gateway.start();
    cancelReady = announceReady(gateway, log);
    manager.ready(); // what serves serves; `status` and the log say what is missing
    const why = await stopped.promise;
    log.info("gateway.process.draining", { why });
    manager.stopping();
    await gateway.stop(why);
    return 0;
  } finally {
    cancelReady();
    cancelWatchdog();
    unlisten();
    manager.close();
  }
}

/** Prints READY once everything listens; until then says what is missing, when that changes. */
function announceReady(gateway: RunningGateway, log: Logger): () => void {
  let told = "";
  let cancel = () => {};
  const look = () => {
    const { listening, missing } = gateway.report();
    if (missing.length === 0) {
      cancel();
      writeLine(`READY ${Object.entries(listening).map(([name, where]) => `${name}=${where}`).join(" ")}`);
    } else if (told !== missing.join()) {
      told = missing.join();
      log.error("gateway.start.incomplete", { missing: missing.join("; ") });
    }
  };
  cancel = systemTimers.every(READY_LOOK_MS, look);
  look();
  return cancel;
}

function listenToSignals(gateway: RunningGateway, stop: (why: string) => void, log: Logger): () => void {
  const listeners: Partial<Record<Deno.Signal, () => void>> = {
    SIGTERM: () => stop("SIGTERM"),
    SIGINT: () => stop("SIGINT"),
    SIGHUP: () => {
      gateway.reload(false).catch((error) => log.error("gateway.reload.failed", { msg: describeError(error) }));
    },
  };
  for (const [signal, listener] of Object.entries(listeners)) Deno.addSignalListener(signal as Deno.Signal, listener);
  return () => {
    for (const [signal, listener] of Object.entries(listeners)) {
      Deno.removeSignalListener(signal as Deno.Signal, listener);
    }
  };
}

function petWatchdog(manager: ServiceManager): () => void {
  if (manager.watchdogPeriodMs === undefined) return () => {};
  return systemTimers.every(manager.watchdogPeriodMs, () => manager.watchdog());
}

function endAtOnce(log: Logger, worker: string): void {
  log.error("supervisor.worker.hung", {
    worker,
    msg: "it answers no heartbeat; the process ends and is started again",
  });
  process.exit(EXIT_HUNG);
}

/**
 * The level of --log-level; info when absent.
 * @throws GatewayError CLI_USAGE for any other word
 */
export function levelOf(word: unknown): LogLevel {
  if (word === undefined) return "info";
  const found = LOG_LEVELS.find((level) => level === word);
  if (found) return found;
  throw new GatewayError("CLI_USAGE", `Option "--log-level" wants ${LOG_LEVELS.join(", ")}, got "${String(word)}"`, {
    hint: "Example: run --config site.yaml --log-level debug",
  });
}
