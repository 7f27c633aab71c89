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

/** Waits until the CSMS has everything that was kept for it. */
export async function allPassedOn(world: World): Promise<void> {
  let looks = 0;
  // Every look is a command, and so an audit record: not at every turn.
  const isDone = async () => looks++ % 25 === 0 && (await kept(world)).messages === 0;
  await waitFor("everything kept to reach the CSMS", isDone, 120_000);
}
