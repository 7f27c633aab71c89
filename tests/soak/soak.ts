import { systemClock } from "../../gateway/core/clock.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import { World } from "../../gateway/demo/demo_world.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { processTree, usageOf } from "../bench/ocpp/cpu.ts";
import { faultingFlags } from "../support/faults.ts";
import { powerOnAll, reservePorts, unplugAll } from "../support/gateway_process.ts";
import { runCommand, runOk } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";
import { Drivers } from "./drivers.ts";
import { memoryParts } from "./memory.ts";
import { ALL_FAULTS, type Scene } from "./faults.ts";
import type { Network } from "./network.ts";

/** What a soak is run with. */
export interface SoakOptions {
  readonly minutes: number;
  /** Decides badges, meters, sessions. */
  readonly seed: number;
  readonly network: Network | undefined;
  readonly say: (line: string) => void;
}

/** What a soak found. */
export interface SoakResult {
  /** Empty when all is well; else one sentence each. */
  readonly wrong: readonly string[];
  readonly rounds: number;
  readonly sessions: number;
  /** Resident memory after each round, in bytes, all of the same process. */
  readonly memory: readonly number[];
}

type Ports = ReturnType<typeof reservePorts>;

/** What memory may grow by beside a quarter: heaps breathe. */
const BREATH_BYTES = 40 * 1_048_576;
/** The disk of the data folder. */
const DISK = "size=48m,mode=700";

/**
 * Real gateway, strict CSMS and stations that charge all the time, while one fault after another comes and goes. At the
 * end every session is in both books, the audit chain verifies and memory is where it was.
 */
export async function soak({ minutes, seed, network, say }: SoakOptions): Promise<SoakResult> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-soak-" });
  const hasSmallDisk = network !== undefined;
  if (hasSmallDisk) {
    await Deno.mkdir(`${folder}/data`, { mode: 0o700 });
    await runOk(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", `${folder}/data`]);
  }
  const ports = reservePorts();
  const world = await openWorld(folder, seed, ports);
  try {
    const scene: Scene = { world, timers: systemTimers, network, hasSmallDisk, metricsPort: ports.metrics };
    return await run(scene, systemClock.monotonic() + minutes * 60_000, seed, say);
  } catch (error) {
    throw new Error(`${error}\nlast lines of the gateway:\n${world.gateway.logTail(30)}`, { cause: error });
  } finally {
    await network?.heal();
    await world.close();
    if (hasSmallDisk) await runOk(["umount", `${folder}/data`]);
    await Deno.remove(folder, { recursive: true });
  }
}

async function openWorld(folder: string, seed: number, ports: Ports): Promise<World> {
  return await World.open({
    folder,
    gatewayFlags: await faultingFlags(folder),
    host: "127.0.0.1",
    csmsHost: "127.0.0.2",
    ports,
    clock: systemClock,
    timers: systemTimers,
    random: seededRandom(seed),
    secrets: systemRandom,
    meterMs: 500,
    energySpeed: 600,
    graceSeconds: 2,
  });
}

async function run(scene: Scene, endAt: number, seed: number, say: (line: string) => void): Promise<SoakResult> {
  const { world } = scene;
  await powerOnAll(world);
  const drivers = new Drivers(world, systemTimers, seededRandom(seed + 1));
  const memory: number[] = [];
  let rounds = 0;
  for (let isFirst = true; isFirst || systemClock.monotonic() < endAt; isFirst = false) {
    for (const fault of ALL_FAULTS) {
      if (fault.once && !isFirst || fault.needsRoot && !scene.network) continue;
      if (!isFirst && systemClock.monotonic() >= endAt) break;
      const began = systemClock.monotonic();
      await fault.run(scene);
      const goneAt = systemClock.monotonic();
      await settled(world, fault.name);
      const after = Math.round(systemClock.monotonic() - goneAt);
      say(`${fault.name}: ${Math.round(goneAt - began)} ms, all well again ${after} ms later`);
      if (fault.once) memory.push(rss(world));
    }
    rounds++;
    memory.push(rss(world));
    say(`memory after round ${rounds}: ${await memoryParts(world.gateway.pid, scene.metricsPort)}`);
  }
  drivers.stop();
  await unplugAll(world);
  const wrong = [...books(world), ...grown(memory), ...await brokenChain(world)];
  return { wrong, rounds, sessions: world.csms.ledger.transactions.length, memory };
}

/** Every station is connected and has nothing left to send, at one moment each. */
async function settled({ stations, csms }: World, what: string): Promise<void> {
  const calm = new Set<string>();
  await waitFor(`all to be well after: ${what}`, () => {
    for (const { spec, view } of stations) {
      const isWell = (view.state === "charging" || view.state === "available") && view.queued === 0;
      if (isWell && csms.connected.includes(spec.id)) calm.add(spec.id);
    }
    return calm.size === stations.length;
  }, 90_000);
}

function books({ stations, csms }: World): string[] {
  const lost = reconcile(stations.flatMap(({ sessions }) => sessions), csms.ledger.transactions);
  return [...lost, ...stations.flatMap(({ faults }) => faults), ...csms.faults];
}

const rss = ({ gateway }: World): number => usageOf(processTree(gateway.pid)).rssBytes;

/** The end is held against the best of the first two figures: garbage of the start is not growth. */
function grown(memory: readonly number[]): string[] {
  const start = Math.max(...memory.slice(0, 2)), end = memory.at(-1)!;
  const limit = start * 1.25 + BREATH_BYTES;
  const mib = (bytes: number) => (bytes / 1_048_576).toFixed(0);
  return end <= limit ? [] : [`memory grew from ${mib(start)} to ${mib(end)} MiB, wanted at most ${mib(limit)}`];
}

/** Stops the gateway, so that the last record is written, and verifies the chain with the command that people use. */
async function brokenChain(world: World): Promise<string[]> {
  await world.gateway.stop();
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const { configFile } = world.site;
  const { code, stdout, stderr } = await runCommand(
    [Deno.execPath(), "run", "-q", "--no-prompt", "-A", main, "audit", "verify", "--config", configFile],
  );
  return code === 0 ? [] : [`audit verify ended with ${code}: ${stdout}${stderr}`];
}
