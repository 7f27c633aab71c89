// hald: the privileged part of Bulkhead. `deno run -A hal/daemon.ts --socket PATH --config hald.json` (DESIGN section 2).
import { ConfigError, describeError, GatewayError } from "../gateway/core/errors.ts";
import { systemClock } from "../gateway/core/clock.ts";
import { systemRandom, systemTimers } from "../gateway/core/timers.ts";
import type { Caller } from "./callers.ts";
import { type DaemonConfig, loadDaemonConfig } from "./daemon_config.ts";
import { createLineLogger } from "./json_log.ts";
import { LinuxKernelSettings } from "./kernel_settings.ts";
import type { KeyStore } from "./key_store.ts";
import { LinuxClockSource } from "./linux_clock_source.ts";
import { LinuxFirewall } from "./linux_firewall.ts";
import { openGpioLibc, openGpioLine } from "./linux_gpio.ts";
import { LinuxIsolationProbe } from "./linux_isolation_probe.ts";
import { LinuxHardwareWatchdog } from "./linux_hardware_watchdog.ts";
import { type Libc, openLibc } from "./linux_libc.ts";
import { LinuxNeighbours } from "./linux_neighbours.ts";
import { LinuxOldTls } from "./linux_old_tls.ts";
import { LinuxNetworkLinks } from "./linux_network_links.ts";
import { LinuxPacketLinks } from "./linux_packet_links.ts";
import { LinuxLldpListener } from "./linux_lldp.ts";
import { openSerialLibc } from "./linux_serial_libc.ts";
import { LinuxSerialLines } from "./linux_serial_port.ts";
import { LinuxPeerIdentifier } from "./linux_peer_credentials.ts";
import { Pkcs11KeyStore } from "./pkcs11_key_store.ts";
import { openServiceManager } from "./sd_notify.ts";
import { HaldServer } from "./server.ts";
import { SerialPorts } from "./serial_ports.ts";
import { LinuxTimeService } from "./linux_time_service.ts";
import { createToolRunner } from "./tool.ts";
import { TpmKeyStore } from "./tpm_key_store.ts";
import type { HaldBox } from "./verb.ts";
import { VERBS } from "./verbs/mod.ts";
import { WatchedTamperInputs } from "./watched_tamper_inputs.ts";
import manifest from "../deno.json" with { type: "json" };

const stdout = new TextEncoder();
const log = createLineLogger((line) => void Deno.stdout.writeSync(stdout.encode(`${line}\n`)), systemClock);
const runTool = createToolRunner(systemTimers);

async function main(args: readonly string[]): Promise<void> {
  const { socket, config: file } = parseArguments(args);
  const config = await loadDaemonConfig(file);
  const libc = openLibc();
  const firewall = config.firewall && await openFirewall(config.firewall);
  const box: HaldBox = { ...openBox(config, libc), ...firewall ? { firewall } : {} };
  const server = await HaldServer.listen({
    socketPath: socket,
    box,
    callers: await resolveCallers(config),
    identifier: (path) => new LinuxPeerIdentifier(libc, path),
    log,
  });
  const manager = openServiceManager({
    env: (name) => Deno.env.get(name),
    pid: Deno.pid,
    onFault: (error) => log.warn("hald.notify.failed", { why: describeError(error) }),
  });
  const stopBeat = manager.watchdogPeriodMs && systemTimers.every(manager.watchdogPeriodMs, () => manager.watchdog());
  log.info("hald.service.started", { socket, version: manifest.version, keyStore: box.keyStore?.kind ?? "none" });
  manager.ready("serving");
  await untilSignal();
  manager.stopping();
  if (stopBeat) stopBeat();
  await server.close();
  box.watchdog?.close();
  box.lldp?.close();
  box.tamper?.close();
  firewall?.stop();
  manager.close();
  log.info("hald.service.stopped");
}

function parseArguments(args: readonly string[]): { readonly socket: string; readonly config: string } {
  const value = (name: string) => args[args.indexOf(name) + 1];
  const [socket, config] = [value("--socket"), value("--config")];
  if (args.length === 4 && args.includes("--socket") && args.includes("--config") && socket && config) {
    return { socket, config };
  }
  throw new GatewayError("CLI_USAGE", "hald takes --socket PATH and --config FILE, nothing else");
}

