import { deepEqual, equal, match } from "node:assert/strict";
import { runModbusLint } from "./modbus_lint.ts";

const GOOD = `id: roof
name: Roof
points:
  - { name: power, at: 1, unit: W, source: manual, rung: documented }
`;

async function lint(text: string) {
  const file = await Deno.makeTempFile({ prefix: "profile-", suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    const { ok, text: said } = await runModbusLint({ files: [file] });
    return { ok, said: said.replaceAll(file, "F") };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("modbus lint: every profile that comes with the gateway is good, and says how well its points are known", async () => {
  const { ok, text } = await runModbusLint({ files: [] });
  equal(ok, true);
  match(text, /^evlink-pro-ac: \d+ points \(bench 7, third-party \d+\)$/m);
  match(text, / profiles, 0 faults$/);
});

Deno.test("modbus lint: a good file is said with its evidence", async () => {
  deepEqual(await lint(GOOD), { ok: true, said: "F: 1 points (documented 1)\n1 profiles, 0 faults" });
});

const BAD: readonly [string, RegExp][] = [
  [GOOD.replace("at: 1", "at: 65536"), /^F:4:\d+ points\[0\]\.at: 65536/m],
  [GOOD.replace("rung: documented", "rung: sure"), /^F:4:\d+ points\[0\]\.rung: "sure" is not allowed/m],
  [GOOD.replace("unit: W", "units: W"), /points\[0\]\.units: there is no such key here.*did you mean "unit"/],
  [GOOD.replace("source: manual, ", ""), /points\[0\]\.source: is missing/],
  [GOOD.replace("unit: W", "access: read-write"), /^F: roof: power: class measured can be written/m],
  ["", /^F:1:1 profile: /m],
  ["- a\n", /profile: /],
  ["{", /this is not YAML/],
];
for (const [text, fault] of BAD) {
  Deno.test(`modbus lint: finds ${fault.source.slice(0, 60)}`, async () => {
    const { ok, said } = await lint(text);
    equal(ok, false);
    match(said, fault);
  });
}

Deno.test("modbus lint: a file that cannot be read is a fault of its own", async () => {
  const { ok, text } = await runModbusLint({ files: ["/nowhere/roof.yaml"] });
  equal(ok, false);
  match(text, /\/nowhere\/roof\.yaml: cannot be read/);
});
