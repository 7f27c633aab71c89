import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import { describeLine } from "./station_talk.tsx";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });

for (
  const [text, what] of [
    ['[2,"17","BootNotification",{}]', "BootNotification"],
    ['[ 2 , "17" , "Heartbeat",{}]', "Heartbeat"],
    ['[2,"a\\"b","StatusNotification",{}]', "StatusNotification"],
    ['[3,"17",{"status":"Accepted"}]', "answer"],
    ['[4,"18","InternalError","",{}]', "error InternalError"],
    ['[4,"18"', "error"],
    ['[2,"17"', ""],
    ["from 10.20.0.11", ""],
    ['{"no":"frame"}', ""],
    ["", ""],
  ] as const
) {
  Deno.test(`station talk: ${text || "nothing"} is shown as "${what}"`, () => {
    deepEqual(describeLine({ kind: "station", text }), { who: "station", what });
  });
}

Deno.test("station talk: the page shows the newest messages first and keeps itself up to date", async () => {
  const page = await rig().text("/stations/CP001");
  match(page, /sse-connect="\/live\/station\/CP001".*sse-swap="messages"/s);
  match(page, /csms<\/strong> <span class="mono">error InternalError/);
  ok(page.indexOf("MeterValues") < page.indexOf("BootNotification"));
  match(page, /InvalidTLSCipherSuite<\/strong> <span class="small muted">× 44/);
  match(page, /ResetOrReboot.*critical/s);
});

Deno.test("station talk: a station that said nothing says so, and a role without the right asks nothing", async () => {
  match(await rig().text("/stations/CP002"), /No message since the last start/);
  const auditor = rig({}, ["command stations"]);
  const page = await auditor.text("/stations/CP001");
  equal(page.includes('sse-swap="messages"'), false);
  deepEqual(auditor.askedOf("command station record"), []);
});

Deno.test("station talk: what it said is text, and cut where it is long", async () => {
  const evil = "<script>alert(1)</script>";
  const line = (text: string) => JSON.stringify({ ts: "2026-11-21T11:58:00Z", station: "CP001", kind: evil, text });
  const page = await rig({ "command station record": { lines: `${line(evil)}\n${line("y".repeat(900))}\n` } })
    .text("/stations/CP001");
  equal(page.includes(evil), false);
  match(page, /y{240}…/);
  equal(/y{241}/.test(page), false);
});
