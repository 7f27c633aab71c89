// deno task soak [--minutes N] [--seed N]: stations charge through a real gateway while one fault after another comes and
// goes. As root it gets a network namespace and a small disk of its own; without, it leaves out what needs them.
import { option, say } from "../bench/ocpp/site.ts";
import { openNetwork, runInOwnNetwork } from "./network.ts";
import { soak } from "./soak.ts";

const INSIDE = "--inside";
const isInside = Deno.args.includes(INSIDE);
if (Deno.uid() === 0 && !isInside) Deno.exit(await runInOwnNetwork(new URL(import.meta.url), [...Deno.args, INSIDE]));

const network = isInside ? await openNetwork() : undefined;
const minutes = option("minutes", 30), seed = option("seed", 1);
say(
  `${minutes} minutes, seed ${seed}, ${network ? `packets lost by ${network.by}` : "no root: no loss, no full disk"}`,
);
const { wrong, rounds, sessions, memory } = await soak({ minutes, seed, network, say });
const mib = memory.map((bytes) => (bytes / 1_048_576).toFixed(0)).join(", ");
say(`${rounds} rounds, ${sessions} sessions at the CSMS, resident memory after each round: ${mib} MiB`);
for (const line of wrong) say(`WRONG: ${line}`);
say(wrong.length === 0 ? "SOAK OK: no session lost, chain verified, memory flat" : `SOAK FAILED: ${wrong.length}`);
Deno.exit(wrong.length === 0 ? 0 : 1);
