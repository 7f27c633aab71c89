import { equal } from "node:assert/strict";
import { withDeadline } from "./wait_for.ts";

const KILLS = 20;
const WRITERS = 24;
const MOST_ACKNOWLEDGED = 1_500;

/**
 * Starts a writing program twenty times and kills it with SIGKILL at a random point each time. The program gets its
 * place, the round and the number of writers, and prints one line per acknowledged write.
 * @param after called when a round's process is dead, with all lines that it printed
 */
export async function killTwentyTimes(
  program: "audit_writer.ts" | "store_writer.ts",
  place: string,
  after: (round: number, acknowledged: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (let round = 0; round < KILLS; round++) {
    const killAfter = 1 + Math.floor(Math.random() * MOST_ACKNOWLEDGED);
    const lines = await withDeadline(`round ${round}`, writeAndKill(program, place, round, killAfter), 180_000);
    equal(lines.length >= killAfter, true);
    await after(round, lines);
  }
}

async function writeAndKill(program: string, place: string, round: number, killAfter: number): Promise<string[]> {
  const flags = ["run", "--no-prompt", "--allow-read", "--allow-write"];
  const args = [...flags, new URL(program, import.meta.url).pathname, place, `${round}`, `${WRITERS}`];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  const acknowledged: string[] = [];
  let rest = "", killed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    acknowledged.push(...lines);
    if (killed || acknowledged.length < killAfter) continue;
    child.kill("SIGKILL");
    killed = true;
  }
  equal((await child.status).signal, "SIGKILL");
  return acknowledged;
}
