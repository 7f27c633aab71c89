import { deepEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { request } from "node:https";
import { reconcile } from "../../gateway/demo/csms_ledger.ts";
import type { World } from "../../gateway/demo/demo_world.ts";
import type { StationView } from "../../gateway/demo/model.ts";
import { waitFor } from "./wait_for.ts";

/** Every session reached the CSMS whole, and no message broke a schema on either side. */
export function assertNothingLost({ stations, csms }: World): void {
  const sessions = stations.flatMap((station) => station.sessions);
  deepEqual(reconcile(sessions, csms.ledger.transactions), []);
  deepEqual([...stations.flatMap(({ faults }) => faults), ...csms.faults], []);
}

/** How often each station has connected. */
export const connects = ({ stations }: World): readonly number[] => stations.map(({ view }) => view.connects);

/** Meter values of all sessions at the CSMS so far. */
export const samples = ({ csms }: World): number => csms.ledger.transactions.reduce((sum, tx) => sum + tx.samples, 0);

/** Waits until the CSMS got new meter values of about every station. */
export async function keepsCharging(world: World): Promise<void> {
  const before = samples(world);
  await waitFor("more meter values", () => samples(world) > before + world.stations.length);
}

/** Waits until every station delivered more and got an answer to all its messages, whoever answered. */
export async function keepsChargingAtStations(world: World): Promise<void> {
  const before = new Map(world.stations.map(({ spec, view }) => [spec.id, view.deliveredWh]));
  await eachOf(world, "every station to deliver more and be answered", ({ id, deliveredWh, queued }) => {
    return deliveredWh > before.get(id)! + 50 && queued === 0;
  });
}

/** Waits until every station charges with nothing left to send; `connects`: and has connected so often, or oftener on a machine that is busy. */
export async function allChargeOn(world: World, connects?: number): Promise<void> {
  await eachOf(world, "every station to charge on", (view) => {
    return view.state === "charging" && view.queued <= NOW_SAID && view.connects >= (connects ?? 0);
  });
}

/** Messages of a station that is through with its backlog: the meter value that it says at the moment. */
const NOW_SAID = 1;

/**
 * Waits until each station was once as wanted. Not all at the same time: each says ten meter values a second, and on a busy
 * machine one of them is always waiting for its answer.
 */
async function eachOf({ stations }: World, what: string, isSo: (view: StationView) => boolean): Promise<void> {
  const left = new Set(stations);
  await waitFor(
    what,
    () => {
      for (const station of left) if (isSo(station.view)) left.delete(station);
      return left.size === 0;
    },
    120_000,
    undefined,
    () => [...left].map(({ view }) => view),
  );
}

/** Changes site.yaml and has it applied; false when the command failed because control ended meanwhile. */
export async function reloadWith(world: World, change: (yaml: string) => string): Promise<boolean> {
  const { configFile } = world.site;
  await Deno.writeTextFile(configFile, change(await Deno.readTextFile(configFile)));
  return await world.gateway.command("reload").then(() => true, () => false);
}

type AuditRecord = Readonly<Record<string, unknown>>;

/** The newest audit records of the gateway, as fields; those after a sequence number if one is given. */
export async function records({ gateway }: World, after?: number): Promise<readonly AuditRecord[]> {
  const args = { lines: "1000", ...(after === undefined ? {} : { after: String(after) }) };
  const { data } = await gateway.command("audit tail", args);
  return (data as { readonly lines: readonly string[] }).lines.map((line) => JSON.parse(line));
}

/** Waits for an audit record of this event, wherever in the chain. Each look is a record too, so none is read twice. */
export async function recorded(world: World, event: string): Promise<AuditRecord> {
  let last = 0;
  return await waitFor(`an audit record ${event}`, async () => {
    const news = await records(world, last);
    last = Number(news.at(-1)?.["seq"] ?? last);
    return news.find((one) => one["event"] === event);
  });
}

/**
 * A new connection of a station that is not connected yet, with its right password: the HTTP status, or "refused" when
 * nobody listens. A 101 is left at once.
 */
export function knock({ target }: World): Promise<number | "refused"> {
  const { host, tlsPort: port, owned: { id, password } } = target;
  const { promise, resolve } = Promise.withResolvers<number | "refused">();
  const headers = {
    ...{ Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
    ...{ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "ocpp1.6" },
    Authorization: `Basic ${Buffer.concat([Buffer.from(`${id}:`), Buffer.from(password)]).toString("base64")}`,
  };
  const asked = request({ host, port, path: `/ocpp/${id}`, headers, rejectUnauthorized: false, agent: false });
  asked.on("upgrade", (_answer, socket) => {
    socket.destroy();
    resolve(101);
  });
  asked.on("response", (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  asked.on("error", () => resolve("refused")); // nobody listens, or whoever did has just ended
  asked.end();
  return promise;
}

/** Knocks until the station is let in; answers what it was told before. */
export async function knockUntilOpen(world: World): Promise<ReadonlySet<number | "refused">> {
  const before = new Set<number | "refused">();
  await waitFor("the door to open", async () => {
    const status = await knock(world);
    if (status !== 101) before.add(status);
    return status === 101;
  }, 40_000);
  return before;
}
