// deno task malformed [--count N] [--seed N]: broken frames, handshakes and closes against a real gateway.
import { option, say } from "../bench/ocpp/site.ts";
import { runMalformed } from "./run.ts";

const count = option("count", 100_000), seed = option("seed", 1);
say(`${count} cases, seed ${seed}`);
const { wrong, lines } = await runMalformed(count, seed);
for (const line of lines) say(line);
for (const line of wrong) say(`WRONG: ${line}`);
say(wrong.length === 0 ? "MALFORMED OK: no crash, no leak, nothing altered" : `MALFORMED FAILED: ${wrong.length}`);
Deno.exit(wrong.length === 0 ? 0 : 1);
