import { deepEqual, equal } from "node:assert/strict";
import { hasRepeatedMember } from "./json_members.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { readBody, readForm } from "./request_parameters.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (text: string) => readBody("application/json;charset=UTF-8", bytes(text));
const rule = (read: ReturnType<typeof readForm>) => "rule" in read ? read.rule : "taken";

Deno.test("ui parameters: a form's names and values, decoded once", () => {
  deepEqual(readForm("a=1&b=%41+%2541&c&=d&e=f=g&&"), [["a", "1"], ["b", "A %41"], ["c", ""], ["", "d"], ["e", "f=g"]]);
  deepEqual(readForm(""), []);
  deepEqual(readBody("application/x-www-form-urlencoded", bytes("k=%C3%BC")), [["k", "ü"]]);
});

for (const text of ["a=%", "a=%zz", "a=%FF", "a=1;b=2", "a=1\r\nb=2", "a =1", "a=\0"]) {
  Deno.test(`ui parameters: ${JSON.stringify(text)} could be read in two ways and is refused`, () => {
    deepEqual(readForm(text), { status: 400, rule: "ui.parameters.form" });
  });
}

Deno.test("ui parameters: settings in JSON, in every place of the list", () => {
  deepEqual(json('{"params":[{"key":"A_web","value":"1"},{"value":true,"key":"B_web"},{"key":"C","value":{"x":1}}]}'), [
    ["A_web", "1"],
    ["B_web", "true"],
    ["C", '{"x":1}'],
  ]);
});

Deno.test("ui parameters: other JSON by the names on the way to each value", () => {
  deepEqual(json('{"a":{"b":[1,{"c":null}]},"key":"k","value":"v","more":1}'), [
    ["a.b", "1"],
    ["a.b.c", "null"],
    ["key", "k"],
    ["value", "v"],
    ["more", "1"],
  ]);
  deepEqual(json("5"), [["", "5"]]);
  deepEqual(json("{}"), []);
});

for (
  const text of [
    '{"key":"A","key":"B","value":"1"}',
    '{"key":"A","KEY":"B","value":"1"}',
    '{"key":"A","\\u006bey":"B","value":"1"}',
    '{"params":[],"params":[{"key":"B","value":"1"}]}',
    '[{"a":{"x":1,"y":[{}],"x":2}}]',
  ]
) {
  Deno.test(`ui parameters: ${text} names a member twice and is refused`, () => {
    equal(rule(json(text)), "ui.parameters.repeated");
  });
}

Deno.test("ui parameters: members of different objects may share a name, also where texts look like syntax", () => {
  for (const text of ['[{"a":1},{"a":2}]', '{"a":{"a":{"a":1}}}', '{"a":"\\"a\\":{","b":"}"}', '{"a":"a","b":"a:"}']) {
    equal(hasRepeatedMember(text), false, text);
  }
});

Deno.test("ui parameters: a body that nobody can judge is refused by its type", () => {
  for (
    const type of [
      undefined,
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/xml",
      "application/json-patch+json",
    ]
  ) {
    deepEqual(readBody(type, bytes("{}")), { status: 415, rule: "ui.parameters.type" });
  }
  equal(rule(readBody("application/json; charset=utf-16", bytes("{}"))), "ui.parameters.type");
  deepEqual(readBody(undefined, bytes("")), []);
});

Deno.test("ui parameters: what is no JSON or no UTF-8 is refused", () => {
  for (const text of ["", "{", "{'a':1}", '{"a":1,}', "NaN", "{}{}"]) {
    equal(rule(json(text)), text === "" ? "taken" : "ui.parameters.json", text);
  }
  equal(rule(readBody("application/json", new Uint8Array([0x22, 0xff, 0x22]))), "ui.parameters.form");
  equal(rule(json("\ufeff{}")), "ui.parameters.json", "a mark that JSON.parse does not know");
});

Deno.test("ui parameters: as many as the limit pass, one more is refused, in a form and in JSON", () => {
  const form = (count: number) => Array.from({ length: count }, (_, at) => `k${at}=v`).join("&");
  const list = (count: number) => JSON.stringify(Array.from({ length: count }, () => 1));
  const most = UI_PROXY_LIMITS.parameters;
  equal(rule(readForm(form(most))), "taken");
  equal(rule(readForm(form(most + 1))), "ui.parameters.count");
  equal(rule(json(list(most))), "taken");
  equal(rule(json(list(most + 1))), "ui.parameters.count");
});

Deno.test("ui parameters: JSON as deep as the limit passes, one deeper is refused", () => {
  const nested = (depth: number) => "[".repeat(depth) + "1" + "]".repeat(depth);
  equal(rule(json(nested(UI_PROXY_LIMITS.jsonDepth))), "taken");
  equal(rule(json(nested(UI_PROXY_LIMITS.jsonDepth + 1))), "ui.parameters.count");
});

Deno.test("ui parameters: a body as long as the limit passes, one byte more is refused", () => {
  const form = (length: number) => readBody("application/x-www-form-urlencoded", bytes("a=".padEnd(length, "v")));
  equal(rule(form(UI_PROXY_LIMITS.judgedBodyBytes)), "taken");
  deepEqual(form(UI_PROXY_LIMITS.judgedBodyBytes + 1), { status: 413, rule: "ui.parameters.bytes" });
});
