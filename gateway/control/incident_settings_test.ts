import { deepEqual, equal, match } from "node:assert/strict";
import type { IncidentRecord } from "../incidents/incident_record.ts";
import type { StepAsk } from "../incidents/steps.ts";
import type { CommandArgs } from "./contract.ts";
import { canRestoreSettings, checkSettings, restoreSettings } from "./incident_settings.ts";

const finding = (setting: string, state: string, fixedBy = "gateway") => ({ setting, state, fixedBy });
const SAME = [finding("log", "same"), finding("ntp", "same")];
const BENDER = { station: "CP001", profile: "bender-cc", vendors: ["bender"] };

/** Posture that answers as it is told, and remembers what was run. */
function posture(standing: object, fixes: readonly object[] = []) {
  const ran: string[] = [];
  const state = { standing, fixes };
  const run = (command: string, args: CommandArgs, who: string) => {
    ran.push(`${command} ${Object.values(args).join(" ")} as ${who}`);
    const data = command === "posture golden"
      ? state.standing
      : command === "posture golden fixes"
      ? state.fixes
      : command === "posture golden fix"
      ? { id: "F3", state: "waits" }
      : {};
    return Promise.resolve({ text: "", data: data as never });
  };
  return { ran, run, state };
}
const ask = (mark?: string): StepAsk => ({
  ...{ step: "settings", who: "eva", incident: { id: "I-7", subject: "CP001" } as IncidentRecord },
  ...mark === undefined ? {} : { before: { state: "checking", by: "eva", at: 0, mark } as const },
});

const CAN: readonly (readonly [what: string, standing: object, can: boolean])[] = [
  ["the profile of its maker", { ...BENDER, findings: SAME }, true],
  ["a profile for all: it names too little", { ...BENDER, vendors: undefined, findings: SAME }, false],
  ["a profile that only people mend", { ...BENDER, findings: [finding("log", "same", "people")] }, false],
  ["no profile", { station: "CP001", findings: [] }, false],
];
for (const [what, standing, can] of CAN) {
  Deno.test(`incident settings: ${what}: ${can ? "the gateway restores them" : "a person does"}`, async () =>
    equal(await canRestoreSettings(posture(standing).run, "CP001"), can));
}

Deno.test("BC-07: the settings of a station that was reset are read anew, and a fix of what drifted waits for another person", async () => {
  const { run, ran } = posture({ ...BENDER, findings: [...SAME, finding("https", "drifted")] });
  deepEqual(await restoreSettings(run, ask()), {
    ...{ state: "checking", mark: "F3", found: "F3: another person has to approve it: posture golden approve F3" },
  });
  deepEqual(ran, [
    "posture run CP001 as eva",
    "posture golden CP001 as eva",
    "posture golden fix CP001 incident I-7 as eva",
  ]);
});

Deno.test("incident settings: what is as wanted needs no fix; what only people mend is shown and holds nothing up", async () => {
  const { run, ran } = posture({ ...BENDER, findings: [...SAME, finding("current", "drifted", "people")] });
  deepEqual(await restoreSettings(run, ask()), {
    ...{ state: "done", found: "2 settings are as bender-cc wants them; left to people: current" },
  });
  equal(ran.some((line) => line.startsWith("posture golden fix")), false);
});

Deno.test("incident settings: a fix that is open already is waited for, and no second one is asked for", async () => {
  const fix = { id: "F2", state: "approved", why: "it charges" };
  const { run, ran } = posture({ ...BENDER, findings: [finding("log", "drifted")], fix });
  deepEqual(await restoreSettings(run, ask()), { state: "checking", mark: "F2", found: "F2: it charges" });
  equal(ran.length, 2);
});

Deno.test("incident settings: what cannot be read is not taken for restored", async () => {
  const { run } = posture({ ...BENDER, findings: [...SAME, finding("ntp2", "unknown")] });
  deepEqual(await restoreSettings(run, ask()), { state: "failed", found: "not read: ntp2" });
});

const CHECKS:
  readonly (readonly [fix: object | undefined, findings: readonly object[], state: string, found: RegExp])[] = [
    [{ id: "F3", state: "waits" }, SAME, "checking", /another person has to approve/],
    [{ id: "F3", state: "approved" }, SAME, "checking", /F3: approved/],
    [{ id: "F3", state: "writing" }, SAME, "checking", /F3: writing/],
    [{ id: "F3", state: "restarting" }, SAME, "checking", /F3: restarting/],
    [{ id: "F3", state: "done" }, SAME, "done", /2 settings are as bender-cc/],
    [{ id: "F3", state: "done" }, [finding("log", "drifted")], "failed", /still not as wanted: log/],
    [{ id: "F3", state: "done" }, [finding("log", "unknown")], "failed", /still not as wanted: log/],
    [{ id: "F3", state: "failed", why: "it refused" }, SAME, "failed", /F3 is failed: it refused/],
    [{ id: "F3", state: "cancelled" }, SAME, "failed", /F3 is cancelled: ask again/],
    [{ id: "F3", state: "expired" }, SAME, "failed", /F3 is expired/],
    [undefined, SAME, "failed", /F3 is gone: ask again/],
  ];
for (const [fix, findings, state, found] of CHECKS) {
  Deno.test(`incident settings: a fix that is ${JSON.stringify(fix)}, with ${JSON.stringify(findings).slice(0, 40)}: ${state}`, async () => {
    const { run } = posture({ ...BENDER, findings }, fix ? [{ id: "F1", state: "done" }, fix] : []);
    const end = await checkSettings(run, ask("F3"));
    equal(end.state, state);
    match(end.found, found);
  });
}
