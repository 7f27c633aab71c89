import assert from "node:assert/strict";
import type { ModbusRequest } from "./codec.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { readForPerson } from "./person_read.ts";

const asked: [string, number, ModbusRequest][] = [];
/** Answers registers, bits, an exception, in turn with what was asked. */
const reader = {
  read: (who: string, unit: number, request: ModbusRequest) => {
    asked.push([who, unit, request]);
    if (request.function === 1) return Promise.resolve(Uint8Array.of(1, 1, 0b101));
    if (request.function === 4) return Promise.resolve(Uint8Array.of(0x84, 2));
    return Promise.resolve(Uint8Array.of(3, 2, 1, 2));
  },
};

Deno.test("modbus person read: registers, bits and exceptions, one request after the other", async () => {
  const { answers } = await readForPerson(reader, 11, "person eva", [
    { table: "holding", address: 5, quantity: 1 },
    { table: "coil", address: 6, quantity: 3 },
    { table: "input", address: 7, quantity: 1 },
  ]);
  assert.deepEqual(answers, [{ registers: [258] }, { registers: [1, 0, 1] }, { exception: 2 }]);
  assert.deepEqual(asked[1], ["person eva", 11, { function: 1, address: 6, quantity: 3 }]);
});

Deno.test("modbus person read: as many parts as the limit, and not one more", async () => {
  const spans = Array(MODBUS_LIMITS.personReads + 1).fill({ table: "holding", address: 5, quantity: 1 });
  assert.equal((await readForPerson(reader, 11, "x", spans)).answers.length, MODBUS_LIMITS.personReads);
});
