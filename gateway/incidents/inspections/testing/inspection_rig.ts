import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { planPicture } from "../../../../tests/support/plan_picture.ts";
import { INSPECTION_TEMPLATES } from "../../../../profiles/inspection_templates.ts";
import type { CommandArgs, ControlContext } from "../../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../../core/control_api.ts";
import { nullLogger } from "../../../core/log.ts";
import { nullMetrics } from "../../../core/metrics.ts";
import { openStore } from "../../../store/kv_store.ts";
import { createInspectionFeature } from "../inspection_feature.ts";

/** A photo as a phone brings it. */
export const PHOTO = planPicture(60, 40).toBase64();
/** The checklist that most tests fill in. */
export const HOUSING = INSPECTION_TEMPLATES.find(({ id }) => id === "housing")!;
/** Its answers: all in order, but for some. */
export const fine = (but: Record<string, string> = {}) =>
  HOUSING.items.map(({ id }) => `${id}=${but[id] ?? "ok"}`).join(" ");

/** Inspections over a real store; what the rest of control would do is noted. */
export async function rigOf(stations = ["CP001", "CP002"]) {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const audited: AuditEvent[] = [], alarms = new Map<string, string>(), confirmed: string[] = [];
  const context = {
    ...{ clock: time, timers: time, log: nullLogger, metrics: nullMetrics, store },
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }) },
    alarms: {
      raise: ({ kind, subject, detail = "" }: AlarmRaise) =>
        Promise.resolve(void alarms.set(`${kind} ${subject}`, detail)),
      clear: (kind: string, subject: string) => Promise.resolve(void alarms.delete(`${kind} ${subject}`)),
    },
  } as unknown as ControlContext;
  const open = () =>
    createInspectionFeature({
      context,
      stations: () => stations,
      confirm: (subject, line, isSo, note, who) =>
        Promise.resolve(void confirmed.push(`${subject} ${line} ${isSo} ${note} ${who}`)),
    });
  const rig = {
    ...{ time, store, audited, alarms, confirmed },
    feature: await open(),
    restart: async () => void (rig.feature = await open()),
    run: <T>(command: string, args: CommandArgs = {}, who = "eva") =>
      rig.feature.commands![`inspection ${command}`]!(args, who).then(({ data }) => data as unknown as T),
    text: (command: string, args: CommandArgs = {}) =>
      rig.feature.commands![`inspection ${command}`]!(args, "eva").then(({ text }) => text),
    due: async () => {
      const { due } = await rig.run<{ due: { template: string; subject: string; state: string }[] }>("due", {
        all: true,
      });
      return due.map(({ template, subject, state }) => `${subject} ${template} ${state}`).sort();
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
  return rig;
}
/** The rig. */
export type Rig = Awaited<ReturnType<typeof rigOf>>;
/** Fills in a checklist of the housing of CP001. */
export const fill = (rig: Rig, more: CommandArgs = {}) =>
  rig.run<{ id: string; photos: object[] }>("fill", { list: "housing", subject: "CP001", results: fine(), ...more });
