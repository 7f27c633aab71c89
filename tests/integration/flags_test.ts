import assert from "node:assert/strict";
import { runCommand, runOk } from "../support/run_command.ts";
import { runGateway, START_FLAGS } from "../support/run_gateway.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const START = ["deno", "run", ...START_FLAGS];

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

Deno.test("flags: the gateway starts and drains under exactly the flags it prints", async () => {
  await withStarterSite(async (config) => {
    const flags = (await main(["flags", "--config", config])).trim().split(" ");
    assert.ok(!flags.some((flag) => /^--allow-(run|ffi|all|read$|write$|env$)/.test(flag)), flags.join(" "));
    const gateway = runGateway(config, flags);
    try {
      await gateway.ready(120_000);
    } finally {
      assert.equal(await gateway.stop(), 0, gateway.text());
    }
    assert.match(gateway.text(), /^READY .*control=/m);
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
