import { deepStrictEqual as equal } from "node:assert/strict";
import { Talk } from "../../tests/support/session_talk.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { loadSchemaCheck } from "./validation.ts";

const check = await loadSchemaCheck("ocpp2.1");
const RESET = '"Reset",{"type":"Immediate"}]';
const STREAM =
  '"NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[{"t":0,"v":"1"}]}]';

Deno.test("message types: 2.1 enforcing, what wants an answer is no SEND and the other way round", () => {
  for (const validation of ["enforce", "enforce-known-actions"] as const) {
    const talk = new Talk("ocpp2.1", validation, check);
    equal(talk.say("csms", `[6,"1",${RESET}`), ["note refused ocpp.frame"]);
    equal(talk.say("station", `[2,"2",${STREAM}`)[0], "note refused ocpp.frame");
    equal(talk.say("station", `[6,"3",${STREAM}`), [`csms <- [6,"3",${STREAM}`]);
    equal(talk.say("csms", `[2,"4",${RESET}`), [`station <- [2,"4",${RESET}`]);
    const event = '[6,"5","TransactionEvent",{}]';
    equal(talk.say("station", event), ["note invalid ocpp.schema", `csms <- ${event}`], "invariant 15");
  }
  const vendor = '[6,"6","VendorThing",{}]';
  equal(new Talk("ocpp2.1", "enforce-known-actions", check).say("station", vendor), [`csms <- ${vendor}`]);
  equal(new Talk("ocpp2.1", "observe", check).say("csms", `[6,"1",${RESET}`), [
    "note invalid ocpp.frame",
    `station <- [6,"1",${RESET}`,
  ]);
});

Deno.test("message types: one that a version does not know is answered to the id -1 when its own is beyond the limits", () => {
  const id = "i".repeat(OCPP_LIMITS.messageIdCharsMax + 1);
  const [noted, answer] = new Talk("ocpp2.0.1").say("station", `[6,"${id}","TransactionEvent",{}]`);
  equal([noted, answer!.slice(0, 23)], ["note unknown-type", 'station <! [4,"-1","Mes']);
  equal(new Talk("ocpp1.6").say("station", `[5,"${id}","X","",{}]`), ["note unknown-type"]);
});

Deno.test("message ids: the gateway answers to a number with a number, as who asked by it expects", () => {
  const taken = { pass: false, take: true, rule: "test.take" } as const;
  const talk = new Talk("ocpp2.0.1", "enforce", undefined, (action) => action === "Take" ? taken : undefined);
  talk.say("csms", '[2,7,"Take",{}]');
  equal(talk.answer("csms", "7", { payload: {} }, { faults: ["message-id-number"] }), ["csms <! [3,7,{}]"]);
  const [, refused] = talk.say("station", '[2,8.5,"Heartbeat",{}]');
  equal(refused!.slice(0, 24), 'station <! [4,8.5,"Forma');
  equal(talk.say("station", "[9,10]")[1]!.slice(0, 20), 'station <! [4,"-1","');
  const queue = new Talk();
  for (let i = 0; i <= OCPP_LIMITS.csmsQueueMessages; i++) queue.say("csms", `[2,${i},"ClearCache",{}]`);
  const answers = (lines: readonly string[]) => lines.filter((line) => line.startsWith("csms <!"));
  equal(answers(queue.say("csms", '[2,99,"ClearCache",{}]'))[0]!.slice(0, 15), 'csms <! [4,99,"');
  queue.tick(30);
  equal(answers(queue.tick(30))[0]!.slice(0, 14), 'csms <! [4,3,"');
});
