import process from "node:process";
import { writeSync } from "node:fs";
import type { CommandArgs } from "../control/contract.ts";
import { systemClock } from "../core/clock.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import { AttackPlan } from "./attack_plan.ts";
import { startDrivers } from "./charging_plan.ts";
import { type ConsoleLogins, describeLogins, makeLogins } from "./console_logins.ts";
import { reconcile } from "./csms_ledger.ts";
import { type DemoArgs, type DemoPorts, demoPorts, readDemoArgs } from "./demo_args.ts";
import { World } from "./demo_world.ts";
import { requireFreePorts } from "./free_ports.ts";
import { DEMO_LIMITS } from "./limits.ts";
import type { TableModel } from "./live_table.ts";
import { RefusalRules } from "./refusal_rule.ts";
import { Screen, type Terminal } from "./screen.ts";
import { seededRandom } from "./seeded_random.ts";
import { summarize } from "./summary.ts";

const HOST = "127.0.0.1";
/** Browsers lead every name below localhost to this box (RFC 6761); passkeys need a name. */
const CONSOLE_NAME = "bulkhead.localhost";
/** Linux answers on all of 127.0.0.0/8; elsewhere every attack comes from the one loopback address. */
const IS_LINUX = Deno.build.os === "linux";
const RHYTHM = { staggerMs: 400, chargeMs: 20_000, pauseMs: 4_000 };
const FIRST_ATTACK_MS = 10_000;
const ATTACK_PERIOD_MS = 60_000;

/**
 * `demo`: a simulated garage around a real gateway, until Ctrl-C or `--seconds`. The result is the exit code: 0 when every
 * station charged, every session reached the CSMS whole and every attack was refused.
 * @throws GatewayError CLI_USAGE, DEMO_PORT_TAKEN, DEMO_GATEWAY_FAILED
 */
