import assert from "node:assert/strict";
import type { WorkerSpec } from "../core/conduit.ts";
import { planReload } from "./reload_plan.ts";

const spec = (name: string, more: Partial<WorkerSpec> = {}): WorkerSpec => ({
  name,
  module: new URL(`file:///gw/${name}.ts`),
  permissions: { net: ["10.0.0.1:8444"] },
  config: { a: 1, b: [1, 2] },
  after: [],
  ...more,
});
const CONTROL = spec("control", { permissions: { read: ["/data"], write: ["/data"] } });

const CASES: readonly (readonly [string, Partial<WorkerSpec>, string, RegExp])[] = [
  ["nothing changed", {}, "keep", /stays as it is/],
  ["keys in another order", { config: { b: [1, 2], a: 1 } }, "keep", /stays/],
  ["a key that is undefined", { config: { a: 1, b: [1, 2], c: undefined } }, "keep", /stays/],
  ["a list in another order", { config: { a: 1, b: [2, 1] } }, "reconfigure", /new configuration; nothing drops/],
  ["another value", { config: { a: 2, b: [1, 2] } }, "reconfigure", /nothing drops/],
  ["permissions in another order", { permissions: { net: ["10.0.0.1:8444"], read: [] } }, "keep", /stays/],
  [
    "another listen address",
    { permissions: { net: ["10.0.0.2:8444"] } },
    "replace",
    /gains net 10.0.0.2:8444, loses net 10.0.0.1:8444/,
  ],
  [
    "one permission less",
    { permissions: {} },
    "replace",
    /loses net 10.0.0.1:8444; new connections go to its successor/,
  ],
  ["another entry file", { module: new URL("file:///gw/other.ts") }, "replace", /runs another program/],
];
for (const [name, change, action, sentence] of CASES) {
  Deno.test(`reload plan: ${name} means ${action}`, () => {
    const plan = planReload([CONTROL, spec("ocpp-0")], [CONTROL, spec("ocpp-0", change)]);
    assert.equal(plan.steps[1]?.action, action);
    assert.match(plan.steps[1]?.sentence ?? "", sentence);
    assert.equal(plan.steps[0]?.action, "keep");
    assert.deepEqual(plan.faults, []);
  });
}

Deno.test("reload plan: a new Worker starts and a vanished one stops, last", () => {
  const plan = planReload([CONTROL, spec("ocpp-0")], [CONTROL, spec("ocpp-1")]);
  assert.deepEqual(plan.steps.map(({ action, spec }) => `${action} ${spec.name}`), [
    "keep control",
    "start ocpp-1",
    "stop ocpp-0",
  ]);
  assert.match(plan.steps[2]!.sentence, /its connections end/);
});

Deno.test("reload plan: Workers come after those they need, and a circle ends", () => {
  const names = (specs: WorkerSpec[]) => planReload([], specs).steps.map((step) => step.spec.name);
  assert.deepEqual(names([spec("a", { after: ["b"] }), spec("b", { after: ["c"] }), spec("c")]), ["c", "b", "a"]);
  assert.deepEqual(names([spec("a", { after: ["b"] }), spec("b", { after: ["a"] })]).sort(), ["a", "b"]);
});

Deno.test("reload plan: control cannot be replaced while it runs", () => {
  const moved = spec("control", { permissions: { read: ["/data2"], write: ["/data2"] } });
  const { faults } = planReload([CONTROL], [moved]);
  assert.equal(faults.length, 1);
  assert.match(faults[0]!, /gains read \/data2.*needs a restart of the gateway/);
  const reconfigured = spec("control", { permissions: CONTROL.permissions, config: 2 });
  assert.deepEqual(planReload([CONTROL], [reconfigured]).faults, []);
});
