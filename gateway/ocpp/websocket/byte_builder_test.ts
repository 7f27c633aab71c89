import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ByteBuilder } from "./byte_builder.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

Deno.test("byte builder: gives what was added, in order, however it grew", () => {
  const builder = new ByteBuilder();
  let expected = "";
  for (let i = 0; i < 2_000; i++) {
    builder.add(bytes(`${i},`));
    expected += `${i},`;
  }
  equal(builder.length, expected.length);
  equal(text(builder.view()), expected);
  equal(text(builder.take()), expected);
  equal([builder.length, builder.view().length], [0, 0]);
});

Deno.test("byte builder: what was taken is not written over by what comes next", () => {
  const builder = new ByteBuilder();
  builder.add(bytes("first"));
  const taken = builder.take();
  builder.add(bytes("OTHER"));
  equal(text(taken), "first");
});

Deno.test("byte builder: holds at most about twice what came", () => {
  const builder = new ByteBuilder();
  for (let i = 0; i < 10_000; i++) builder.add(bytes("x"));
  ok(builder.view().buffer.byteLength <= 20_480, `${builder.view().buffer.byteLength}`);
});
