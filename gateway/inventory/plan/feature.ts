import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import { planCommands, type PlanParts } from "./commands.ts";
import { PlanBook } from "./plan_book.ts";

/** The plans of the garage's floors, and which station stands where on them. */
export async function createPlanFeature(
  context: Pick<ControlContext, "audit" | "clock" | "store">,
  stations: PlanParts["stations"],
): Promise<ControlFeature> {
  const book = await PlanBook.open(context.store, context.clock);
  return { name: "plan", commands: planCommands({ context, book, stations }) };
}
