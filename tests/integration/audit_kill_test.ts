import assert from "node:assert/strict";
import { readSegmentLines, runAuditVerify } from "../../gateway/control/audit/verify_command.ts";
import { withDeadline } from "../support/wait_for.ts";

const KILLS = 20;
const WRITERS = 24;
const MOST_ACKNOWLEDGED = 1_500;
const WRITER_PROGRAM = new URL("../support/audit_writer.ts", import.meta.url).pathname;

/** Runs the writer, kills it with SIGKILL once `killAfter` records were acknowledged, and gives all acknowledged ones. */
async function writeAndKill(dataDir: string, round: number, killAfter: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", WRITER_PROGRAM, dataDir, `${round}`, `${WRITERS}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
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
  assert.equal((await child.status).signal, "SIGKILL");
  return acknowledged;
}

Deno.test("invariant 10: kill -9 under load, twenty times, loses no acknowledged record and the chain verifies", async () => {
  const dataDir = await Deno.makeTempDir();
  const acknowledged: string[] = [];
  try {
    for (let round = 0; round < KILLS; round++) {
      const killAfter = 1 + Math.floor(Math.random() * MOST_ACKNOWLEDGED);
      acknowledged.push(...await withDeadline(`round ${round}`, writeAndKill(dataDir, round, killAfter)));
    }
    const present = new Set<string>();
    for await (const { text, ended } of readSegmentLines(`${dataDir}/audit`)) {
      if (!ended) continue; // cut by the last kill; the next start would drop and note it
      const { seq, target } = JSON.parse(text!);
      present.add(`${seq} ${target}`);
    }
    assert.deepEqual(acknowledged.filter((line) => !present.has(line)), []);
    const report = await runAuditVerify({}, `${dataDir}/audit`);
    const faults = (report.data as { faults: readonly { kind: string }[] }).faults.filter(({ kind }) =>
      kind !== "torn"
    );
    assert.deepEqual(faults, []);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
