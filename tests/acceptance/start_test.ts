import { equal, match, ok, rejects } from "node:assert/strict";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { powerOnAll, withWorld } from "../support/gateway_process.ts";
import { runGateway } from "../support/run_gateway.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("product: a faulty site.yaml starts nothing and names every fault with line and column", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const configFile = `${folder}/site.yaml`;
    await Deno.writeTextFile(configFile, "version: 1\nsite: { id: demo, timezone: UTC }\nstations: [{ id: 12 }]\n");
    await rejects(
      GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers }),
      (error: Error) => {
        match(error.message, /DEMO|did not become ready: it ended with 1/);
        match(error.message, /site\.yaml:2:\d+ .*timezone.*timeZone/);
        match(error.message, /site\.yaml:3:\d+ /);
        return true;
      },
    );
    await rejects(Deno.stat(`${folder}/data`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("product: READY comes when everything listens, and the commands of a second process reach it", () =>
  withWorld(async (world) => {
    const ready = world.gateway.lines.find((line) => line.startsWith("READY "))!;
    match(ready, /console=https:\/\/127\.0\.0\.1:\d+/);
    match(ready, /wss:\/\/127\.0\.0\.1:\d+/);
    match(ready, /ws:\/\/127\.0\.0\.1:\d+/);
    const run = async (...args: string[]) => {
      const main = new URL("../../main.ts", import.meta.url).href;
      const flags = [
        "run",
        "--no-prompt",
        "--allow-net",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        "--allow-sys",
      ];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...flags, main, ...args, "--config", world.site.configFile],
      }).output();
      return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    };
    const status = await run("status", "--json");
    equal(status.code, 0, status.text);
    ok(JSON.parse(status.text));
    const why = await run("why", "CP001");
    match(why.text, /CP001/);
    const unknown = await run("why", "CP404");
    ok(unknown.code !== 0, unknown.text);
  }));

Deno.test("product: two gateways on one data folder: the second one ends and says why, the first goes on", () =>
  withWorld(async (world) => {
    await rejects(
      GatewayProcess.start({ ...world.site, timers: systemTimers }),
      /did not become ready: it ended with 1[^]*Cannot take the data folder ".*": another process owns it/,
    );
    equal((await world.gateway.command("status")).ok ?? true, true);
  }));

Deno.test("product: a second gateway on the same ports gets not one station, says why, and takes over when the first ends", () =>
  withWorld(async (world) => {
    const yaml = await Deno.readTextFile(world.site.configFile);
    const configFile = world.site.configFile.replace(/[^/]+$/, "second.yaml");
    const dataDir = `${world.site.dataDir}-second`;
    await Deno.writeTextFile(configFile, yaml.replace(/dataDir: .*?(?=[,\n}])/, `dataDir: ${dataDir}`));
    await withSecondGateway(configFile, async (lines) => {
      await waitFor("the log to say what is missing", () => lines().includes("gateway.start.incomplete"));
      match(lines(), /Cannot listen on .*: another process listens there, perhaps a second gateway/);
      await powerOnAll(world);
      await waitFor("every station to be listed as connected", async () => {
        const { text } = await world.gateway.command("stations");
        return text.split("\n").filter((line) => / connected/.test(line)).length >= world.stations.length;
      });
      equal(lines().includes("READY "), false);
      equal(await world.gateway.stop(), 0);
      await waitFor("READY of the second", () => lines().includes("READY "), 60_000);
    });
  }));

Deno.test("product: a taken console port keeps nobody from charging, and READY comes when the port is free", () =>
  withWorld(async (world) => {
    equal(await world.gateway.stop(), 0);
    const yaml = await Deno.readTextFile(world.site.configFile);
    const port = Number(/console:\s+listen: "?127\.0\.0\.1:(\d+)/.exec(yaml)?.[1]);
    const squatter = Deno.listen({ hostname: "127.0.0.1", port });
    await withSecondGateway(world.site.configFile, async (lines) => {
      await waitFor("the log to say what is missing", () => lines().includes("gateway.start.incomplete"));
      await powerOnAll(world);
      equal(lines().includes("READY "), false);
      squatter.close();
      await waitFor("READY", () => lines().includes("READY "), 40_000);
    });
  }));

/** Runs a second gateway; `use` may look at all that it has written. */
async function withSecondGateway(configFile: string, use: (lines: () => string) => Promise<void>): Promise<void> {
  const gateway = runGateway(configFile);
  try {
    await use(() => gateway.text());
  } finally {
    await gateway.stop();
  }
}
