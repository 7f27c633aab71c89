import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { World } from "../../gateway/demo/demo_world.ts";
import { assertNothingLost, connects, keepsCharging, knock, recorded } from "../support/failure_matrix.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** hald beside a site, without hardware. */
function startHald(folder: string): Deno.ChildProcess {
  const daemon = new URL("../../hal/daemon.ts", import.meta.url).pathname;
  const args = ["600", Deno.execPath(), "run", "-A", "--cached-only", "--no-prompt", daemon];
  const more = ["--socket", `${folder}/hal.sock`, "--config", `${folder}/hald.json`];
  return new Deno.Command("timeout", { args: [...args, ...more], stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
}

async function end(hald: Deno.ChildProcess): Promise<void> {
  hald.kill("SIGTERM");
  await hald.status;
}

/** Starts the gateway again with hald in its configuration. */
async function useHald({ gateway, site: { configFile, folder } }: World): Promise<void> {
  const callers = [{ user: Deno.uid(), may: ["read", "secret", "act"] }];
  await Deno.writeTextFile(`${folder}/hald.json`, JSON.stringify({ callers }));
  const yaml = await Deno.readTextFile(configFile);
  await Deno.writeTextFile(configFile, `${yaml}hal: { socket: "${folder}/hal.sock" }\n`);
  await gateway.stop();
}

const links = ({ gateway }: World) => gateway.lines.filter((line) => line.includes("hald.link.opened")).length;

Deno.test("failure matrix: hald is away", (t) =>
  withWorld(async (world) => {
    await useHald(world);
    let hald = startHald(world.site.folder);
    try {
      await world.startGateway();
      await waitFor("the link to hald", () => links(world) === 1);
      await powerOnAll(world);
      await chargeAll(world);
      await end(hald);
      await waitFor("the loss", () => world.gateway.lines.some((line) => line.includes("hald.link.lost")));
      await t.step("failure matrix: hald / stations connected: open: they charge on", async () => {
        await keepsCharging(world);
        deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
      });
      await t.step("failure matrix: hald / new station connections: open", async () => equal(await knock(world), 101));
      await t.step("failure matrix: hald / people and commands: open: they answer", async () => {
        match((await world.gateway.command("status")).text, /all Workers are ready/);
      });
      await t.step("failure matrix: hald / audit: open", async () => {
        equal((await recorded(world, "control.command.ran"))["outcome"], "ok");
      });
      hald = startHald(world.site.folder);
      await t.step(
        "failure matrix: hald / back in service: by itself within seconds, without a restart; only a start with the key in a TPM or token waits for it",
        async () => {
          await waitFor("the link again", () => links(world) === 2);
          const { data } = await world.gateway.command("status");
          const workers = Object.values((data as { workers: Record<string, { restarts: number }> }).workers);
          ok(workers.every(({ restarts }) => restarts === 0));
        },
      );
      await t.step("failure matrix: hald / transaction messages: open: none is lost", async () => {
        await unplugAll(world);
        assertNothingLost(world);
      });
    } finally {
      await end(hald);
    }
  }));