export async function runDemo(args: CommandArgs): Promise<number> {
  const demo = readDemoArgs(args);
  const ports = demoPorts(demo.portOffset);
  await requireFreePorts(HOST, ports);
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-demo-" });
  try {
    const world = await World.open({
      folder,
      host: HOST,
      csmsHost: IS_LINUX ? "127.0.0.2" : "localhost",
      ports,
      clock: systemClock,
      timers: systemTimers,
      random: seededRandom(1),
      secrets: systemRandom,
      meterMs: 1_000,
      energySpeed: 60,
      graceSeconds: 10,
      ...(IS_LINUX ? { sourceOf: (attack: number) => `127.66.${attack >> 8 & 255}.${attack & 255}` } : {}),
    });
    return await show(world, demo, ports, await makeLogins(world.gateway));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function show(world: World, demo: DemoArgs, ports: DemoPorts, logins: ConsoleLogins): Promise<number> {
  const rules = new RefusalRules(world.gateway, systemTimers);
  const attacks = new AttackPlan({ target: world.target, ruleOf: (from) => rules.next(from) });
  const screen = new Screen(
    terminal(demo.plain),
    () => model(world, attacks, ports, logins),
    systemTimers,
  );
  const pace = attackPace(demo.seconds, attacks.kinds);
  for (const station of world.stations) station.powerOn();
  const leave = startDrivers(world.stations, RHYTHM, systemTimers);
  const stopAttacks = startAttacks(attacks, pace);
  const gone = world.gateway.ended();
  const why = await untilEnd(demo.seconds, gone);
  await stopAttacks();
  leave();
  await settled(world);
  screen.end();
  const energy = world.energy?.line, energyFaults = world.energy?.faults ?? [];
  const views = world.stations.map(({ view }) => view);
  const exit = await world.close();
  const summary = summarize({
    stations: views,
    faults: [...world.stations.flatMap(({ faults }) => faults), ...world.csms.faults, ...energyFaults],
    lost: reconcile(world.stations.flatMap(({ sessions }) => sessions), world.csms.ledger.transactions),
    attacks,
    gatewayExit: exit,
  });
  screen.line("");
  screen.line(why);
  if (energy !== undefined) screen.line(`Modbus: ${energy}.`);
  for (const line of summary.lines) screen.line(line);
  if (!summary.ok) screen.line(`Last lines of the gateway:\n${world.gateway.logTail()}`);
  return summary.ok ? 0 : 1;
}

interface AttackPace {
  readonly firstMs: number;
  readonly periodMs: number;
  readonly count: number;
}

/** A run of limited time tries every attack once. */
function attackPace(seconds: number | undefined, kinds: number): AttackPace {
  if (seconds === undefined) return { firstMs: FIRST_ATTACK_MS, periodMs: ATTACK_PERIOD_MS, count: Infinity };
  const firstMs = Math.min(FIRST_ATTACK_MS, seconds * 200);
  return { firstMs, periodMs: Math.min(ATTACK_PERIOD_MS, (seconds * 800 - firstMs) / kinds), count: kinds };
}

/** Attacks one after the other; the returned function ends that and waits for the running one. */
function startAttacks(attacks: AttackPlan, pace: AttackPace): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let cancel = systemTimers.after(pace.firstMs, attack);
  function attack(): void {
    const startedAt = systemClock.monotonic();
    running = attacks.next().then(() => {
      if (attacks.count >= pace.count) return;
      cancel = systemTimers.after(Math.max(0, pace.periodMs - (systemClock.monotonic() - startedAt)), attack);
    });
  }
  return async () => {
    cancel();
    await running;
    cancel();
  };
}

/** Waits for Ctrl-C, SIGTERM, the end of time, or the end of the gateway; says which. */
async function untilEnd(seconds: number | undefined, gatewayEnd: Promise<number | string>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const onSignal = () => resolve("Ended by a signal.");
  const cancel = seconds === undefined
    ? () => {}
    : systemTimers.after(seconds * 1_000, () => resolve(`Ended after ${seconds} seconds.`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, onSignal);
  void gatewayEnd.then((how) => resolve(`The gateway ended by itself (${how}).`));
  try {
    return await promise;
  } finally {
    cancel();
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, onSignal);
  }
}

/** Waits until every session's messages reached the CSMS, or the time for that is over. */
async function settled({ stations }: World): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopLooking = systemTimers.every(50, () => {
    if (stations.every(({ busy }) => !busy)) resolve();
  });
  const cancel = systemTimers.after(DEMO_LIMITS.settleMs, resolve);
  await promise;
  stopLooking();
  cancel();
}

function model(world: World, attacks: AttackPlan, ports: DemoPorts, logins: ConsoleLogins): TableModel {
  return {
    header: [
      "Bulkhead demo: a real gateway between simulated stations and a strictly validating CSMS",
      ...describeLogins(`https://${CONSOLE_NAME}:${ports.console}/`, logins),
      `  stations  wss://${HOST}:${ports.tls}/ocpp/<id> (profiles 2, 3)   ws://${HOST}:${ports.plain}/ocpp/<id> (profile 1)`,
      ...ports.modbus === undefined ? [] : [`  modbus    mbaps://${HOST}:${ports.modbus}  ${world.energy?.line ?? ""}`],
      ...world.names ? [`  names     dig @${HOST} -p ${ports.dns}   ${world.names.line}`] : [],
      ...world.controllers
        ? [
          `  pages     ${world.controllers.devices.size} simulated controllers, opened from their stations in the console`,
        ]
        : [],
      `  metrics   http://${HOST}:${ports.metrics}/metrics`,
      `  site      ${world.site.configFile}  (try: deno task start status --config that file)`,
    ],
    stations: world.stations.map(({ view }) => view),
    attacks: attacks.lines,
    attackCount: attacks.count,
    refusedCount: attacks.refused,
    footer: "An attack each minute. Ctrl-C ends everything.",
  };
}

function terminal(plain: boolean): Terminal {
  return {
    write: (text) => {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
    },
    size: () => plain || !process.stdout.isTTY ? undefined : Deno.consoleSize(),
  };
}
