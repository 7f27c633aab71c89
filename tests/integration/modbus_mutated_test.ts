import { deepEqual } from "node:assert/strict";
import { runModbusMutations } from "../malformed/modbus/run.ts";

const SEED = 1, COUNT = 4_000;

Deno.test(`modbus: ${COUNT} mutated requests (seed ${SEED}): no crash, no refused write at the device, each answered once, no badge shown`, async () => {
  const { wrong } = await runModbusMutations(COUNT, SEED);
  deepEqual(wrong, []);
});
