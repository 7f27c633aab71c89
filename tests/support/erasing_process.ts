import { runEraseGateway } from "../../gateway/cli/erase_gateway.ts";

/**
 * `gateway decommission erase` that stops at one of its acts, says so and stays there until it is killed. Arguments: site.yaml, site
 * id, certificate, act.
 */
if (import.meta.main) {
  const [config = "", site = "", certificate = "", last = ""] = Deno.args;
  await runEraseGateway({ config, site, certificate, "site-files": true }, async (act) => {
    if (act !== last) return;
    await Deno.stdout.write(new TextEncoder().encode(`${act}\n`));
    await new Promise(() => setInterval(() => {}, 60_000));
  });
}

/** Runs it as a process of its own and kills it as a power cut would when it has made that act. */
export async function eraseUpTo(config: string, site: string, certificate: string, act: string): Promise<void> {
  const flags = ["run", "--no-prompt", "--allow-all"];
  const args = [...flags, new URL(import.meta.url).pathname, config, site, certificate, act];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  const errors = new Response(child.stderr).text();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (text.includes(`${act}\n`)) child.kill("SIGKILL");
  }
  const { signal } = await child.status, said = await errors;
  if (signal !== "SIGKILL") throw new Error(`It ended by itself before "${act}": ${said}`);
}
