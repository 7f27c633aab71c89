import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";
import { toneOfIncident } from "./incidents.tsx";

function rig(answers: Record<string, unknown> = {}, more: { readonly may?: readonly string[] } = {}) {
  return new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...more });
}
const READING = ["command incident list", "command incident show"];

Deno.test("incidents page: those that stand with what they look like, announced work, and closed ones below", async () => {
  const page = await rig().text("/incidents");
  match(page, /href="\/incidents\/I-9"[\s\S]*CP002[\s\S]*Opened[\s\S]*urgent[\s\S]*Open/);
  match(page, /I-7[\s\S]*Reset to the factory[\s\S]*urgent[\s\S]*Being set up again[\s\S]*in quarantine/);
  match(page, /Meier changes the meter[\s\S]*eva, W-1a2b3c/);
  ok(page.indexOf("I-7") < page.indexOf("I-4"), "closed ones come last");
});

Deno.test("incidents page: without any it says what would appear", async () => {
  const page = await rig({ "command incident list": { incidents: [], works: [] } }).text("/incidents");
  match(page, /Nothing looks like tampering/);
  match(page, /No work is announced/);
});

Deno.test("incidents page: who may only look gets no form, and who may not has no page", async () => {
  for (const path of ["/incidents", "/incidents/I-7", "/incidents/I-9"]) {
    const page = await rig({}, { may: READING }).text(path);
    ok(!/action="\/incidents/.test(page), path);
  }
  equal((await rig({}, { may: [] }).get("/incidents")).status, 403);
});

Deno.test("incident page: the timeline with sources and what is explained, who decided, the steps with their proofs", async () => {
  const page = await rig().text("/incidents/I-7");
  match(page, /HTTPS was on; now port 80 answers without TLS/);
  match(page, /2 times/);
  match(page, /Explained by I-7/);
  match(page, /eva[\s\S]*Out of use until it is set up again: A factory password opens its pages/);
  match(page, /B\. Meier[\s\S]*Seal 4711 whole/);
  match(page, /Being proven[\s\S]*operator: rotating/);
});

Deno.test("incident page: what is done has no button, what is being proven is looked at again; what proves it cannot be left out", async () => {
  const page = await rig().text("/incidents/I-7");
  const forms = [...page.matchAll(/action="\/incidents\/I-7\/steps\/([a-z]+)"/g)].map(([, step]) => step);
  deepEqual(forms, ["password", "settings", "settings", "credential", "credential", "badges", "badges", "posture"]);
  match(page, /steps\/password"[\s\S]*?Is it proven now\?/);
  ok(!page.includes('action="/incidents/I-7/close"'), "steps are left");
});

Deno.test("incident page: an open one is acknowledged, decided or dismissed, and has no steps yet", async () => {
  const page = await rig().text("/incidents/I-9");
  for (const act of ["acknowledge", "decide", "false-alarm"]) ok(page.includes(`action="/incidents/I-9/${act}"`), act);
  ok(!page.includes("/steps/"));
});

Deno.test("incident page: a technician, who does steps alone, sees them and no empty card of other acts", async () => {
  const page = await rig({}, { may: [...READING, "command incident step"] }).text("/incidents/I-7");
  ok(page.includes('action="/incidents/I-7/steps/badges"'));
  ok(!page.includes("<h2>What to do now</h2>"));
  match(await rig().text("/incidents/I-7"), /<h2>What to do now<\/h2>/);
});

Deno.test("incident page: walked to its end it can be closed", async () => {
  const shown = GARAGE_ANSWERS["command incident step"] as { steps: { id: string }[] };
  const done = Object.fromEntries(shown.steps.map(({ id }) => [id, { state: "done", by: "eva", at: 1 }]));
  const page = await rig({ "command incident show": { ...shown, done } }).text("/incidents/I-7");
  ok(page.includes('action="/incidents/I-7/close"'));
  ok(!page.includes("/steps/"));
});

Deno.test("incident page: in German its own words are German, what control says stays English and says so", async () => {
  const page = await rig().text("/incidents/I-7", { "accept-language": "de" });
  match(page, /Auf Werkszustand gesetzt, dringend/);
  match(page, /<[^>]*lang="en"[^>]*>HTTPS was on/);
});

const ACTS:
  readonly (readonly [path: string, fields: Record<string, string>, command: string, args: object, to: string])[] = [
    ["/incidents/I-9/acknowledge", {}, "acknowledge", { incident: "I-9" }, "/incidents/I-7"],
    ["/incidents/I-7/look", {}, "look", { station: "CP005" }, "/incidents/I-7"],
    ["/incidents/I-9/decide", { what: "quarantine", reason: "a card" }, "decide", {
      ...{ incident: "I-9", quarantine: true, reason: "a card" },
    }, "/incidents/I-7"],
    ["/incidents/I-9/decide", { what: "keep", reason: "a card" }, "decide", {
      ...{ incident: "I-9", keep: true, reason: "a card" },
    }, "/incidents/I-7"],
    ["/incidents/I-7/steps/look", { person: "B. Meier", proof: "whole" }, "step", {
      ...{ incident: "I-7", step: "look", person: "B. Meier", proof: "whole" },
    }, "/incidents/I-7#steps"],
    ["/incidents/I-7/steps/badges", { skip: "yes", reason: "has none" }, "step", {
      ...{ incident: "I-7", step: "badges", reason: "has none", skip: true },
    }, "/incidents/I-7#steps"],
    ["/incidents/I-7/close", {}, "close", { incident: "I-7" }, "/incidents/I-7"],
    ["/incidents/I-7/false-alarm", { reason: "a test" }, "close", {
      ...{ incident: "I-7", reason: "a test", "false-alarm": true },
    }, "/incidents/I-7"],
    [
      "/incidents/report",
      { station: "CP001", what: "a noise" },
      "report",
      { station: "CP001", what: "a noise" },
      "/incidents",
    ],
    ["/incidents/works", { station: "CP001", hours: "2.5", reason: "meter" }, "announce", {
      ...{ station: "CP001", hours: "2.5", reason: "meter" },
    }, "/incidents"],
    ["/incidents/works/W-1a2b3c/end", {}, "withdraw", { work: "W-1a2b3c" }, "/incidents"],
  ];
for (const [path, fields, command, args, to] of ACTS) {
  Deno.test(`incidents page: ${path} with ${Object.keys(fields).join(", ") || "nothing"} runs incident ${command}`, async () => {
    const own = rig(), answer = await own.post(path, fields);
    equal(answer.status, 303);
    equal(answer.headers.get("location"), to);
    deepEqual(own.askedOf(`command incident ${command}`)[0].args, args);
  });
}

/** Words that are not asked of control. */
const REFUSED: readonly (readonly [path: string, fields: Record<string, string>])[] = [
  ["/incidents/I-7/decide", { what: "burn", reason: "why" }],
  ["/incidents/I-7/decide", { what: "keep", reason: "" }],
  ["/incidents/I-7/steps/paint", {}],
  ["/incidents/I-x/acknowledge", {}],
  ["/incidents/works", { station: "CP001", hours: "169", reason: "meter" }],
  ["/incidents/works", { station: "CP001", hours: "soon", reason: "meter" }],
];
for (const [path, fields] of REFUSED) {
  Deno.test(`incidents page: ${path} with ${JSON.stringify(fields)} is refused before control is asked`, async () => {
    const own = rig();
    equal((await own.post(path, fields)).status, 422);
    equal(own.askedOf(/^command incident (?!list|show)/ as never).length, 0);
  });
}

Deno.test("incidents page: what control refuses is shown with what to do", async () => {
  const own = rig({
    "command incident close": () => {
      throw new GatewayError("INCIDENT_REFUSED", "I-7: Steps are left: password", {
        hint: "`incident step` does them",
      });
    },
  });
  const answer = await own.post("/incidents/I-7/close", {});
  match(await answer.text(), /Steps are left: password[\s\S]*does them/);
});

Deno.test("incidents page: colour never says it alone", () => {
  deepEqual(
    [["critical", "open"], ["warning", "decided"], ["critical", "closed"]].map(([severity, state]) =>
      toneOfIncident({ severity, state } as never)
    ),
    ["bad", "warn", "off"],
  );
});
