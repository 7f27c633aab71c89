import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "../core/errors.ts";
import { encodeCallError, parseFrame } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";

const CODE = { code: "OCPP_MALFORMED" };

Deno.test("ocpp codec: reads the five message types", () => {
  equal(parseFrame('[2,"a","Heartbeat",{}]'), { type: 2, id: "a", action: "Heartbeat", payload: {}, faults: [] });
  equal(parseFrame('[3,"a",{"status":"Accepted"}]'), {
    type: 3,
    id: "a",
    action: "",
    payload: { status: "Accepted" },
    faults: [],
  });
  equal(parseFrame('[4,"a","NotImplemented","no",{}]').errorCode, "NotImplemented");
  equal(parseFrame('[5,"a","FormatViolation","no",{}]').type, 5);
  equal(parseFrame('[6,"a","NotifyPeriodicEventStream",{"id":1}]').action, "NotifyPeriodicEventStream");
});

Deno.test("ocpp codec: an unknown message type keeps its id for the answer, an unusable id becomes -1", () => {
  equal([parseFrame('[9,"x"]').type, parseFrame('[9,"x"]').id], [9, "x"]);
  for (const text of ["[0]", "[1,5]", '[7,{"a":1}]', `[8,"${"i".repeat(37)}"]`]) equal(parseFrame(text).id, "-1");
});

const MALFORMED: readonly [name: string, text: string][] = [
  ["nothing", ""],
  ["no JSON", "[2,"],
  ["truncated by the station", '[2,"a","BootNotification",{"chargePointVen'],
  ["an object", '{"a":1}'],
  ["a text", '"[2]"'],
  ["an empty list", "[]"],
  ["a type in quotes", '["2","a","Heartbeat",{}]'],
  ["a type with a fraction", '[2.5,"a","Heartbeat",{}]'],
  ["no id", '[2,null,"Heartbeat",{}]'],
  ["an id that is a list", '[2,["a"],"Heartbeat",{}]'],
  ["no action", '[2,"a"]'],
  ["an action that is no text", '[2,"a",7,{}]'],
  ["an empty action", '[2,"a","",{}]'],
  ["two messages in one", '[2,"a","Heartbeat",{}][2,"b","Heartbeat",{}]'],
];
for (const [name, text] of MALFORMED) {
  Deno.test(`ocpp codec: ${name} is malformed`, () => {
    throws(() => parseFrame(text), CODE);
  });
}

Deno.test("ocpp codec: what is odd but readable is a fault, not an error", () => {
  const faults = (text: string) => parseFrame(text).faults;
  equal(faults('[2,123,"Heartbeat",{}]'), ["message-id-number"]);
  equal(parseFrame('[2,123,"Heartbeat",{}]').id, "123");
  equal(faults('[2,"","Heartbeat",{}]'), ["message-id-empty"]);
  equal(faults('[2,"a","Heartbeat"]'), ["action-missing-payload"]);
  equal(faults('[2,"a","Heartbeat",[]]'), ["payload-not-object"]);
  equal(faults('[3,"a",null]'), ["payload-not-object"]);
  equal(faults('[2,"a","Heartbeat",{},1]'), ["extra-elements"]);
  equal(faults('[3,"a",{},1]'), ["extra-elements"]);
  equal(faults('[4,"a","X","",{},1]'), ["extra-elements"]);
});

Deno.test("ocpp codec: text beyond ASCII hides no key and makes none", () => {
  const faults = (payload: string) => parseFrame(`[2,"a","X",${payload}]`).faults;
  equal(faults('{"é:{[":"日本:\\"語","🔌":"\\\\"}'), []);
  equal(faults('{"ключ":1,"ключ":2}'), ["duplicate-keys"]);
  const text = '[2,"a","DataTransfer",{"vendorId":"ü","data":"€:💡"}]';
  equal(parseFrame(text, new TextEncoder().encode(text)), parseFrame(text));
});

Deno.test("ocpp codec: two equal keys are found at any depth, escaped or not", () => {
  const faults = (payload: string) => parseFrame(`[2,"a","Authorize",${payload}]`).faults;
  equal(faults('{"idTag":"A","idTag":"B"}'), ["duplicate-keys"]);
  equal(faults('{"idTag":"A","id\\u0054ag":"B"}'), ["duplicate-keys"]);
  equal(faults('{"a":[{"b":1,"b":1}]}'), ["duplicate-keys"]);
  equal(faults('{"a":{"b":1},"c":{"b":1},"x":"a:b,\\"c\\":1"}'), []);
  equal(faults('{"__proto__":1,"constructor":{"toString":2}}'), []);
});

Deno.test("ocpp codec: nesting, id and action at the limit pass and one past it do not", () => {
  const nested = (depth: number) => `[2,"a","X",${'{"a":'.repeat(depth - 1)}1${"}".repeat(depth - 1)}]`;
  equal(parseFrame(nested(OCPP_LIMITS.jsonDepth)).faults, []);
  throws(() => parseFrame(nested(OCPP_LIMITS.jsonDepth + 1)), CODE);
  const id = (length: number) => parseFrame(`[2,"${"i".repeat(length)}","X",{}]`).faults;
  equal(id(OCPP_LIMITS.messageIdChars), []);
  equal(id(OCPP_LIMITS.messageIdChars + 1), ["message-id-long"]);
  equal(id(OCPP_LIMITS.messageIdCharsMax), ["message-id-long"]);
  throws(() => id(OCPP_LIMITS.messageIdCharsMax + 1), CODE);
  const action = (length: number) => parseFrame(`[2,"a","${"A".repeat(length)}",{}]`).action.length;
  equal(action(OCPP_LIMITS.actionChars), OCPP_LIMITS.actionChars);
  throws(() => action(OCPP_LIMITS.actionChars + 1), CODE);
});

