import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { connect } from "node:net";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { ModbusClient } from "../../tests/support/modbus_client.ts";
import { waitFor, withDeadline } from "../../tests/support/wait_for.ts";
import type { WorkerContext } from "../core/conduit.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { DeskServer } from "./desk.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { startModbusDoor } from "./service.ts";
import type { DoorConfig, DoorListener } from "./worker_config.ts";

const LISTENER: DoorListener = {
  ...{ name: "legacy", host: "127.0.0.1", port: 0, tls: false, connections: 2, idleMs: 60_000 },
};

/** A door with a plaintext listener, control that notes audit records, and owners of lines that come and go. */
async function withDoor(
  test: (rig: Awaited<ReturnType<typeof openDoor>>) => Promise<void>,
  change: Partial<DoorListener> = {},
): Promise<void> {
  const rig = await openDoor(change);
  try {
    await test(rig);
  } finally {
    for (const close of rig.closers) close();
    const drained = rig.door.drain(1_000);
    rig.time.advance(2_000);
    await withDeadline("the drain", drained);
  }
}

async function openDoor(change: Partial<DoorListener>) {
  const time = new ManualTime(), audited: AuditEvent[] = [], closers: (() => void)[] = [];
  const call = (_method: string, event: AuditEvent) => Promise.resolve(void audited.push(event));
  const context = {
    ...{ name: "modbus-0", config: { listeners: [{ ...LISTENER, ...change }] }, control: { call, notify: () => {} } },
    ...{ log: nullLogger, metrics: nullMetrics, clock: time, timers: time },
  } as unknown as WorkerContext<DoorConfig>;
  let peer: PeerListener = () => {};
  const door = await startModbusDoor(context, (listener) => peer = listener);
  const port = Number(/:(\d+)$/.exec(door.listening!["modbus:legacy"]!)![1]);
  /** An owner of lines that answers each request with its number, or leaves it open. */
  const owner = (worker: string, number: number, answers = true) => {
    const { port1, port2 } = new MessageChannel(), asked: number[] = [];
    const _desk: DeskServer = new DeskServer(port2, {
      opened: () => {},
      closed: () => {},
      asked: ({ sequence }) => {
        asked.push(sequence);
        if (answers) _desk.answer(sequence, Uint8Array.of(3, 2, 0, number));
      },
    }, nullLogger);
    peer(worker, port1);
    closers.push(() => port1.close(), () => port2.close());
    return asked;
  };
  return { door, time, audited, closers, port, owner, leave: (worker: string) => peer(worker, undefined) };
}

Deno.test("modbus door: without an owner of the lines there is no path, with one there is, and clients stay", () =>
  withDoor(async ({ port, owner, leave, door }) => {
    const client = await ModbusClient.connect(port);
    deepEqual(await client.read(1, 3, 0), [-0x0a]);
    deepEqual(door.health(), { state: "degraded", why: "modbus-lines is not there" });
    owner("modbus-lines", 7);
    deepEqual(await client.read(1, 3, 0), [7]);
    deepEqual(door.health(), { state: "ok" });
    leave("modbus-lines");
    deepEqual(await client.read(1, 3, 0), [-0x0a]);
    owner("modbus-lines", 8);
    deepEqual(await client.read(1, 3, 0), [8]);
    client.close();
  }));

Deno.test("modbus door: a successor gets what is new, the one before it still answers, and what it cannot is 0A", () =>
  withDoor(async ({ port, owner, leave }) => {
    const client = await ModbusClient.connect(port);
    const asked = owner("modbus-lines", 1, false);
    const waiting = client.read(1, 3, 0);
    await waitFor("the request", () => asked.length === 1);
    owner("modbus-lines~2", 2);
    deepEqual(await client.read(1, 3, 0), [2]);
    leave("modbus-lines");
    deepEqual(await waiting, [-0x0a]);
    deepEqual(await client.read(1, 3, 0), [2]);
    equal(client.strays, 0);
    client.close();
  }));

Deno.test("modbus door: as many clients as allowed, one more is closed and stands in the audit trail", () =>
  withDoor(async ({ port, audited, owner }) => {
    owner("modbus-lines", 1);
    const clients = [await ModbusClient.connect(port), await ModbusClient.connect(port)];
    for (const client of clients) deepEqual(await client.read(1, 3, 0), [1]);
    const third = await ModbusClient.connect(port);
    await withDeadline("the end of the third", third.closed);
    deepEqual(audited.map(({ event, rule }) => [event, rule]), [["modbus.connection.refused", "modbus.connections"]]);
    for (const client of clients) client.close();
  }));

Deno.test("modbus door: who is no source any more is closed, by a reload that closes nobody else", () =>
  withDoor(async ({ port, audited, owner, door }) => {
    owner("modbus-lines", 1);
    const near = await ModbusClient.over(connect({ host: "127.0.0.1", port, localAddress: "127.0.0.5" }));
    const far = await ModbusClient.over(connect({ host: "127.0.0.1", port, localAddress: "127.0.0.6" }));
    for (const client of [near, far]) deepEqual(await client.read(1, 3, 0), [1]);
    await door.reconfigure!({ listeners: [{ ...LISTENER, sources: ["127.0.0.5/32"] }] });
    await withDeadline("the end of the far one", far.closed);
    deepEqual(await near.read(1, 3, 0), [1]);
    equal(audited.at(-1)!.rule, "modbus.source");
    await rejects(door.reconfigure!({ listeners: [{ ...LISTENER, port: 1 }] }), { code: "CFG_INVALID" });
    near.close();
  }));

Deno.test("modbus door: who sends no frames is closed and named, who rests too long is closed without a word", () =>
  withDoor(async ({ port, audited, time }) => {
    const client = await ModbusClient.connect(port);
    client.socket.write("GET / HTTP/1.1\r\n\r\n");
    await withDeadline("the end of the browser", client.closed);
    equal(audited[0]!.rule, "modbus.frame.malformed");
    const quiet = await ModbusClient.connect(port);
    await quiet.read(1, 3, 0);
    time.advance(60_000 + MODBUS_LIMITS.lineSweepMs);
    await withDeadline("the end of the quiet one", quiet.closed);
    equal(audited.length, 1);
  }));

Deno.test("modbus door: a drain accepts nobody and lets what is asked be answered", async () => {
  const rig = await openDoor({});
  const client = await ModbusClient.connect(rig.port);
  const asked = rig.owner("modbus-lines", 1, false);
  const waiting = client.read(1, 3, 0);
  await waitFor("the request", () => asked.length === 1);
  const drained = rig.door.drain(10_000);
  await rejects(ModbusClient.connect(rig.port));
  rig.leave("modbus-lines");
  deepEqual(await waiting, [-0x0a]);
  rig.time.advance(100);
  await withDeadline("the drain", drained);
  await withDeadline("the end of the client", client.closed);
  ok(rig.door.health().state === "degraded");
  for (const close of rig.closers) close();
});
