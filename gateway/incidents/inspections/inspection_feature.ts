import { INSPECTION_TEMPLATES, type InspectionTemplate } from "../../../profiles/inspection_templates.ts";
import { isInOrder } from "../../../policies/inspection.ts";
import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import { describeError } from "../../core/errors.ts";
import { type Inspection, InspectionBook } from "./inspection_book.ts";
import { inspectionCommands } from "./commands.ts";
import { INSPECTION_LIMITS } from "./limits.ts";

/** The site as a whole, as a subject beside the stations. */
export const SITE_SUBJECT = "gateway";

/** What inspections need of the others. */
export interface InspectionParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log" | "metrics" | "store" | "timers">;
  readonly stations: () => readonly string[];
  /** Tells the posture what a person saw at a line of a guide; nothing happens where no guide has it for the subject. */
  readonly confirm: (subject: string, line: string, isSo: boolean, note: string, who: string) => Promise<void>;
}

/** Inspection checklists: assigned, due, filled by people, with photos. */
export async function createInspectionFeature(
  parts: InspectionParts,
): Promise<ControlFeature & { look(): Promise<void> }> {
  const { context } = parts, { alarms, clock, log, metrics, store, timers } = context;
  const book = await InspectionBook.open(store);
  const isKnown = (subject: string) => subject === SITE_SUBJECT || parts.stations().includes(subject);
  const raised = new Set<string>();
  const look = async () => {
    const overdue = book.due(clock.now(), isKnown).filter(({ state }) => state === "overdue");
    const names = new Set(overdue.map(({ template, subject }) => `${subject} ${template}`));
    for (const { template, subject, dueAt } of overdue) {
      const detail = `due since ${new Date(dueAt).toISOString().slice(0, 10)}`;
      raised.add(`${subject} ${template}`);
      await alarms.raise({ kind: "inspection.overdue", subject: `${subject} ${template}`, detail });
    }
    for (const name of raised) {
      if (names.has(name)) continue;
      await alarms.clear("inspection.overdue", name);
      raised.delete(name);
    }
    metrics.set("bulkhead_inspection_overdue", overdue.length);
  };
  const tell = async (done: Inspection, template: InspectionTemplate) => {
    const isSo = isInOrder(done.said), note = `inspection ${done.id} by ${done.person}`;
    for (const line of template.lines) await parts.confirm(done.subject, line, isSo, note, done.by);
    raised.add(`${done.subject} ${done.template}`); // also one that stood before this start
    await look();
  };
  const quietly = () =>
    void look().catch((error) => log.warn("inspections.look.failed", { msg: describeError(error) }));
  const cancels = [timers.after(0, quietly), timers.every(INSPECTION_LIMITS.lookMs, quietly)];
  return {
    name: "inspections",
    look,
    commands: inspectionCommands({
      context,
      book,
      isKnown,
      tell,
      stations: parts.stations,
      templates: INSPECTION_TEMPLATES,
    }),
    stop: () => Promise.resolve(cancels.forEach((cancel) => cancel())),
  };
}
