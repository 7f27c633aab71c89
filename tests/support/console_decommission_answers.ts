import { nextStep, type StepEnds } from "../../policies/decommission.ts";
import { type Answers, RIG_NOW } from "./console_rig.ts";

const MINUTE = 60_000, DAY = 86_400_000;
const ended = (by: string, days: number, note: string, state: "done" | "skipped" = "done") => ({
  ...{ state, at: RIG_NOW - days * DAY, by, note },
});

/** One that is under way, as control tells it. */
function leaving(number: string, station: string, steps: StepEnds, more: object) {
  return {
    ...{ number, station, reason: "sold to a scrap dealer", by: "anna", startedAt: RIG_NOW - 3 * DAY, cleared: [] },
    ...{ needsApprovals: 1, approvals: [], steps, next: nextStep(steps) ?? null, files: [] },
    ...more,
  };
}

const APPROVED = [{ who: "olga", at: RIG_NOW - 2 * DAY }];

/** CP005 waits for a person at the station; CP009 for somebody who agrees. */
export const LEAVING = {
  CP005: leaving("dec-7", "CP005", {
    approve: ended("gateway", 2, "olga"),
    drain: ended("gateway", 1, "nothing charges, and its CSMS has all its messages"),
    clear: ended("eva", 1, "its SIM card is gone", "skipped"),
  }, {
    approvals: APPROVED,
    why: "its controller has to be reset to the state of its factory: `decommission prove`",
    files: ["secrets/CP005", "secrets/CP005.page"],
    cleared: [
      { part: "cache", state: "cleared", answer: "Accepted", at: RIG_NOW - DAY },
      { part: "list", state: "none", answer: "NotSupported", at: RIG_NOW - DAY },
      { part: "customer", state: "refused", answer: "Invalid", at: RIG_NOW - DAY },
      { part: "certificates", state: "begun", answer: "", at: RIG_NOW - DAY + MINUTE },
    ],
  }),
  CP009: leaving("dec-8", "CP009", {}, { why: "1 more must approve it" }),
};

const FILE = '{\n  "form": "bulkhead-erasure-1"\n}\n';

/** What control answers about stations that leave. */
export const DECOMMISSION_ANSWERS: Answers = {
  "command decommission list": {
    running: Object.values(LEAVING),
    over: [{ number: "dec-4", station: "CP012", at: RIG_NOW - 20 * DAY }],
  },
  "command decommission show": ({ args }: { args: Record<string, unknown> }) =>
    args["station"] === "CP009" ? LEAVING.CP009 : LEAVING.CP005,
  "command station decommission": LEAVING.CP009,
  "command decommission approve": LEAVING.CP005,
  "command decommission prove": LEAVING.CP005,
  "command decommission skip": LEAVING.CP005,
  "command decommission cancel": { station: "CP009" },
  "command decommission readmit": { station: "CP012" },
  "command decommission certificate": { number: "dec-4", station: "CP012", at: RIG_NOW - 20 * DAY, file: FILE },
};
