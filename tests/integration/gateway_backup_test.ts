import { equal, match } from "node:assert/strict";
import { runOk } from "../support/run_command.ts";
import { runAuditVerify } from "../../gateway/control/audit/verify_command.ts";
import { exists } from "../../gateway/control/backup/restore_target.ts";
import { waitFor } from "../support/wait_for.ts";

const REPOSITORY = new URL("../../", import.meta.url).pathname;
const FLAGS = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
const RUN = ["run", ...FLAGS, `${REPOSITORY}main.ts`];

/** A command of main.ts that ends by itself; its text. */
const command = (...args: string[]) => runOk([Deno.execPath(), ...RUN, ...args]);

/** Runs a site until `use` is done, then stops it with SIGTERM. */
async function withGateway(site: string, use: () => Promise<void>): Promise<void> {
  const args = [...RUN, "run", "--config", `${site}/site.yaml`];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  let output = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) output += text;
  })();
  try {
    await waitFor("READY", () => output.includes("READY"));
    await use();
  } finally {
    child.kill("SIGTERM");
    await reading;
  }
  equal((await child.status).code, 0);
}

Deno.test("backup: a running gateway is backed up, restored onto a spare box, starts there with a gap record, and its audit chain verifies", async () => {
  const folder = await Deno.makeTempDir();
  const site = `${folder}/site`, spare = `${folder}/spare`, key = `${folder}/recovery.key`;
  try {
    await Deno.mkdir(site);
    await command("backup", "key", key);
    const yaml =
      `# the garage\nversion: 1\nsite: { id: g12 }\nbackup: { recoveryKeyFile: ${key}.pub, targets: [{ folder: ../backups }] }\n`;
    await Deno.writeTextFile(`${site}/site.yaml`, yaml);
    await withGateway(site, async () => {
      match(
        await command("backup", "--config", `${site}/site.yaml`),
        /^bulkhead-g12-\S+ \(\d+ bytes, audit up to \d+\)\n {2}\.\.\/backups: ok/,
      );
    });
    const [backup] = [...Deno.readDirSync(`${folder}/backups`)];
    const restored = await command("restore", `${folder}/backups/${backup!.name}`, "--identity", key, "--to", spare);
    match(restored, /Restored site g12 .* 0 newer revocations/s);
    equal(await Deno.readTextFile(`${spare}/site.yaml`), yaml);
    await withGateway(spare, () => Promise.resolve());
    equal(await exists(`${spare}/data/restored.json`), false);
    const { ok, text, data } = await runAuditVerify({}, `${spare}/data/audit`);
    equal(ok ?? true, true, text);
    equal(JSON.stringify(data).includes('"gaps":[]'), false, text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
