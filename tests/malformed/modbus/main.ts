// deno task malformed:modbus [--count N] [--seed N]: mutated Modbus requests against a real gateway.
import { option, say } from "../../bench/ocpp/site.ts";
import { runModbusMutations } from "./run.ts";

const count = option("count", 100_000), seed = option("seed", 1);
say(`${count} mutated requests, seed ${seed}`);
const { wrong, lines } = await runModbusMutations(count, seed);
for (const line of lines) say(line);
for (const line of wrong) say(`WRONG: ${line}`);
say(
  wrong.length === 0
    ? "MODBUS OK: no crash, no refused write at the device, one answer each"
    : `MODBUS FAILED: ${wrong.length}`,
);
Deno.exit(wrong.length === 0 ? 0 : 1);
