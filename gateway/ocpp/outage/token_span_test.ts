import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { findValues, replaceSpans, type TokenPath, tokenText } from "./token_span.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const found = (text: string, path: TokenPath) => {
  const bytes = encode(text);
  return findValues(bytes, path).map((span) => tokenText(bytes, span));
};
const replaced = (text: string, path: TokenPath, token: string) => {
  const bytes = encode(text);
  return decode(replaceSpans(bytes, findValues(bytes, path), token));
};

const CASES: readonly (readonly [name: string, text: string, path: TokenPath, tokens: readonly string[]])[] = [
  ["the message id", `[2,"a1","StopTransaction",{}]`, [1], [`"a1"`]],
  ["a numeric message id", `[2, 17 ,"X",{}]`, [1], ["17"]],
  ["a transaction id", `[2,"1","StopTransaction",{"meterStop":5,"transactionId":42}]`, [3, "transactionId"], ["42"]],
  ["a number as it was written", `[2,"1","X",{"transactionId":4.20e1}]`, [3, "transactionId"], ["4.20e1"]],
  ["a deeper one", `[2,"1","X",{"csChargingProfiles":{"transactionId":-7}}]`, [
    3,
    "csChargingProfiles",
    "transactionId",
  ], ["-7"]],
  ["both of two equal keys", `[2,"1","X",{"transactionId":1,"transactionId":2}]`, [3, "transactionId"], ["1", "2"]],
  ["an escaped key", `[2,"1","X",{"transaction\\u0049d":1}]`, [3, "transactionId"], ["1"]],
  ["no equal name further down", `[2,"1","X",{"meterValue":[{"transactionId":9}],"v":{"transactionId":8}}]`, [
    3,
    "transactionId",
  ], []],
  ["no name inside a text", `[2,"1","X",{"info":"\\"transactionId\\":1, {["}]`, [3, "transactionId"], []],
  ["a value among spaces", ` [ 2 , "1" , "X" , { "transactionId" : 5 } ] `, [3, "transactionId"], ["5"]],
  ["nothing behind the end", `[2,"1"]`, [3, "transactionId"], []],
  ["nothing in another kind of value", `[2,"1","X",7]`, [3, "transactionId"], []],
  ["a whole object", `[3,"1",{"a":{"b":["}"]}}]`, [2, "a"], [`{"b":["}"]}`]],
];
for (const [name, text, path, tokens] of CASES) {
  Deno.test(`token span: finds ${name}`, () => deepEqual(found(text, path), tokens));
}

Deno.test("token span: only the token changes; spaces, key order, escapes, odd numbers and signed data stay", () => {
  const text =
    `[2, "7" ,"StopTransaction",{"meterStop":1.0,"transactionId" :\t123 ,"x":"\\u00e9é","transactionData":[{"v":"OCMF|{\\"SA\\":\\"ECDSA\\"}|AB=="}]}]`;
  equal(replaced(text, [3, "transactionId"], "2000000001"), text.replace("123", "2000000001"));
});

Deno.test("token span: without a place nothing is copied", () => {
  const bytes = encode(`[2,"1","X",{}]`);
  equal(replaceSpans(bytes, [], "9"), bytes);
});

Deno.test("token span: agrees with JSON.parse about every message it edits (seeded, 2,000 runs)", () => {
  const value = fc.jsonValue({ maxDepth: 5 });
  const member = fc.oneof(fc.constant("transactionId"), fc.string());
  fc.assert(
    fc.property(fc.dictionary(member, value), fc.integer(), fc.nat(3), (payload, id, indent) => {
      const message = [2, "m", "MeterValues", { ...payload, transactionId: 5 }];
      const text = JSON.stringify(message, undefined, indent);
      const expected = [2, "m", "MeterValues", { ...payload, transactionId: id }];
      deepEqual(JSON.parse(replaced(text, [3, "transactionId"], String(id))), JSON.parse(JSON.stringify(expected)));
    }),
    { seed: 20_261_121, numRuns: 2_000 },
  );
});
