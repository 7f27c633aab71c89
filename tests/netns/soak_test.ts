import { equal, ok } from "node:assert/strict";
import { ALL_FAULTS } from "../soak/faults.ts";
import { runCommand } from "../support/run_command.ts";

Deno.test("soak: two minutes of every fault lose no session, break no audit chain and leave memory flat", async () => {
  const script = new URL("../soak/main.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "--no-prompt", "-q", "-A", script, "--minutes", "2", "--seed", "1"] as const;
  const { code, stdout, stderr } = await runCommand(command, { seconds: 400 });
  equal(code, 0, `${stdout}\n${stderr}`);
  for (const { name } of ALL_FAULTS) ok(stdout.includes(`${name}: `), `${name} did not happen:\n${stdout}`);
  ok(stdout.includes("SOAK OK"), stdout);
});
