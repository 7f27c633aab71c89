import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";

/** A console whose answers are those of a garage in use. */
function rig(answers: Record<string, unknown> = {}, more: { readonly may?: readonly string[] } = {}) {
  return new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...more });
}

Deno.test("golden page: each station with how many settings drifted, which, and the fix that is open", async () => {
  const page = await rig().text("/golden");
  match(page, /href="\/posture\/CP005#golden"[^>]*>CP005/);
  match(page, /autocharge[\s\S]*log-level[\s\S]*secure-rfid/);
  match(page, /CP014[\s\S]*No profile is about it/);
  match(page, /F3<\/span>[\s\S]*Waits for a second person/);
});

Deno.test("golden page: a station with an open fix has no button for another one; one without has", async () => {
  const page = await rig().text("/golden");
  equal(page.includes('action="/golden/CP005/fix"'), true);
  equal(page.includes('action="/golden/CP002/fix"'), false);
  equal(page.includes('action="/golden/CP001/fix"'), false, "nothing drifted there");
});

Deno.test("golden page: who asked and who approved stand beside what came of it, and what was changed can be put back", async () => {
  const page = await rig().text("/golden");
  match(page, /Asked by eva, approved by otto/);
  match(page, /0 of 1 settings are as wanted\. WANRouter: it refused the value/);
  equal(page.includes('action="/golden/fixes/F1/undo"'), true);
  equal(page.includes('action="/golden/fixes/F2/undo"'), false, "it changed nothing");
  equal(page.includes('action="/golden/fixes/F3/approve"'), true);
  equal(page.includes('action="/golden/fixes/F1/cancel"'), false, "it is over");
});

Deno.test("golden page: who asked for a fix gets no button that approves it", async () => {
  const own = [{
    ...{ id: "F9", station: "CP001", profile: "p", items: [], madeBy: "anna", madeAt: 1, at: 1, state: "waits" },
  }];
  const page = await rig({ "command posture golden fixes": own }).text("/golden");
  equal(page.includes('action="/golden/fixes/F9/approve"'), false);
  equal(page.includes('action="/golden/fixes/F9/cancel"'), true);
});

Deno.test("golden page: who may only look gets no form", async () => {
  const may = ["command posture golden", "command posture golden fixes", "command posture show"];
  equal((await rig({}, { may }).text("/golden")).includes('action="/golden'), false);
  equal((await rig({}, { may }).text("/posture/CP005")).includes('action="/golden'), false);
});

Deno.test("posture of one station: what drifted stands first with a button for that one setting, and none where people decide", async () => {
  const page = await rig().text("/posture/CP005");
  match(page, /name="settings" value="autocharge"/);
  equal(page.includes('value="secure-rfid"'), false);
  match(page, /BC-H04[\s\S]*AutochargeConfig is On[\s\S]*Ask for a fix[\s\S]*EV-23/, "beside the finding too");
  match(page, /Only people change this/);
  equal(page.indexOf("Autocharge is off") < page.indexOf("SEMP is off"), true);
});

Deno.test("posture of the gateway: it has no golden configuration, and none is asked for", async () => {
  const gateway = {
    subject: "gateway",
    score: { met: 1, failed: 0, unknown: 0, waived: 0, percent: 100 },
    findings: [],
  };
  const one = rig({ "command posture show": gateway });
  await one.text("/posture/gateway");
  deepEqual(one.askedOf("command posture golden"), []);
});

const ACTS: readonly (readonly [path: string, fields: Record<string, string>, command: string, args: object])[] = [
  ["/golden/CP005/fix", {}, "posture golden fix", { station: "CP005" }],
  ["/golden/CP005/fix", { settings: "autocharge" }, "posture golden fix", { station: "CP005", settings: "autocharge" }],
  ["/golden/fixes/F3/approve", {}, "posture golden approve", { fix: "F3" }],
  ["/golden/fixes/F3/cancel", {}, "posture golden cancel", { fix: "F3" }],
  ["/golden/fixes/F1/undo", {}, "posture golden undo", { fix: "F1" }],
  ["/golden/profiles/bender-cc/rollout", { reason: "x" }, "posture rollout ask", { profile: "bender-cc", reason: "x" }],
  ["/golden/rollouts/R2/approve", {}, "posture rollout approve", { rollout: "R2" }],
  ["/golden/rollouts/R2/resume", {}, "posture rollout resume", { rollout: "R2" }],
  ["/golden/rollouts/R2/cancel", {}, "posture rollout cancel", { rollout: "R2" }],
];
for (const [path, fields, command, args] of ACTS) {
  Deno.test(`golden page: ${path} ${JSON.stringify(fields)} runs ${command}`, async () => {
    const one = rig();
    const answer = await one.post(path, fields);
    equal(answer.status, 303);
    equal(answer.headers.get("location"), "/golden");
    deepEqual(one.askedOf(`command ${command}`).map(({ args }) => args), [args]);
  });
}

Deno.test("golden page: rollouts with how many stations are as wanted, which failed, and a button for who may decide", async () => {
  const page = await rig().text("/golden");
  match(page, /R1<\/span>[\s\S]*Over[\s\S]*12 of 12 as wanted/);
  match(page, /R2<\/span>[\s\S]*Stopped after a failure[\s\S]*1 of 4 as wanted[\s\S]*1 failed[\s\S]*CP008/);
  match(page, /offline-unknown=false/);
  equal(page.includes('action="/golden/rollouts/R2/resume"'), true);
  equal(page.includes('action="/golden/rollouts/R2/cancel"'), true);
  equal(page.includes('action="/golden/rollouts/R2/approve"'), false, "it is approved");
  equal(page.includes('action="/golden/rollouts/R1/'), false, "it is over");
});

Deno.test("golden page: one approval is offered for a model where something drifted, and not beside one that is open", async () => {
  const page = await rig().text("/golden");
  match(page, /action="\/golden\/profiles\/bender-cc\/rollout"[\s\S]*Ask for 2 stations/);
  const open = { ...OPEN, profile: "bender-cc" };
  equal((await rig({ "command posture rollout": [open] }).text("/golden")).includes('/rollout"'), false);
});

Deno.test("golden page: who asked for a rollout neither approves it nor has it go on", async () => {
  for (const state of ["waits", "stopped"]) {
    const page = await rig({ "command posture rollout": [{ ...OPEN, state, madeBy: "anna" }] }).text("/golden");
    equal(page.includes('action="/golden/rollouts/R5/approve"') || page.includes("/R5/resume"), false, state);
    equal(page.includes('action="/golden/rollouts/R5/cancel"'), true, state);
  }
});

const OPEN = {
  ...{ id: "R5", profile: "lab", settings: [], stations: ["CP001"], stopAfter: 1, madeBy: "otto", madeAt: 1, at: 1 },
  ...{ state: "waits", results: {} },
};
