import assert from "node:assert/strict";
import { AuditRig } from "../../tests/support/audit_rig.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { createAuditFeature } from "../control/audit/feature.ts";
import type { CommandResult } from "../control/contract.ts";
import { createAuditCommands } from "./audit_commands.ts";

function commandsOf(rig: AuditRig) {
  const feature = createAuditFeature({ site: undefined as never }, rig.audit);
  const written: string[] = [];
  const end = new AbortController();
  const commands = createAuditCommands({
    run: (command, args) => feature.commands![command]!(args, "mia"),
    write: async (text) => void written.push(text),
    timers: new ManualTime(),
    signal: end.signal,
  });
  return { commands, written, end };
}

Deno.test("audit commands: verify runs on a folder without a site or a gateway", async () => {
  await using rig = await AuditRig.open();
  await rig.say("deed");
  await rig.audit.checkpoint();
  const result = await commandsOf(rig).commands["audit verify"]!({ dir: rig.dir }) as CommandResult;
  assert.equal(result.ok, true);
});

Deno.test("audit commands: verify finds the folder of the site", async () => {
  await using rig = await AuditRig.open();
  await rig.say("deed");
  await rig.audit.checkpoint();
  const config = `${rig.dataDir}/site.yaml`;
  Deno.writeTextFileSync(config, `version: 1\nsite: { id: garage-12, dataDir: "${rig.dataDir}" }\n`);
  const result = await commandsOf(rig).commands["audit verify"]!({ config }) as CommandResult;
  assert.equal(result.ok, true);
});

Deno.test("audit commands: export writes to the terminal, or to a new file and never over an old one", async () => {
  await using rig = await AuditRig.open();
  await rig.say("deed");
  const { commands, written } = commandsOf(rig);
  assert.equal(await commands["audit export"]!({}), 0);
  assert.equal(written.join(""), `${rig.lines().join("\n")}\n`);
  const file = `${rig.dataDir}/export.jsonl`;
  const result = await commands["audit export"]!({ file, class: "access" }) as CommandResult;
  assert.deepEqual(result.data, { file, count: 1 });
  assert.equal(Deno.readTextFileSync(file), `${rig.lines()[1]}\n`);
  await assert.rejects(commands["audit export"]!({ file }), Deno.errors.AlreadyExists);
});

Deno.test("audit commands: tail answers once, or follows until interrupted", async () => {
  await using rig = await AuditRig.open();
  await rig.say("deed");
  const { commands, written, end } = commandsOf(rig);
  const once = await commands["audit tail"]!({}) as CommandResult;
  assert.match(once.text, /on deed$/);
  end.abort();
  assert.equal(await commands["audit tail"]!({ follow: true }), 0);
  assert.deepEqual(written, [`${once.text}\n`]);
});
