import { join } from "node:path";
import type { Timers } from "../../gateway/core/timers.ts";
import type { World } from "../../gateway/demo/demo_world.ts";
import { records } from "../support/failure_matrix.ts";
import { FAULTS } from "../support/faults.ts";
import { runCommand } from "../support/run_command.ts";
import { waitFor } from "../support/wait_for.ts";
import type { Network } from "./network.ts";

/** What a fault may use. */
export interface Scene {
  readonly world: World;
  readonly timers: Timers;
  /** Absent without root: faults that need it are left out, and the report says so. */
  readonly network: Network | undefined;
  /** Whether the data folder is a small disk of its own. */
  readonly hasSmallDisk: boolean;
  readonly metricsPort: number;
}

/** One thing that goes wrong; `run` resolves when its cause is gone again, the consequences need not be. */
export interface Fault {
  readonly name: string;
  readonly needsRoot?: true;
  /** Only once: what is measured is how the same process fares, and this ends it. */
  readonly once?: true;
  run(scene: Scene): Promise<void>;
}

const pause = (timers: Timers, ms: number) => new Promise<void>((resolve) => void timers.after(ms, resolve));

/** Writes `pingSeconds` into site.yaml and has it applied: values of tests/support/faults.ts make Workers fail. */
async function reloadWithPing({ world }: Scene, seconds: number): Promise<void> {
  const { configFile } = world.site;
  const yaml = (await Deno.readTextFile(configFile)).replace(/^ {2}pingSeconds: \d+\n/m, "");
  await Deno.writeTextFile(configFile, yaml.replace(/^ocpp:\n/m, `ocpp:\n  pingSeconds: ${seconds}\n`));
  await world.gateway.command("reload");
}

/** The usual value: no marker. */
const CALM_PING = 60;
const pingOf = (marker: string) => Number(/\d+/.exec(marker)![0]);

/** How often Workers of the gateway were started again. */
async function restarts({ gateway }: World): Promise<number> {
  const { data } = await gateway.command("status");
  const { workers } = data as { readonly workers: Readonly<Record<string, { readonly restarts: number }>> };
  return Object.values(workers).reduce((sum, worker) => sum + worker.restarts, 0);
}

/** Waits for a record of this event that was not there before. */
async function recordedSince(world: World, last: number, event: string): Promise<void> {
  let seen = last;
  await waitFor(`an audit record ${event}`, async () => {
    const news = await records(world, seen);
    seen = Number(news.at(-1)?.["seq"] ?? seen);
    return news.some((one) => one["event"] === event);
  }, 30_000);
}

const lastRecord = async (world: World): Promise<number> => Number((await records(world)).at(-1)?.["seq"] ?? 0);

/** All faults, in the order of a round. The process is killed first: memory is compared from then on. */
export const ALL_FAULTS: readonly Fault[] = [
  {
    name: "kill -9 of the gateway",
    once: true,
    async run({ world, timers }) {
      await world.gateway.kill();
      await pause(timers, 1_000); // systemd's pause
      await world.startGateway();
    },
  },
  {
    name: "the CSMS drops all connections and is back at once",
    async run({ world }) {
      await world.csms.stop("crash");
      await world.csms.restart();
    },
  },
  {
    name: "the CSMS is away for longer than its grace",
    async run({ world }) {
      await world.csms.stop("crash");
      const isTold = () => world.stations.every(({ view }) => view.state === "offline" || view.state === "connecting");
      await waitFor("every station to lose its connection", isTold, 30_000);
      await world.csms.restart();
    },
  },
  {
    name: "the OCPP Worker throws",
    async run(scene) {
      const before = await restarts(scene.world);
      await reloadWithPing(scene, pingOf(FAULTS.ocpp));
      await waitFor("a Worker to be started again", async () => await restarts(scene.world) > before, 30_000);
      await reloadWithPing(scene, CALM_PING);
    },
  },
  {
    name: "the gateway process stands still for two seconds",
    async run({ world, timers }) {
      Deno.kill(world.gateway.pid, "SIGSTOP");
      await pause(timers, 2_000);
      Deno.kill(world.gateway.pid, "SIGCONT");
    },
  },
  {
    name: "the clock jumps by an hour, and back",
    async run(scene) {
      for (const seconds of [pingOf(FAULTS.jump[1]), CALM_PING]) {
        const last = await lastRecord(scene.world);
        await reloadWithPing(scene, seconds);
        await recordedSince(scene.world, last, "audit.clock.jumped");
      }
    },
  },
  {
    name: "the way to the CSMS swallows everything for four seconds",
    needsRoot: true,
    async run({ world, timers, network }) {
      await network!.silence(world.csms.port);
      await pause(timers, 4_000);
      await network!.heal();
    },
  },
  {
    name: "one packet in five is lost for ten seconds",
    needsRoot: true,
    async run({ timers, network }) {
      await network!.lose(20);
      await pause(timers, 10_000);
      await network!.heal();
    },
  },
  {
    name: "the disk is full for more than five seconds",
    needsRoot: true,
    async run({ world, timers, hasSmallDisk }) {
      if (!hasSmallDisk) return;
      const ballast = join(world.site.dataDir, "ballast");
      await runCommand(["dd", "if=/dev/zero", `of=${ballast}`, "bs=4k"]);
      const change = () => world.gateway.command("alarms test");
      await waitFor("a change to be refused", () => change().then(() => false, () => true), 30_000);
      await pause(timers, 5_000);
      await Deno.remove(ballast);
      await waitFor("changes to be taken again", () => change().then(() => true, () => false), 60_000);
    },
  },
];
