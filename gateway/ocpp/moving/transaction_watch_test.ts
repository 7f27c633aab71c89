import { deepStrictEqual as equal } from "node:assert/strict";
import { parseFrame } from "../codec.ts";
import { MOVING_LIMITS } from "./limits.ts";
import { TransactionWatch } from "./transaction_watch.ts";

/** Plays messages, "> action {payload}" of the station and "< {result}" or "<! code" of the CSMS, and shows what runs. */
function play(lines: readonly string[], open: readonly string[] = []): { open: readonly string[]; changes: number } {
  const watch = new TransactionWatch(open);
  let id = 0, action = "", changes = 0;
  for (const line of lines) {
    const [mark, ...rest] = line.split(" ");
    if (mark === ">") action = rest.shift()!;
    if (mark === ">") id++;
    const body = rest.join(" ") || "{}";
    const text = mark === ">"
      ? `[2,"m${id}","${action}",${body}]`
      : mark === "<!"
      ? `[4,"m${id}","${body}","",{}]`
      : `[3,"m${id}",${body}]`;
    const from = mark === ">" ? "station" : "csms", kind = mark === ">" ? "call" : "reply";
    if (watch.see({ from, kind, action, frame: parseFrame(text) }, 0)) changes++;
  }
  return { open: watch.open, changes };
}

const START = '> StartTransaction {"connectorId":1,"idTag":"T"}';
const STARTED = '< {"transactionId":7,"idTagInfo":{"status":"Accepted"}}';
const STOP = '> StopTransaction {"transactionId":7}';

const CASES: readonly [string, readonly string[], readonly string[]][] = [
  ["nothing", ["> Heartbeat", "< {}", '> StatusNotification {"connectorId":1,"status":"Charging"}', "< {}"], []],
  ["1.6: from the first message, before it has an id", [START], ["connector 1"]],
  ["1.6: while it runs", [START, STARTED, '> MeterValues {"connectorId":1,"transactionId":7}', "< {}"], [
    "connector 1",
  ]],
  ["1.6: until its end is answered", [START, STARTED, STOP], ["connector 1"]],
  ["1.6: over with the answer", [START, STARTED, STOP, '< {"idTagInfo":{"status":"Accepted"}}'], []],
  ["1.6: not over with an error as answer: the station repeats it to the same CSMS", [
    START,
    STARTED,
    STOP,
    "<! InternalError",
  ], ["connector 1"]],
  ["1.6: over with the answer to the repetition", [START, STARTED, STOP, "<! InternalError", STOP, "< {}"], []],
  ["1.6: over when the station goes on with another one", [
    START,
    STARTED,
    STOP,
    "<! InternalError",
    '> StartTransaction {"connectorId":2}',
  ], ["connector 2"]],
  ["2.x: not over with an error as answer", [
    '> TransactionEvent {"eventType":"Ended","transactionInfo":{"transactionId":"a"}}',
    "<! InternalError",
  ], ["transaction a"]],
  ["2.x: over when the station goes on with another one", [
    '> TransactionEvent {"eventType":"Ended","transactionInfo":{"transactionId":"a"}}',
    "<! InternalError",
    '> TransactionEvent {"eventType":"Started","transactionInfo":{"transactionId":"b"}}',
  ], ["transaction b"]],
  ["1.6: a start that was refused with an error runs until it is stopped", [START, "<! InternalError"], [
    "connector 1",
  ]],
  ["1.6: two connectors", [START, STARTED, '> StartTransaction {"connectorId":2}', STOP, "< {}"], ["connector 2"]],
  ["1.6: an end of another id ends nothing", [START, STARTED, '> StopTransaction {"transactionId":8}', "< {}"], [
    "connector 1",
  ]],
  ["1.6: one whose beginning nobody saw", ['> MeterValues {"connectorId":3,"transactionId":9}'], ["connector 3"]],
  ["1.6: meter values of no transaction", ['> MeterValues {"connectorId":3}'], []],
  ["2.x: by the station's id", ['> TransactionEvent {"eventType":"Started","transactionInfo":{"transactionId":"a"}}'], [
    "transaction a",
  ]],
  ["2.x: one whose beginning nobody saw", [
    '> TransactionEvent {"eventType":"Updated","transactionInfo":{"transactionId":"a"}}',
    "< {}",
  ], ["transaction a"]],
  ["2.x: until its end is answered", [
    '> TransactionEvent {"eventType":"Ended","transactionInfo":{"transactionId":"a"}}',
  ], ["transaction a"]],
  ["2.x: over with the answer", [
    '> TransactionEvent {"eventType":"Started","transactionInfo":{"transactionId":"a"}}',
    "< {}",
    '> TransactionEvent {"eventType":"Ended","transactionInfo":{"transactionId":"a"}}',
    "< {}",
  ], []],
  ["odd payloads end and begin nothing that is not there", ["> StopTransaction null", "< null"], []],
];
for (const [name, lines, wanted] of CASES) {
  Deno.test(`transaction watch: ${name}`, () => equal(play(lines).open, wanted));
}

Deno.test("transaction watch: goes on from what was known before a restart", () => {
  equal(play([STOP, "< {}"], ["connector 1"]).open, [], "only one can be meant");
  equal(play([STOP, "< {}"], ["connector 1", "connector 2"]).open, ["connector 1", "connector 2"], "either could be");
  equal(
    play(['> MeterValues {"connectorId":1,"transactionId":7}', STOP, "< {}"], ["connector 1", "connector 2"]).open,
    [
      "connector 2",
    ],
  );
});

Deno.test("transaction watch: an end that its CSMS refused and that is not repeated is given up when its time is over", () => {
  const watch = new TransactionWatch(["transaction a"]);
  const ended = parseFrame(
    '[2,"1","TransactionEvent",{"eventType":"Ended","transactionInfo":{"transactionId":"a"}}]',
  );
  watch.see({ from: "station", kind: "call", action: "TransactionEvent", frame: ended }, 0);
  const refused = parseFrame('[4,"1","InternalError","",{}]');
  watch.see({ from: "csms", kind: "reply", action: "TransactionEvent", frame: refused }, 1_000);
  equal([watch.tick(1_000 + MOVING_LIMITS.repeatMs - 1), watch.open], [false, ["transaction a"]]);
  equal([watch.tick(1_000 + MOVING_LIMITS.repeatMs), watch.open], [true, []]);
});

Deno.test("transaction watch: says when the list changed, and only then", () => {
  equal(play([START, STARTED, '> MeterValues {"connectorId":1,"transactionId":7}', "< {}", STOP, "< {}"]).changes, 2);
});

Deno.test("transaction watch: at the limit all are known, with one more the oldest is taken for over", () => {
  const start = (id: number) =>
    `> TransactionEvent {"eventType":"Started","transactionInfo":{"transactionId":"${id}"}}`;
  const all = Array.from({ length: MOVING_LIMITS.transactions }, (_, id) => start(id));
  equal(play(all).open.length, MOVING_LIMITS.transactions);
  const { open } = play([...all, start(-1)]);
  equal([open.length, open[0], open.at(-1)], [MOVING_LIMITS.transactions, "transaction 1", "transaction -1"]);
});
