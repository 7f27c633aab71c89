import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { parseModbusRules } from "../config/modbus_rules_file.ts";
import { loadSite } from "../config/load.ts";
import { diskReaders } from "../config/disk_readers.ts";
import { checkRules } from "./check_rules.ts";
import { runPolicyDiff } from "./policy_diff.ts";
import { runPolicyPropose } from "./policy_propose.ts";
import { runPolicyTable } from "./policy_table.ts";
import { runPolicyTest } from "./policy_test_command.ts";

const HEAD = {
  ...{ recording: "bulkhead-policy", version: 1, site: "g", timeZone: "UTC", mode: "enforce", rules: null },
  modbus: { rules: [], mode: "observe" },
};
const limits = { isWritable: true, legal: [0, [6, 32]], step: 1 };
const CLIENT = {
  ...{ conduit: "modbus", client: "ems-1", role: "Ems", listener: "ems", source: "10.0.0.5", unit: 11, missed: 2 },
  requests: [
    {
      functionCode: 3,
      targets: [{ access: "read", point: { name: "power-total", class: "measured" }, isPartial: false }],
      count: 900,
      times: [1],
    },
    {
      ...{ functionCode: 6, count: 40, times: [2] },
      targets: [{
        access: "write",
        point: { name: "current-limit", class: "commanded" },
        isPartial: false,
        limits,
        values: [0, 16],
      }],
    },
    {
      ...{ functionCode: 16, count: 1, times: [3] },
      targets: [{ access: "write", point: { name: "present-badge", class: "credential" }, isPartial: false }],
    },
  ],
};
const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");
const answering = (text: string) => () => Promise.resolve({ text, data: { lines: text } });
const recorded = answering(lines(HEAD, { torn: 1 }, CLIENT, "{"));

/** Runs a test in a folder with a site of one station behind Modbus. */
async function withSite(rules: string, test: (folder: string) => Promise<void>, cases?: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "policy-modbus-" });
  try {
    await Deno.mkdir(`${folder}/rules/cases`, { recursive: true });
    await Deno.writeTextFile(`${folder}/rules/modbus.yaml`, rules);
    if (cases) await Deno.writeTextFile(`${folder}/rules/cases/modbus.yaml`, cases);
    await Deno.writeTextFile(
      `${folder}/site.yaml`,
      `version: 1
site: { id: g }
modbus:
  listeners: [{ id: ems, listen: "127.0.0.1:0", tls: {} }]
  lines: [{ id: cp, tcp: "127.0.0.1:502" }]
  units: [{ unit: 11, line: cp, device: 255, profile: bender-cc }]
  rules: rules/modbus.yaml
`,
    );
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("policy propose: a rules file that can be read, what is dangerous as a comment", async () => {
  const { text, ok: isThere } = await runPolicyPropose({}, recorded);
  equal(isThere, true);
  match(text, /^# 2 requests were of further kinds/m);
  match(
    text,
    /^# Seen 40 times\n- id: ems-writes-current-limit\n {2}effect: allow\n {2}because: "Ems sets current-limit"/m,
  );
  match(text, /^ {2}values: \[0, \[6, 16\]\]$/m);
  match(text, /^# Seen 1 time\. A write acts as presenting a badge\n# - id: ems-writes-present-badge$/m);
  const read = parseModbusRules("p", text);
  ok("rules" in read, JSON.stringify(read));
  deepEqual(read.rules.map(({ id }) => id), ["ems-reads", "ems-writes-current-limit"]);
  const all = parseModbusRules("p", text.replaceAll(/^# (?=(- id| {2}\w+:))/gm, ""));
  ok("rules" in all && all.rules.length === 3, "a person takes the # away");
});

Deno.test("policy propose: without a recording it says what to do, with exit code 1", async () => {
  const { text, ok: isThere } = await runPolicyPropose({}, answering(lines(HEAD)));
  deepEqual([isThere, /set modbus\.mode to observe/.test(text)], [false, true]);
});

Deno.test("policy diff: of the proposed rules, nothing that was seen changes but what is dangerous", () =>
  withSite("", async (folder) => {
    const rules = `${folder}/new.yaml`;
    await Deno.writeTextFile(rules, (await runPolicyPropose({}, recorded)).text);
    const { text } = await runPolicyDiff({ rules, mode: "enforce" }, recorded);
    match(text, /Judged 3 kinds of requests of 1 Modbus clients \(941 requests\)\.\n2 requests were of further kinds/);
    match(
      text,
      /^ems-1 +Ems +11 +present-badge +1 +passes, noted as modbus\.default-deny +refused by modbus\.default-deny$/m,
    );
    ok(!/current-limit=.*refused/.test(text), text);
  }));

Deno.test("policy diff: the form of the rules says whose they are; with --conduit one is asked for", () =>
  withSite("", async (folder) => {
    const rules = `${folder}/new.yaml`;
    await Deno.writeTextFile(rules, "- { id: a, effect: deny, because: x }\n");
    match((await runPolicyDiff({ rules }, recorded)).text, /kinds of messages of 0 stations/);
    match((await runPolicyDiff({ rules, conduit: "modbus" }, recorded)).text, /of 1 Modbus clients/);
    await Deno.writeTextFile(rules, "- { id: a, effect: deny, because: x, unit: [1], points: [b] }\n");
    await rejects(
      runPolicyDiff({ rules }, recorded),
      (error: { faults: readonly string[] }) =>
        error.faults.length === 1 && /did you mean "units"/.test(error.faults[0]!),
    );
    await rejects(runPolicyDiff({ rules, conduit: "dns" }, recorded), /Conduit "dns" is unknown/);
  }));

const GOOD = "- { id: reads, effect: allow, because: Reads, roles: [Reader], access: read }\n";

Deno.test("policy table: built-in rules, the site's, and what they mean for each role", () =>
  withSite(GOOD, async (folder) => {
    const { text, data } = await runPolicyTable({ config: `${folder}/site.yaml` });
    match(text, /^modbus\.credential +writes that act as presenting a badge +points: that name it$/m);
    match(text, /^Reader +11 +commanded +allow \(site\.reads\) +deny \(modbus\.default-deny\)$/m);
    ok((data as { modbus: { matrix: unknown[] } }).modbus.matrix.length > 0);
  }));

Deno.test("policy test: the cases that come with the gateway, and the site's own in both languages", () =>
  withSite(
    GOOD,
    async (folder) => {
      const { text, ok: isGood } = await runPolicyTest({ config: `${folder}/site.yaml` });
      equal(isGood, false);
      match(text, /case fails: expected pass by w, got refuse by modbus\.default-deny/);
      match(text, /1 failed$/);
    },
    `conduit: modbus
cases:
  - { case: case holds, role: Reader, unit: 11, read: [power-total], expect: pass, rule: reads }
  - { case: case fails, role: Reader, unit: 11, write: { current-limit: 6 }, expect: pass, rule: w }
`,
  ));

Deno.test("check: warns of Modbus rules that are odd, of names the site does not have, and of cases that fail", () =>
  withSite(
    "- { id: w, effect: allow, because: x, access: write, points: [current-limt], units: [0, 12], listeners: [emz] }\n",
    async (folder) => {
      const findings = await checkRules(await loadSite(`${folder}/site.yaml`, diskReaders));
      const texts = findings.map(({ text }) => text).join("\n");
      match(texts, /names "current-limt" under points, which the site does not have; did you mean "current-limit"/);
      match(texts, /names "12" under units/);
      match(texts, /names "emz" under listeners, which the site does not have; did you mean "ems"/);
      ok(!texts.includes('"0" under units'));
    },
  ));
