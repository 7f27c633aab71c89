import assert from "node:assert/strict";
import { parse } from "yaml";
import type { WorkerContext } from "../../gateway/core/conduit.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { createMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom } from "../../gateway/core/timers.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor, withDeadline } from "../../tests/support/wait_for.ts";
import { EchoConfig } from "./config.ts";
import { ECHO_LIMITS } from "./limits.ts";
import { echo } from "./mod.ts";
import { startEcho } from "./service.ts";

/** The configuration in README.md, which so stays true. */
async function exampleConfig(): Promise<EchoConfig> {
  const page = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const example = /```yaml\n([\s\S]*?)```/.exec(page)![1]!;
  return EchoConfig.parse(parse(example).echo);
}

/** The conduit on a free port, with a control that only remembers. */
async function startExample(time: ManualTime) {
  const recorded: unknown[] = [];
  const control = {
    call: (method: string, args: unknown) => (recorded.push({ method, args }), Promise.resolve({ sequence: 1 })),
  };
  const context = {
    name: "echo",
    config: { ...await exampleConfig(), listen: "127.0.0.1:0" },
    control,
    log: nullLogger,
    metrics: createMetrics(),
    clock: time,
    timers: time,
    random: systemRandom,
  } as unknown as WorkerContext<EchoConfig>;
  const service = await startEcho(context);
  const port = Number(new URL(service.listening!.echo!.replace("tcp:", "http:")).port);
  /** Drains past the deadline, so that a peer that keeps its end open holds up nothing. */
  const stop = async () => {
    const drained = service.drain(1_000);
    time.advance(1_000);
    await withDeadline("drain", drained);
  };
  return { service, port, recorded, stop };
}

/** Sends text and returns everything that comes back until `until` is in it or the connection ends. */
async function talk(connection: Deno.Conn, text: string, until: string): Promise<string> {
  await connection.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(1024);
  let heard = "";
  while (!heard.includes(until)) {
    const count = await withDeadline("an answer", connection.read(buffer));
    if (count === null) break;
    heard += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return heard;
}

Deno.test("echo service: echoes, refuses with the rule, audits the refusal, and drains", async () => {
  const time = new ManualTime();
  const { port, recorded, stop } = await startExample(time);
  using connection = await Deno.connect({ port });
  assert.equal(await talk(connection, "hello\n", "\n"), "hello\n");
  assert.equal(await talk(connection, "HEY\n", "\n"), "REFUSED no-shouting: Nobody shouts here\n");
  const [{ method, args }] = recorded as [{ method: string; args: { rule: string } }];
  assert.deepEqual([method, args.rule], ["audit.record", "no-shouting"]);
  await stop();
  assert.equal(await connection.read(new Uint8Array(1)), null);
  assert.equal(time.armed, 0);
});

Deno.test("echo service: a malformed line ends the connection, silence too", async () => {
  const time = new ManualTime();
  const { port, stop } = await startExample(time);
  using bad = await Deno.connect({ port });
  assert.equal(await talk(bad, "x".repeat(ECHO_LIMITS.lineBytes + 1), "never"), "");
  using silent = await Deno.connect({ port });
  assert.equal(await talk(silent, "hello\n", "\n"), "hello\n");
  time.advance(61_000);
  assert.equal(await withDeadline("the end", silent.read(new Uint8Array(1))), null);
  await stop();
});

Deno.test("echo service: one connection past the limit is closed at once", async () => {
  const { port, stop } = await startExample(new ManualTime());
  const inside: Deno.Conn[] = [];
  for (let count = 0; count < ECHO_LIMITS.connections; count++) {
    const connection = await Deno.connect({ port });
    inside.push(connection);
    assert.equal(await talk(connection, "in\n", "\n"), "in\n");
  }
  using outside = await Deno.connect({ port });
  const end = await waitFor("the refusal", () => outside.read(new Uint8Array(1)).then((count) => ({ count })));
  assert.equal(end.count, null);
  for (const connection of inside) connection.close();
  await stop();
});

Deno.test("echo service: new rules hold at once", async () => {
  const { service, port, stop } = await startExample(new ManualTime());
  using connection = await Deno.connect({ port });
  await service.reconfigure!({ ...await exampleConfig(), rules: [] });
  assert.match(await talk(connection, "hello\n", "\n"), /^REFUSED echo\.default/);
  await stop();
});

Deno.test("echo conduit: absent from the configuration it needs no Worker", async () => {
  const box = { configFile: "/site.yaml", configDir: "/", dataDir: "/data" };
  const files = { bytes: () => new Uint8Array(), text: () => "" };
  assert.deepEqual(echo.workers({}, box, files), []);
  const [spec] = echo.workers({ echo: await exampleConfig() }, box, files);
  assert.deepEqual(spec?.permissions, { net: ["127.0.0.1:7007"] });
});
