import { deepEqual } from "node:assert/strict";
import { runMalformed } from "../malformed/run.ts";

const SEED = 1, COUNT = 4_000;

Deno.test(`malformed: ${COUNT} broken frames, handshakes and closes (seed ${SEED}): no crash, no leak, nothing altered, neighbours undisturbed`, async () => {
  const { wrong } = await runMalformed(COUNT, SEED);
  deepEqual(wrong, []);
});
