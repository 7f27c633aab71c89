import assert from "node:assert/strict";
import { mutate } from "../../tests/support/mutate.ts";
import type { ModbusRequest } from "./codec.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { decodeResponse } from "./codec_response.ts";
import { EXCHANGES, hex } from "./testing/examples.ts";

Deno.test("modbus request: whatever is read is written with the same bytes (seeded, 100,000 mutations)", () => {
  let read = 0;
  for (const bytes of mutate(EXCHANGES.map(([, request]) => hex(request)), { count: 100_000, seed: 5 })) {
    let request: ModbusRequest;
    try {
      request = decodeRequest(bytes);
    } catch (error) {
      assert.match((error as { code: string }).code, /^MODBUS_(FUNCTION|ADDRESS|VALUE)$/);
      continue;
    }
    read++;
    // Spare bits of the last byte of written coils carry nothing, so they come back as zeros.
    if (request.function !== 15) assert.deepEqual(encodeRequest(request), bytes);
  }
  assert.ok(read > 5_000, `only ${read} of the mutations could be read`);
});

Deno.test("modbus response: mutations are taken or refused, never anything else (seeded, 95,000)", () => {
  for (const [index, [, request, response]] of EXCHANGES.entries()) {
    const asked = decodeRequest(hex(request));
    for (const bytes of mutate([hex(response)], { count: 5_000, seed: index })) {
      try {
        const meaning = decodeResponse(asked, bytes);
        if (meaning.kind === "registers" && asked.function === 3) {
          assert.equal(meaning.registers.length, asked.quantity);
        }
      } catch (error) {
        assert.equal((error as { code: string }).code, "MODBUS_RESPONSE");
      }
    }
  }
});