Deno.test("ocpp codec: a deep bomb is refused without recursion", () => {
  throws(() => parseFrame("[".repeat(60_000)), CODE);
  throws(() => parseFrame(`[2,"a","X",${'{"a":'.repeat(10_000)}`), CODE);
});

Deno.test("ocpp codec: braces and quotes inside texts are text", () => {
  const frame = parseFrame('[2,"a","DataTransfer",{"data":"}]{\\"[[[:\\\\","x":"\\\\"}]');
  equal(frame.faults, []);
  equal((frame.payload as { data: string }).data, '}]{"[[[:\\');
});

Deno.test("ocpp codec: a message with nothing in it means the same whichever way it is read", () => {
  parseFrame('[2,"a","Heartbeat",{ }]'); // its name is known from here on
  const limit = OCPP_LIMITS.messageIdChars;
  const ids = [
    "a",
    "1",
    "i".repeat(limit),
    "i".repeat(limit + 1),
    "",
    " ",
    "ü",
    "日本",
    "\u007f",
    "\u0001",
    "]",
    ",{}]",
    '"',
    "\\",
  ];
  const texts = ids.map((id) => JSON.stringify(id)).concat('"\\u0061"', '"a\\"', '"\t"', '"a', "7", "null", '["a"]');
  const actions = ["Heartbeat", "Hearbeat", "", "H\u0065"].map((action) => JSON.stringify(action)).concat(
    '"Heart\\u0062eat"',
    "7",
  );
  const ends = [",{}]", ", {}]", ",{}", ",{}]]", ",{},1]", ",[]]", ',{"a":1}]', "]", ""];
  for (const id of texts) {
    for (const end of ends) {
      for (const head of [`[3,${id}`, `[4,${id}`, ...actions.map((action) => `[2,${id},${action}`)]) {
        const text = head + end;
        equal([text, outcome(text)], [text, outcome(` ${text}`)]);
      }
    }
  }
});

/** What a text is read as; a blank before it makes it one that is read in full. */
function outcome(text: string): unknown {
  try {
    return parseFrame(text);
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("ocpp codec: own errors are valid messages with a bounded description", () => {
  const text = encodeCallError("a", "GenericError", "x".repeat(999), { rule: "r" });
  const [type, id, code, description, details] = JSON.parse(text);
  equal([type, id, code, description.length, details], [4, "a", "GenericError", 255, { rule: "r" }]);
  equal(parseFrame(text).type, 4);
});

Deno.test("ocpp codec: any JSON message decodes to what JSON.parse says", () => {
  const payload = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));
  fc.assert(
    fc.property(fc.string({ maxLength: 36, minLength: 1 }), payload, (id, value) => {
      const frame = parseFrame(JSON.stringify([2, id, "DataTransfer", value], null, 1));
      equal(frame.payload, JSON.parse(JSON.stringify(value)));
      equal(frame.faults, []);
    }),
    { seed: 20260101, numRuns: 300 },
  );
});

Deno.test("ocpp codec: 10,000 seeded mutations decode or are malformed, never anything else", () => {
  const vectors = [
    '[2,"19223201","BootNotification",{"chargePointVendor":"Bender","chargePointModel":"CC613"}]',
    '[3,"19223201",{"status":"Accepted","currentTime":"2013-02-01T20:53:32.486Z","interval":300}]',
    '[4,"162376037","NotSupported","SetDisplayMessageRequest not implemented",{}]',
    '[2,"7","TransactionEvent",{"eventType":"Started","idToken":{"idToken":"\\u0041","type":"ISO14443"},"x":1.0}]',
  ];
  const random = lcg(20260101);
  let decoded = 0;
  for (let i = 0; i < 10_000; i++) {
    const text = mutate(vectors[i % vectors.length]!, random);
    try {
      parseFrame(text);
      decoded++;
    } catch (error) {
      ok(error instanceof ProtocolError && error.code === "OCPP_MALFORMED", `${text}: ${error}`);
    }
  }
  ok(decoded > 500 && decoded < 9_500, `${decoded} of 10,000 still decoded: the mutations do too little or too much`);
});

function lcg(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
}

const PIECES = ['"', "\\", "{", "}", "[", "]", ":", ",", "\\u0000", "1e999", "null", "\u0000", "\ud800", '"a":1,'];

function mutate(text: string, random: (below: number) => number): string {
  let changed = text;
  for (let times = random(3); times >= 0; times--) {
    const at = random(changed.length + 1), length = random(4);
    const piece = random(2) === 0 ? PIECES[random(PIECES.length)]! : String.fromCharCode(random(256));
    changed = changed.slice(0, at) + piece + changed.slice(at + length);
  }
  return changed;
}

Deno.test("ocpp codec: names of actions are kept once up to the limit, and read as they are past it", () => {
  const actions = Array.from({ length: OCPP_LIMITS.actionNames + 2 }, (_, i) => `Vendor${i}`);
  for (let round = 0; round < 2; round++) {
    for (const action of [...actions, "__proto__", "7"]) {
      equal(parseFrame(JSON.stringify([2, "1", action, {}])).action, action);
    }
  }
});
