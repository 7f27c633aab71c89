import assert from "node:assert/strict";
import { ConfigError } from "../core/errors.ts";
import { loadSite } from "./load.ts";

const SEED = 20_261_121;
const ROUNDS = 500;
const SCRAPS = [
  "null",
  "[]",
  "{}",
  "-1",
  "1e999",
  ".nan",
  "''",
  "&a [*a]",
  "*a",
  "!x y",
  "|\n",
  "\t",
  "- ",
  ": ",
  "\0",
  "é",
  "012",
];

/** Small reproducible generator (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** One change of one line: cut, doubled, its value replaced, a piece removed. */
function mutate(text: string, random: (below: number) => number): string {
  const lines = text.split("\n");
  const at = random(lines.length);
  const line = lines[at]!;
  const scrap = SCRAPS[random(SCRAPS.length)]!;
  switch (random(5)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      lines[at] = line.replace(/: .*/, `: ${scrap}`);
      break;
    case 3:
      lines[at] = line.slice(0, random(line.length + 1)) + scrap + line.slice(random(line.length + 1));
      break;
    default:
      lines[at] = line.replace(/[\w.:/-]+(?=\s*[,}\]])/, scrap);
  }
  return lines.join("\n");
}

Deno.test(`config load: every mutation of a good site is a site or a list of faults with places (seed ${SEED})`, async () => {
  const file = new URL("../../examples/garage/site.yaml", import.meta.url).pathname;
  const good = await Deno.readTextFile(file);
  const rules = new TextEncoder().encode("- { id: a, effect: allow, because: x }\n");
  const random = randomOf(SEED);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let text = good;
    for (let change = random(3); change >= 0; change--) text = mutate(text, random);
    const bytes = new TextEncoder().encode(text);
    const isRules = (path: string) => path.endsWith("/rules/ocpp.yaml");
    const readFile = (path: string) =>
      Promise.resolve(path === file ? bytes : isRules(path) ? rules : new Uint8Array(20));
    try {
      await loadSite(file, { readFile });
    } catch (error) {
      assert.ok(error instanceof ConfigError, `round ${round}: ${error instanceof Error ? error.stack : error}`);
      assert.ok(error.faults.length > 0, `round ${round}`);
      for (const fault of error.faults) {
        assert.match(fault, /:\d+:\d+ [^\n]+: [^\n]+, wanted [^\n]+$/, `round ${round}: ${fault}`);
      }
      refused++;
    }
  }
  assert.ok(refused > ROUNDS / 3, `only ${refused} mutations were refused`);
});
