import { systemClock } from "../../gateway/core/clock.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import type { DemoPorts } from "../../gateway/demo/demo_args.ts";
import { World } from "../../gateway/demo/demo_world.ts";
import type { StationView } from "../../gateway/demo/model.ts";
import { seededRandom } from "../../gateway/demo/seeded_random.ts";
import { faultingFlags } from "./faults.ts";
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait_for.ts";

const HOST = "127.0.0.1";

/** What a test may choose. */
export interface TestWorldOptions {
  /** Seconds that a lost CSMS may take to come back before stations are told; 1 when absent. */
  readonly graceSeconds?: number;
  /** Milliseconds between two meter values of a station; 100 when absent. */
  readonly meterMs?: number;
  /** Certificates from an authority of the operator instead of the site CA. */
  readonly ownPki?: boolean;
  /** Control and OCPP Workers that fail when a reload asks for it (faults.ts). */
  readonly faulting?: boolean;
  /** Runs before anything is written into the site's folder. */
  readonly prepare?: (folder: string) => Promise<void>;
}

/**
 * Runs a test with a generated site, the real gateway as a process (started by its READY line), a strictly validating CSMS
 * and six stations: profiles 1, 2, 3 over OCPP 1.6 and 2.0.1. When the test fails, the gateway's last log lines are part
 * of the error.
 */
export async function withWorld(
  test: (world: World, history: readonly string[]) => Promise<void>,
  { graceSeconds = 1, meterMs = 100, ownPki = false, faulting = false, prepare }: TestWorldOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-acceptance-" });
  const history: string[] = [];
  await prepare?.(folder);
  const world = await World.open({
    folder,
    gatewayFlags: faulting ? await faultingFlags(folder) : [],
    host: HOST,
    csmsHost: "127.0.0.2",
    ports: reservePorts(),
    clock: systemClock,
    timers: systemTimers,
    random: seededRandom(1),
    secrets: systemRandom,
    meterMs,
    energySpeed: 600,
    graceSeconds,
    ownPki,
    onStation: (view) => note(history, view),
    sourceOf: (attack) => `127.66.0.${attack + 1}`,
  });
  try {
    await test(world, history);
  } catch (error) {
    const stations = world.stations.map(({ view }) => `  | ${JSON.stringify(view)}`).join("\n");
    const gateway = world.gateway.logTail(30);
    throw new Error(`${error}\nstations:\n${stations}\nlast lines of the gateway:\n${gateway}`, { cause: error });
  } finally {
    await world.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Switches every station on and waits until all have booted through the gateway. */
export async function powerOnAll({ stations }: World): Promise<void> {
  for (const station of stations) station.powerOn();
  await waitFor("all stations to boot", () => stations.every(({ view }) => view.state === "available"));
}

/** Plugs in everywhere and waits until the CSMS got meter values of every session. */
export async function chargeAll({ stations, csms }: World): Promise<void> {
  for (const station of stations) station.plugIn();
  await waitFor(
    "meter values of every station",
    () =>
      stations.every(({ spec }) =>
        csms.ledger.transactions.some(({ stationId, samples }) => stationId === spec.id && samples > 0)
      ),
  );
}

/** Unplugs everywhere and waits until every message of every station has been answered. */
export async function unplugAll({ stations }: World): Promise<void> {
  for (const station of stations) station.unplug();
  const left = () => stations.filter(({ busy, calling }) => busy || calling);
  const seen = () => left().map(({ view, calling }) => ({ ...view, calling }));
  await waitFor("every session to end", () => left().length === 0, 120_000, undefined, seen);
}

/** Ports that are free. */
export function reservePorts(): DemoPorts {
  return { console: freePort(), tls: freePort(), plain: freePort(), metrics: freePort() };
}

function note(history: string[], { id, state, lastMessage }: StationView): void {
  const line = `${id} ${state} ${lastMessage}`;
  if (history.at(-1) !== line) history.push(line);
}
