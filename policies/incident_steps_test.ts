import { deepEqual } from "node:assert/strict";
import { type StepFacts, stepsFor, stepsLeft } from "./incident_steps.ts";
import { INCIDENT_KINDS, type IncidentKind } from "./incident_types.ts";

const BENDER: StepFacts = {
  kind: "reset",
  isTouched: true,
  pages: "https",
  isPinned: true,
  secrets: "driver",
  canRestoreSettings: false,
  ocpp: "renewable",
  hasPosture: true,
};
const { pages: _, ...WITHOUT_PAGES } = BENDER;
const { ocpp: __, ...WITHOUT_OCPP } = BENDER;
const listed = (facts: StepFacts) =>
  stepsFor(facts).map(({ id, way }) => way === "automatic" ? id : `${id}*`).join(" ");

/** What is known, and the steps; those of a person with a star. */
const CASES: readonly (readonly [name: string, facts: StepFacts, steps: string])[] = [
  ["a reset Bender", BENDER, "look* https* certificate* password settings* credential badges posture"],
  [
    "one whose settings the gateway knows",
    { ...BENDER, canRestoreSettings: true },
    "look* https* certificate* password settings credential badges posture",
  ],
  [
    "one whose password people set",
    { ...BENDER, secrets: "person" },
    "look* https* certificate* password* settings* credential badges posture",
  ],
  [
    "one without a secret",
    { ...BENDER, secrets: "none" },
    "look* https* certificate* settings* credential badges posture",
  ],
  [
    "one with a client certificate",
    { ...BENDER, ocpp: "by-hand" },
    "look* https* certificate* password settings* credential* badges posture",
  ],
  [
    "one without any credential",
    { ...BENDER, ocpp: "none" },
    "look* https* certificate* password settings* badges posture",
  ],
  [
    "pages of plain HTTP",
    { ...BENDER, pages: "http", isPinned: false },
    "look* password settings* credential badges posture",
  ],
  [
    "one without pages",
    { ...WITHOUT_PAGES, isPinned: false, secrets: "none" },
    "look* settings* credential badges posture",
  ],
  ["one without OCPP", WITHOUT_OCPP, "look* https* certificate* password settings* posture"],
  [
    "one that no guide judges",
    { ...BENDER, hasPosture: false },
    "look* https* certificate* password settings* credential badges",
  ],
  [
    "one that nobody can have touched",
    { ...BENDER, kind: "access", isTouched: false },
    "https* certificate* password settings* credential badges posture",
  ],
  ["a pulled cable", { ...BENDER, kind: "cut-off" }, "look* posture"],
  ["a failed inspection", { ...BENDER, kind: "inspection" }, "look* posture"],
  ["something else", { ...BENDER, kind: "other" }, "look* posture"],
  [
    "the box itself",
    { kind: "opened", isTouched: true, isPinned: false, secrets: "none", canRestoreSettings: false, hasPosture: true },
    "look* settings* posture",
  ],
];
for (const [name, facts, steps] of CASES) {
  Deno.test(`incident steps: ${name}`, () => deepEqual(listed(facts), steps));
}

Deno.test("incident steps: the whole list is for what may have reached the controller, the short one for the rest", () => {
  const isWhole = (kind: IncidentKind) => listed({ ...BENDER, kind }).includes("password");
  deepEqual(INCIDENT_KINDS.filter(isWhole), ["reset", "exchanged", "opened", "software", "access"]);
});

Deno.test("incident steps: HTTPS is on before a certificate is believed, and that before a password is sent", () => {
  const order = stepsFor(BENDER).map(({ id }) => id);
  const at = (id: typeof order[number]) => order.indexOf(id);
  deepEqual([at("https") < at("certificate"), at("certificate") < at("password"), order.at(-1)], [
    true,
    true,
    "posture",
  ]);
});

Deno.test("incident steps: only what is done is not left: not what failed, is being checked, or was never begun", () => {
  const steps = stepsFor({ ...BENDER, kind: "reset" });
  const done = { state: "done", by: "eva", at: 1 } as const;
  deepEqual(stepsLeft(steps, {}), steps.map(({ id }) => id));
  deepEqual(
    stepsLeft(steps, {
      look: done,
      https: { ...done, state: "failed" },
      certificate: done,
      password: { ...done, state: "checking" },
      settings: { ...done, skipped: true },
    }),
    ["https", "password", "credential", "badges", "posture"],
  );
  deepEqual(stepsLeft(steps, Object.fromEntries(steps.map(({ id }) => [id, done]))), []);
  deepEqual(stepsLeft([], { look: { ...done, state: "failed" } }), []);
});
