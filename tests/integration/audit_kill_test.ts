import assert from "node:assert/strict";
import { readSegmentLines, runAuditVerify } from "../../gateway/control/audit/verify_command.ts";
import { killTwentyTimes } from "../support/kill_writer.ts";

Deno.test("invariant 10: kill -9 under load, twenty times, loses no acknowledged record and the chain verifies", async () => {
  const dataDir = await Deno.makeTempDir();
  const acknowledged: string[] = [];
  try {
    await killTwentyTimes(
      "audit_writer.ts",
      dataDir,
      (_round, lines) => Promise.resolve(void acknowledged.push(...lines)),
    );
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