function openBox(config: DaemonConfig, libc: Libc): HaldBox {
  const keyStore = openKeyStore(config.keyStore);
  const { chrony, dhcp, oldTls, serial, tamper, watchdog, probe, lldp } = config;
  return {
    version: manifest.version,
    verbs: VERBS.map((verb) => verb.name),
    clock: new LinuxClockSource(libc.adjtimex),
    links: new LinuxNetworkLinks(runTool),
    neighbours: new LinuxNeighbours(runTool),
    ...probe ? { isolation: new LinuxIsolationProbe(probe.interfaces, systemTimers) } : {},
    ...lldp ? { lldp: new LinuxLldpListener(lldp.interfaces, systemClock, systemTimers) } : {},
    ...dhcp ? { packets: new LinuxPacketLinks(dhcp.interfaces, systemClock, runTool) } : {},
    ...keyStore ? { keyStore } : {},
    ...oldTls ? { oldTls: new LinuxOldTls(oldTls, { timers: systemTimers, run: runTool }) } : {},
    ...chrony ? { time: new LinuxTimeService(chrony, systemClock) } : {},
    ...tamper ? { tamper: openTamperInputs(tamper) } : {},
    ...serial ? { serial: new SerialPorts(serialLines(serial)) } : {},
    ...watchdog ? { watchdog: new LinuxHardwareWatchdog(watchdog.device, watchdog.timeoutSeconds) } : {},
  };
}

function openFirewall(config: NonNullable<DaemonConfig["firewall"]>): Promise<LinuxFirewall> {
  return LinuxFirewall.open({
    ...config,
    run: runTool,
    settings: new LinuxKernelSettings(),
    timers: systemTimers,
    clock: systemClock,
    uptime: () => Deno.osUptime() * 1_000,
    log,
  });
}

function openTamperInputs(wiring: NonNullable<DaemonConfig["tamper"]>): WatchedTamperInputs {
  const libc = openGpioLibc();
  return new WatchedTamperInputs(wiring.map((one) => openGpioLine(one, libc)), { timers: systemTimers, log });
}

function serialLines(devices: readonly string[]): LinuxSerialLines {
  return new LinuxSerialLines(openSerialLibc(), devices, { clock: systemClock, timers: systemTimers });
}

function openKeyStore(config: DaemonConfig["keyStore"]): KeyStore | undefined {
  const common = { random: systemRandom, run: runTool };
  if (config?.kind === "tpm") return new TpmKeyStore({ ...config, ...common });
  if (config?.kind === "pkcs11") {
    const { pinFile, ...rest } = config;
    const cut = pinFile.lastIndexOf("/");
    return new Pkcs11KeyStore({
      ...rest,
      ...common,
      pinFile: { folder: pinFile.slice(0, cut), name: pinFile.slice(cut + 1) },
    });
  }
  return undefined;
}

/** User names become numbers once, at start: the kernel reports numbers. */
async function resolveCallers(config: DaemonConfig): Promise<Caller[]> {
  return await Promise.all(config.callers.map(async ({ user, may }) => {
    if (typeof user === "number") return { uid: user, may };
    const output = await runTool({ program: "id", args: ["-u", user] }).catch((error) => {
      throw new ConfigError("CFG_INVALID", `hald.json lists user "${user}" under callers, which does not exist`, {
        hint: "Create it with systemd-sysusers from deploy/systemd/bulkhead.sysusers.conf",
        cause: error,
      });
    });
    return { uid: Number(new TextDecoder().decode(output).trim()), may };
  }));
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => resolve());
  });
}

try {
  await main(Deno.args);
  Deno.exit(0); // Signal listeners would keep the process alive.
} catch (error) {
  const hint = error instanceof GatewayError && error.hint ? { hint: error.hint } : {};
  log.error("hald.service.failed", { why: describeError(error), ...hint });
  Deno.exit(1);
}
