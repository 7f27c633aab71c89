import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../tests/support/console_rig.ts";
import { toneOf } from "./modbus_lines.tsx";

const rig = (answers: Record<string, unknown> = {}) => new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers } });

Deno.test("modbus lines page: load, latency, errors, clients and the last refusals with the names of points", async () => {
  const page = await rig().text("/modbus");
  match(page, /meters[\s\S]*\/dev\/ttyRS485 9600 even 1/);
  match(page, /42 %/);
  match(page, /48 \/ 210 ms/);
  match(page, /timeout 3, retry 2/);
  match(page, /Another client/);
  match(page, /Down[\s\S]*ECONNREFUSED/);
  match(page, /ems-1[\s\S]*Per minute[^<]*<\/?[\s\S]*?1264[\s\S]*scada[\s\S]*?7\.5/);
  match(page, /safe-current[\s\S]*Unit 11, function code 6[\s\S]*modbus\.default-deny/);
  match(page, /Devices that do not answer any more: meters 7/);
});

Deno.test("modbus lines page: a site without Modbus says what to do", async () => {
  const page = await rig({ "command modbus lines": { lines: [] } }).text("/modbus");
  match(page, /No line yet[\s\S]*site\.yaml/);
  match(page, /Nothing was refused/);
});

Deno.test("modbus lines page: what a client or device says of itself is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const line = {
    ...{ id: evil, kind: "tcp", place: evil, state: "closed", queued: 0, busyMs: 0, utilisation: 0, down: evil },
    ...{ latencyMs: { p50: 0, p99: 0 }, outcomes: {}, notes: { [evil]: 1 } },
  };
  const refusal = {
    ...{ at: 1, client: evil, role: evil, rule: evil, unit: 1, function: 6, points: evil, reason: evil, isTrial: true },
  };
  const answer = { lines: [line], silent: [evil], clients: { [evil]: { answered: 1 } }, refusals: [refusal] };
  equal((await rig({ "command modbus lines": answer }).text("/modbus")).includes(evil), false);
});

Deno.test("modbus lines page: who may not run the command does not see it", async () => {
  const other = new ConsoleRig({ answers: GARAGE_ANSWERS, may: ["command status"] });
  equal((await other.text("/")).includes('href="/modbus"'), false);
});

Deno.test("modbus lines page: every state of a line has a word", () => {
  const states = ["closed", "opening", "listening", "foreign", "resting", "pausing", "waiting"];
  deepEqual(states.map((state) => toneOf(state, false)[1]), [
    ...["state.rest", "state.listening", "state.listening", "state.foreign", "state.rest", "state.work", "state.work"],
  ]);
  deepEqual(toneOf("closed", true), ["bad", "state.down"]);
});
