import { equal } from "node:assert/strict";
import { crc32 } from "./crc32.ts";

Deno.test("crc32: the check value of its definition, an empty text, and the end chunk of every PNG", () => {
  equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  equal(crc32(new Uint8Array()), 0);
  equal(crc32(new TextEncoder().encode("IEND")), 0xae426082);
});
