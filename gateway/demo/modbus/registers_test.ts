import { deepEqual, equal } from "node:assert/strict";
import { Registers } from "./registers.ts";

const ask = (registers: Registers, ...pdu: number[]) => [...registers.answer(Uint8Array.from(pdu))];

Deno.test("demo registers: reads and writes answer as a device does, what is not there is exception 02", () => {
  const registers = new Registers();
  registers.set("holding", 10, 7, 8);
  registers.setLong("holding", 20, 0x0001_0002);
  registers.setFloat("input", 0, 230.5);
  deepEqual(ask(registers, 3, 0, 10, 0, 2), [3, 4, 0, 7, 0, 8]);
  deepEqual(ask(registers, 3, 0, 20, 0, 2), [3, 4, 0, 1, 0, 2]);
  deepEqual(ask(registers, 4, 0, 0, 0, 2), [4, 4, 0x43, 0x66, 0x80, 0]);
  deepEqual(ask(registers, 3, 0, 11, 0, 2), [0x83, 2]);
  deepEqual(ask(registers, 6, 0, 10, 1, 0), [6, 0, 10, 1, 0]);
  deepEqual(ask(registers, 16, 0, 10, 0, 2, 4, 0, 1, 0, 2), [16, 0, 10, 0, 2]);
  deepEqual(ask(registers, 6, 0, 99, 1, 0), [0x86, 2]);
  deepEqual(registers.writes, [{ address: 10, values: [256] }, { address: 10, values: [1, 2] }]);
  equal(registers.get("holding", 11), 2);
});

Deno.test("demo registers: what a device does not know is exception 01", () => {
  for (const pdu of [[0x41], [1, 0, 0, 0, 1], [3, 0], []]) equal(ask(new Registers(), ...pdu).at(-1), 1);
});
