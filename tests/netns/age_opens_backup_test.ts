import { equal, match } from "node:assert/strict";
import { bytesPart, writeArchive } from "../../gateway/control/backup/archive.ts";
import { runNewRecoveryKey } from "../../gateway/cli/new_recovery_key.ts";

// Needs Debian's packages age and tar: backups must open without us.
async function run(
  command: string,
  args: readonly string[],
  input?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command(command, { args: [...args], stdin: "piped", stdout: "piped", stderr: "inherit" })
    .spawn();
  const writer = child.stdin.getWriter();
  if (input) await writer.write(input);
  await writer.close();
  const { success, stdout } = await child.output();
  equal(success, true, `${command} failed`);
  return stdout;
}

Deno.test("backup: opens with Debian's age and tar and the file that `backup key` wrote, and age's keys work with ours", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await runNewRecoveryKey({ file: `${folder}/ours` });
    await Deno.writeFile(`${folder}/age`, await run("age-keygen", []), { mode: 0o600 });
    const theirs = new TextDecoder().decode(await run("age-keygen", ["-y", `${folder}/age`])).trim();
    const ours = (await Deno.readTextFile(`${folder}/ours.pub`)).trim();
    const parts = [bytesPart("config/site.yaml", new TextEncoder().encode("version: 1\n"))];
    for (const [identity, recipient] of [["ours", ours], ["age", theirs]] as const) {
      const manifest = (packed: readonly { readonly name: string }[]) => ({ parts: packed }) as never;
      await writeArchive(`${folder}/b`, recipient, { parts, manifest });
      const tar = await run("age", ["--decrypt", "--identity", `${folder}/${identity}`, `${folder}/b`]);
      const listed = new TextDecoder().decode(await run("tar", ["--list", "--verbose"], tar));
      match(listed, /^-rw-------.* 11 .*config\/site\.yaml\n-rw-------.*manifest\.json\n$/);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
