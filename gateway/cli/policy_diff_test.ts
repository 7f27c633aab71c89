import { match, ok, rejects } from "node:assert/strict";
import type { ConfigError } from "../core/errors.ts";
import { runPolicyDiff } from "./policy_diff.ts";

const HEAD = { recording: "bulkhead-policy", version: 1, site: "g", timeZone: "UTC", mode: "enforce", rules: null };
const STATION = {
  resource: { station: { id: "CP001" }, csms: "main" },
  version: "ocpp1.6",
  missed: 2,
  messages: [
    { from: "csms", action: "Reset", count: 3, times: [1, 2, 3] },
    { from: "station", action: "Heartbeat", count: 900, times: [4] },
    { from: "station", action: "StopTransaction", count: 1, times: [5] },
  ],
};
const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

async function withRules(text: string, test: (file: string) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile({ prefix: "rules-", suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    await test(file);
  } finally {
    await Deno.remove(file);
  }
}
const answering = (text: string) => () => Promise.resolve({ text, data: { lines: text } });
const DENY =
  "- { id: no-reset, effect: deny, because: No, actions: [Reset] }\n- { id: rest, effect: allow, because: x }\n";

Deno.test("policy diff: lists what changes with how often it came, and what was not kept", () =>
  withRules(DENY, async (rules) => {
    const { text } = await runPolicyDiff({ rules }, answering(lines(HEAD, STATION)));
    match(text, /Judged 3 kinds of messages of 1 stations \(904 messages\)\.\n2 messages were of further kinds/);
    match(text, /1 decision changes:\n[^]*CP001 +csms +Reset +- +3 +passes +refused by site\.no-reset/);
  }));

Deno.test("policy diff: rules that refuse everything are shown not to refuse transactions", () =>
  withRules("- { id: all, effect: deny, because: x }\n", async (rules) => {
    const { text } = await runPolicyDiff({ rules }, answering(lines(HEAD, STATION)));
    match(text, /StopTransaction +- +1 +passes +passes, noted as site\.all/);
    match(text, /Heartbeat +- +900 +passes +refused by site\.all/);
  }));

Deno.test("policy diff: of a rate it says how many of the remembered times are decided anew", () =>
  withRules(
    "- { id: few, effect: deny, because: x, actions: [Reset], rate: { over: 1, seconds: 9 } }\n- { id: r, effect: allow, because: x }\n",
    async (rules) => {
      const { text } = await runPolicyDiff({ rules }, answering(lines(HEAD, STATION)));
      match(text, /Reset +- +2 of the last 3 +passes +refused by site\.few/);
    },
  ));

Deno.test("policy diff: the new rules are judged in the recorded mode, or in another", () =>
  withRules(DENY, async (rules) => {
    const run = answering(lines({ ...HEAD, mode: "observe" }, STATION));
    match((await runPolicyDiff({ rules }, run)).text, /passes, noted as site\.no-reset/);
    match((await runPolicyDiff({ rules, mode: "enforce" }, run)).text, /refused by site\.no-reset/);
    await rejects(runPolicyDiff({ rules, mode: "loud" }, run), /Mode "loud" is unknown: wanted enforce or observe/);
  }));

Deno.test("policy diff: an empty recording says what to do; rules that change nothing say so", () =>
  withRules("- { id: rest, effect: allow, because: x }\n", async (rules) => {
    match((await runPolicyDiff({ rules }, answering(lines(HEAD)))).text, /Nothing is recorded yet/);
    match((await runPolicyDiff({ rules }, answering(lines(HEAD, STATION)))).text, /No decision changes\.$/);
  }));

Deno.test("policy diff: bad rules, a file that is no recording and files that are missing are named", () =>
  withRules("- { id: a }\n", async (rules) => {
    const run = answering(lines(HEAD));
    await rejects(runPolicyDiff({ rules }, run), (error: ConfigError) => {
      return error.code === "CFG_INVALID" && error.faults.length === 2 && error.faults[0]!.startsWith(`${rules}:1:3 `);
    });
    await rejects(runPolicyDiff({ rules: "/nowhere.yaml" }, run), /Cannot read "\/nowhere\.yaml"/);
    await Deno.writeTextFile(rules, DENY);
    for (const text of ["", "{}", "7", "not json", lines({ ...HEAD, version: 2 })]) {
      await rejects(runPolicyDiff({ rules }, answering(text)), /"the gateway's recording" is no recording/);
    }
    await rejects(runPolicyDiff({ rules, recording: "/nowhere.jsonl" }, run), /Cannot read "\/nowhere\.jsonl"/);
    ok(await runPolicyDiff({ rules }, run));
  }));
