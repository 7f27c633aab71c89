import assert from "node:assert/strict";
import { runCommand, runOk } from "../support/run_command.ts";
import { withDeadline } from "../support/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const START = [
  "deno",
  "run",
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
];

/** A starter site whose listeners take any free port, so that tests can run beside each other. */
async function withStarterSite(run: (config: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "flags-" });
  try {
    await main(["init", `${folder}/site`]);
    const config = `${folder}/site/site.yaml`;
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(
      config,
      text.replace(/127\.0\.0\.1:(8443|8444|8445|9464)(?!\/)/g, "127.0.0.1:0"),
    );
    await run(config);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function main(args: readonly string[]): Promise<string> {
  return runOk([...START, "main.ts", ...args] as [string, ...string[]], { cwd: ROOT });
}

/** Starts the gateway, waits for READY, ends it with SIGTERM. The result is its exit code and all it wrote. */
async function runUntilReady(flags: readonly string[], config: string): Promise<{ code: number; text: string }> {
  const args = ["--signal=KILL", "60", "deno", "run", ...flags, "main.ts", "run", "--config", config];
  const child = new Deno.Command("timeout", { args, cwd: ROOT, stdout: "piped", stderr: "piped" }).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  let isTold = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (isTold || !/^READY .*$/m.test(text)) continue;
    isTold = true;
    child.kill("SIGTERM"); // timeout hands it on
  }
  const { code } = await child.status;
  return { code, text: text + await errors };
}

Deno.test("flags: the gateway starts and drains under exactly the flags it prints", async () => {
  await withStarterSite(async (config) => {
    const flags = (await main(["flags", "--config", config])).trim().split(" ");
    assert.ok(!flags.some((flag) => /^--allow-(run|ffi|all|read$|write$|env$)/.test(flag)), flags.join(" "));
    const { code, text } = await withDeadline("the run", runUntilReady(flags, config), 60_000);
    assert.match(text, /^READY .*control=/m);
    assert.equal(code, 0, text);
  });
});

Deno.test("flags: check says which permission is missing under too few of them", async () => {
  await withStarterSite(async (config) => {
    const flags = JSON.parse(await main(["flags", "--json", "--config", config])).flags as string[];
    const fewer = flags.filter((flag) => !flag.startsWith("--allow-write"));
    const outcome = await runCommand(["deno", "run", ...fewer, "main.ts", "check", "--config", config], { cwd: ROOT });
    assert.equal(outcome.code, 1, outcome.stderr);
    assert.match(outcome.stdout, /may not give Worker control the permission write .*data: see `flags`/);
    assert.match(outcome.stdout, /check: \d+ faults?, 0 warnings/);
  });
});
