import type { World } from "../../gateway/demo/demo_world.ts";
import { reloadWith } from "./failure_matrix.ts";
import { waitFor } from "./wait_for.ts";

/** Has the site stand in for its CSMS, with this offline authorisation; further keys of the CSMS as YAML lines. */
export async function storeAndForward(
  world: World,
  mode = "cache-then-csms",
  more: readonly string[] = [],
): Promise<void> {
  const lines = ["onLoss: store-and-forward", `offlineAuthorisation: ${mode}`, ...more].join("\n      ");
  if (!await reloadWith(world, (yaml) => yaml.replace("onLoss: mirror-close", lines))) throw new Error("reload failed");
}

/** What the gateway keeps for CSMSs. */
export async function kept(world: World): Promise<{ readonly messages: number; readonly refused: number }> {
  const { data } = await world.gateway.command("status");
  return (data as { outages: { messages: number; refused: number } }).outages;
}

/** Where a garage stands, for a wait that was in vain: its stations, its CSMS, and what the gateway says of itself. */
export async function standing(world: World): Promise<unknown> {
  return {
    stations: world.stations.map(({ view }) => view),
    csms: { connected: world.csms.connected.length, transactions: world.csms.ledger.transactions.length },
    gateway: (await world.gateway.command("status")).text,
  };
}

/** `waitFor` for what may take two minutes in a garage: in vain it says where the garage stands. */
export async function waitLong(world: World, what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await waitFor(what, condition, 120_000, undefined, () => standing(world));
}

/** Waits until the CSMS has everything that was kept for it. */
export async function allPassedOn(world: World): Promise<void> {
  let looks = 0;
  // Every look is a command, and so an audit record: not at every turn.
  const isDone = async () => looks++ % 25 === 0 && (await kept(world)).messages === 0;
  await waitLong(world, "everything kept to reach the CSMS", isDone);
}
