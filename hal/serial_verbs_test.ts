import { deepEqual, equal, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { systemClock } from "../gateway/core/clock.ts";
import { systemTimers } from "../gateway/core/timers.ts";
import { connectHald, type HaldClient } from "./client.ts";
import { type FakeHald, startFakeHald } from "./fake_daemon.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { SerialSettings } from "./serial_lines.ts";

const SETTINGS: SerialSettings = {
  device: "/dev/ttyRS485",
  baud: 9_600,
  parity: "even",
  stopBits: 1,
  rs485: "adapter",
  silenceMicros: 4_010,
};

async function withHald(test: (client: HaldClient, hald: FakeHald) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const hald = await startFakeHald(`${folder}/hal.sock`);
  const client = connectHald(`${folder}/hal.sock`, { clock: systemClock, timers: systemTimers });
  try {
    await test(client, hald);
  } finally {
    client.close();
    await hald.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const base64 = (...bytes: number[]) => Buffer.from(bytes).toString("base64");

Deno.test("hald serial: a line is opened as wanted, bytes go out and come in, and it is given back", async () => {
  await withHald(async (client, { serial }) => {
    const { line } = await client.call("serial.open", SETTINGS);
    const port = serial.ports[0]!;
    deepEqual(port.settings, SETTINGS);
    await client.call("serial.send", { line, bytes: base64(1, 2, 3) });
    deepEqual([...port.sent[0]!], [1, 2, 3]);
    port.hear(9);
    port.hear(8, 7);
    deepEqual((await client.call("serial.receive", { line, withinMs: 1_000 })).pieces, [base64(9), base64(8, 7)]);
    await client.call("serial.close", { line });
    equal(port.isGone, true);
    await rejects(client.call("serial.send", { line, bytes: base64(1) }), { code: "HAL_SERIAL_GONE" });
  });
});

Deno.test("hald serial: the devices of hald.json are listed, those that are not plugged in too", async () => {
  await withHald(async (client, { serial }) => {
    serial.devices = [{ device: "/dev/ttyA", isThere: true }, { device: "/dev/ttyB", isThere: false }];
    deepEqual((await client.call("serial.list", {})).devices, serial.devices);
  });
});

Deno.test("hald serial: whoever opens a line takes it over, and the one before is told", async () => {
  await withHald(async (client, { serial }) => {
    const { line: first } = await client.call("serial.open", SETTINGS);
    const waiting = rejects(client.call("serial.receive", { line: first, withinMs: 5_000 }), {
      code: "HAL_SERIAL_GONE",
    });
    const { line: second } = await client.call("serial.open", SETTINGS);
    await waiting;
    await client.call("serial.send", { line: second, bytes: base64(5) });
    equal(serial.ports[1]!.sent.length, 1);
  });
});

Deno.test("hald serial: unplugged while somebody waits", async () => {
  await withHald(async (client, { serial }) => {
    const { line } = await client.call("serial.open", SETTINGS);
    const waiting = rejects(client.call("serial.receive", { line, withinMs: 5_000 }), /ttyRS485.* gone: unplugged/);
    serial.ports[0]!.close("unplugged");
    await waiting;
  });
});

Deno.test("hald serial: values that a line cannot have are refused before the device is touched", async () => {
  await withHald(async (client, { serial }) => {
    const bad = [{ device: "/etc/passwd" }, { device: "/dev/../etc/passwd\0" }, { baud: 300 }, { silenceMicros: 0 }];
    for (const change of bad) {
      await rejects(client.call("serial.open", { ...SETTINGS, ...change }), { code: "HAL_BAD_VALUE" });
    }
    equal(serial.ports.length, 0);
    const { line } = await client.call("serial.open", SETTINGS);
    const most = new Uint8Array(HAL_LIMITS.serialPieceBytes);
    await client.call("serial.send", { line, bytes: base64(...most) });
    await rejects(client.call("serial.send", { line, bytes: base64(...most, 1) }), { code: "HAL_BAD_VALUE" });
    await rejects(client.call("serial.send", { line, bytes: "" }), { code: "HAL_BAD_VALUE" });
    const withinMs = HAL_LIMITS.serialWaitMs + 1;
    await rejects(client.call("serial.receive", { line, withinMs }), { code: "HAL_BAD_VALUE" });
  });
});

Deno.test("hald serial: who may only read opens no line", async () => {
  await withHald(async (_, { peer, serial }) => {
    peer.peer = { pid: 1, uid: 0, gid: 0 }; // root may look
    const folder = await Deno.makeTempDir();
    const other = await startFakeHald(`${folder}/hal.sock`);
    other.peer.peer = { pid: 1, uid: 0, gid: 0 };
    const client = connectHald(`${folder}/hal.sock`, { clock: systemClock, timers: systemTimers });
    await rejects(client.call("serial.open", SETTINGS), { code: "HAL_CALLER_REFUSED" });
    equal(serial.ports.length, 0);
    client.close();
    await other.close();
    await Deno.remove(folder, { recursive: true });
  });
});
