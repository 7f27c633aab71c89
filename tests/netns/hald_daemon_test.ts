import assert from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";
import { connectHald } from "../../hal/client.ts";
import { startSoftwareTpm } from "../../hal/testing/software_tpm.ts";

/** Starts the real daemon as a process of its own. */
function startDaemon(args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
  const entry = new URL("../../hal/daemon.ts", import.meta.url).pathname;
  const command = ["run", "--no-prompt", "-A", "--cached-only", entry, ...args];
  return new Deno.Command(Deno.execPath(), { args: command, env, stdin: "null", stdout: "piped", stderr: "null" })
    .spawn();
}

async function linesOf(child: Deno.ChildProcess): Promise<{ event: string; why?: string }[]> {
  const text = await new Response(child.stdout).text();
  return text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

Deno.test("hald: the real daemon serves its owner from a TPM, tells systemd, and stops clean", async () => {
  const folder = await Deno.makeTempDir();
  await using tpm = await startSoftwareTpm(`${folder}/tpm`);
  const systemd = Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/notify` });
  const [socket, config] = [`${folder}/hal.sock`, `${folder}/hald.json`];
  const keyStore = { kind: "tpm", folder: `${folder}/keys`, tcti: tpm.tcti };
  const callers = [{ user: Deno.uid(), may: ["read", "secret"] }];
  await Deno.writeTextFile(`${folder}/watchdog`, "");
  const watchdog = { device: `${folder}/watchdog`, timeoutSeconds: 30 };
  await Deno.writeTextFile(config, JSON.stringify({ callers, keyStore, watchdog }));
  const env = { NOTIFY_SOCKET: `${folder}/notify`, WATCHDOG_USEC: "20000" };
  const daemon = startDaemon(["--socket", socket, "--config", config], env);
  const output = linesOf(daemon);
  const heard = async () => new TextDecoder().decode((await withDeadline("systemd", systemd.receive()))[0]);
  try {
    const messages = [await heard(), await heard()];
    assert.ok(messages.includes("READY=1\nSTATUS=serving") && messages.includes("WATCHDOG=1"), messages.join("|"));
    const client = connectHald(socket, { clock: systemClock, timers: systemTimers });
    const store = await client.keyStore();
    assert.deepEqual([store.kind, (await store.loadRootKey()).length], ["tpm", 32]);
    assert.ok((await client.call("net.links", {})).links.length > 0);
    assert.equal(typeof (await client.call("clock.state", {})).synchronised, "boolean");
    await assert.rejects(client.call("watchdog.pet", {}), /class act/);
    client.close();
  } finally {
    daemon.kill("SIGTERM");
    await withDeadline("the end of hald", daemon.status);
    systemd.close();
  }
  assert.equal((await daemon.status).code, 0);
  const events = (await output).map(({ event }) => event);
  assert.equal(events[0], "hald.service.started");
  assert.equal(events.at(-1), "hald.service.stopped");
  await assert.rejects(Deno.lstat(socket), Deno.errors.NotFound);
  assert.equal(await Deno.readTextFile(`${folder}/watchdog`), "V"); // Disarmed: this stop was meant.
  await Deno.remove(folder, { recursive: true });
});

for (
  const { name, args, wanted } of [
    { name: "no arguments", args: [], wanted: /--socket PATH/ },
    { name: "an option it does not know", args: ["--socket", "/x", "--listen", "0.0.0.0:1"], wanted: /nothing else/ },
    { name: "a configuration that is not there", args: ["--socket", "/x", "--config", "/nowhere"], wanted: /nowhere/ },
  ]
) {
  Deno.test(`hald: with ${name} it says so and does not start`, async () => {
    const daemon = startDaemon(args);
    const lines = await linesOf(daemon);
    assert.equal((await daemon.status).code, 1);
    assert.equal(lines[0]?.event, "hald.service.failed");
    assert.match(lines[0]?.why ?? "", wanted);
  });
}

Deno.test("hald: a caller list with a user that does not exist stops the start", async () => {
  const config = await Deno.makeTempFile();
  await Deno.writeTextFile(config, JSON.stringify({ callers: [{ user: "no-such-user-here", may: ["read"] }] }));
  const daemon = startDaemon(["--socket", `${config}.sock`, "--config", config]);
  const lines = await linesOf(daemon);
  assert.equal((await daemon.status).code, 1);
  assert.match(lines[0]?.why ?? "", /no-such-user-here/);
  await waitFor("clean-up", () => Deno.remove(config).then(() => true));
});
