import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { ModbusClient } from "../../tests/support/modbus_client.ts";
import { waitFor, withDeadline } from "../../tests/support/wait_for.ts";
import type { WorkerContext } from "../core/conduit.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import type { RpcPort } from "../core/rpc.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { DeskClient } from "./desk.ts";
import { startModbusOne } from "./service_one.ts";
import { FakeLines, lineConfig } from "./testing/fake_line.ts";
import type { OneConfig } from "./worker_config.ts";

const CONFIG: OneConfig = {
  door: {
    listeners: [{ name: "legacy", host: "127.0.0.1", port: 0, tls: false, connections: 2, idleMs: 60_000 }],
  },
  lines: {
    lines: [lineConfig()],
    policy: {
      units: [{ unit: 11, line: "cp001", device: 255 }],
      profiles: [],
      rules: [{ id: "raw", effect: "allow", because: "A test", access: "read", unknown: true }],
      mode: "enforce",
      timeZone: "UTC",
    },
    weights: {},
  },
};

/** Listeners and lines in one isolate, a client, and devices that are the test's to play. */
async function withOne(test: (rig: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const rig = await open();
  try {
    await test(rig);
  } finally {
    const drained = rig.one.drain(1_000);
    rig.time.advance(2_000);
    await withDeadline("the drain", drained);
  }
}

async function open() {
  const time = new ManualTime(), fake = new FakeLines(), said: string[] = [];
  const call = (method: string) => {
    said.push(method);
    return Promise.resolve(method.includes("lease") ? { leases: [] } : undefined);
  };
  const context = {
    ...{ name: "modbus-one", config: CONFIG, control: { call, notify: () => {} } },
    ...{ log: nullLogger, metrics: nullMetrics, clock: time, timers: time },
  } as unknown as WorkerContext<OneConfig>;
  let peer: PeerListener = () => {};
  const one = await startModbusOne(context, (listener) => peer = listener, () => fake.open);
  const port = Number(/:(\d+)$/.exec(one.listening!["modbus:legacy"]!)![1]);
  const meet = (name: string, other: RpcPort | undefined) => peer(name, other);
  return { time, fake, said, one, meet, client: await ModbusClient.connect(port) };
}

Deno.test("modbus one Worker: a client's request goes to the device and back, what a rule refuses does not", () =>
  withOne(async ({ client, fake }) => {
    const read = client.read(11, 3, 7);
    await waitFor("the line to be wanted", () => fake.drivers.length === 1);
    fake.last.events.opened();
    await waitFor("the request", () => fake.last.sent.length === 1);
    fake.answer(Uint8Array.of(3, 2, 0, 42));
    deepEqual(await read, [42]);
    equal(await client.write(11, 7, 1), -1);
    equal(fake.last.sent.length, 1);
    client.close();
  }));

Deno.test("modbus one Worker: listeners of another zone in a Worker of their own are served as well, and may leave", () =>
  withOne(async ({ client, fake, meet }) => {
    const { port1, port2 } = new MessageChannel(), answers: string[] = [];
    meet("modbus-1", port2);
    const panel = new DeskClient(port1, (sequence, pdu) => void answers.push(`${sequence}: ${pdu.join(" ")}`));
    panel.opened(1, { client: "panel", source: "10.0.0.9", listener: "panel" });
    panel.ask({ sequence: 5, connection: 1, unit: 11, pdu: Uint8Array.of(3, 0, 7, 0, 1) });
    await waitFor("the line to be wanted", () => fake.drivers.length === 1);
    const own = client.read(11, 3, 9);
    fake.last.events.opened();
    fake.answer(Uint8Array.of(3, 2, 0, 42));
    await waitFor("the panel's answer", () => answers.length === 1);
    deepEqual(answers, ["5: 3 2 0 42"]);
    await waitFor("the request of this zone's client", () => fake.last.sent.length === 2);
    meet("modbus-1", undefined);
    fake.answer(Uint8Array.of(3, 2, 0, 43));
    deepEqual(await own, [43], "who left took nobody else's answer along");
    client.close();
    port1.close();
    port2.close();
  }));

Deno.test("modbus one Worker: a client that is gone takes back what it asked", () =>
  withOne(async ({ client, fake, one }) => {
    client.read(11, 3, 7).catch(() => {});
    await waitFor("the line to be wanted", () => fake.drivers.length === 1);
    client.close();
    const queued = async () => {
      const state = await one.handlers!["modbus.state"]!({}) as { lines: { queued: number }[] };
      return state.lines[0]!.queued;
    };
    await waitFor("the withdrawal", async () => await queued() === 0);
  }));

Deno.test("modbus one Worker: its health is that of the half that is worse, its handlers are those of both", () =>
  withOne(async ({ client, fake, one }) => {
    deepEqual(one.health(), { state: "ok" });
    const read = client.read(11, 3, 7);
    await waitFor("the line to be wanted", () => fake.drivers.length === 1);
    fake.last.events.lost("it is switched off");
    deepEqual(await read, [-0x0a]);
    deepEqual(one.health(), { state: "degraded", why: "line cp001: it is switched off" });
    deepEqual(
      ["trust.changed", "modbus.read", "modbus.state", "modbus.leases"].filter((name) => !(name in one.handlers!)),
      [],
    );
    client.close();
  }));

Deno.test("modbus one Worker: a new configuration is for both halves or for none", () =>
  withOne(async ({ client, one }) => {
    const units = [...CONFIG.lines.policy.units, { unit: 12, line: "cp001", device: 1 }];
    const lines = { ...CONFIG.lines, policy: { ...CONFIG.lines.policy, units, rules: [] } };
    const [listener] = CONFIG.door.listeners;
    const moved = { listeners: [{ ...listener!, host: "127.0.0.2" }] };
    await rejects(one.reconfigure!({ door: moved, lines }), /need a new Modbus Worker/);
    const answer = async () => (await client.ask(11, Uint8Array.of(43, 14, 1, 0))).join(" ");
    equal(await answer(), "171 1");
    await one.reconfigure!({ door: CONFIG.door, lines });
    deepEqual(await client.read(12, 3, 0), [-1], "no rule is left");
    client.close();
  }));
