import type { ControlContext, ControlFeature } from "../control/contract.ts";
import type { Station } from "../inventory/config.ts";
import type { CheckSources } from "./checks.ts";
import { commissioningCommands, type CommissioningParts } from "./commands.ts";
import { CommissioningDesk } from "./desk.ts";
import { ProtocolBook } from "./protocol_book.ts";

/** What commissioning needs of the others. */
export interface CommissioningFeatureParts {
  readonly context: Pick<ControlContext, "audit" | "clock" | "metrics" | "random" | "site" | "store" | "timers">;
  readonly sources: CheckSources;
  readonly stations: () => readonly Station[];
  readonly signer: CommissioningParts["signer"];
  readonly prove: CommissioningParts["prove"];
}

/** How often the metric is told. */
const METRIC_MS = 60_000;

/** Protocols of commissioning: from the label of a station to a signed paper. */
export async function createCommissioningFeature(parts: CommissioningFeatureParts): Promise<ControlFeature> {
  const { context, sources, stations, signer, prove } = parts;
  const book = await ProtocolBook.open(context.store);
  const desk = new CommissioningDesk({ context, book, sources, stations });
  const tell = () => {
    const closed = book.all().filter(({ state }) => state === "closed").length;
    context.metrics.set("bulkhead_commissioning_protocols", closed, { state: "closed" });
    context.metrics.set("bulkhead_commissioning_protocols", book.all().length - closed, { state: "open" });
  };
  tell();
  const cancel = context.timers.every(METRIC_MS, tell);
  return {
    name: "commissioning",
    commands: commissioningCommands({ context, book, desk, signer, prove }),
    stop: () => Promise.resolve(cancel()),
  };
}
