import { deepEqual, equal, ok } from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { encodeMbap } from "../../gateway/modbus/codec_mbap.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { MODBUS_RULES_TEXT, type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";

/** Registers that hold their own address. */
function ruler(): Registers {
  const registers = new Registers();
  for (let at = 0; at < 200; at++) registers.set("holding", at, at);
  return registers;
}

const RULES = MODBUS_RULES_TEXT +
  "- { id: raw, effect: allow, because: A test, clients: [legacy], access: read, unknown: true }\n";

/** Patience with the device: it lives in the process of the test, which may stand still for a while on a busy machine. */
const PATIENCE_MS = 2_000;

/** A site with a plaintext listener in front of one TCP device of unit 1. */
async function withDevice(
  test: (site: ModbusSite, device: TcpDevice) => Promise<void>,
  line: object = {},
  more: object = {},
): Promise<void> {
  const device = await TcpDevice.start(new Map([[1, ruler()]]));
  const lines = [{ id: "device", tcp: `127.0.0.1:${device.port}`, responseTimeoutMs: PATIENCE_MS, ...line }];
  const units = [{ unit: 1, line: "device", device: 1 }];
  try {
    await withModbusSite({ lines, units, rules: RULES, more }, (site) => test(site, device));
  } finally {
    await device.stop();
  }
}

Deno.test("modbus: a slow device costs its client an exception, never the connection, and its late answers are nobody's", async () => {
  await withDevice(async (site, device) => {
    const right = device.reply;
    const client = await ModbusClient.connect(site.plainPort);
    deepEqual(await client.read(1, 3, 5), [5]);
    const late: (() => void)[] = [];
    device.reply = (frame, socket) => void late.push(() => right(frame, socket));
    deepEqual(await client.read(1, 3, 6), [-0x0b]);
    deepEqual(await client.read(1, 3, 7), [-0x0b]);
    device.reply = right;
    for (let at = 10; at < 30; at++) {
      if (at % 10 === 5) late.shift()!();
      deepEqual(await client.read(1, 3, at), [at], "never a late one's value");
    }
    await waitFor("the late answers to be noted", async () => {
      const { data } = await site.gateway.command("modbus lines");
      return JSON.stringify(data).includes("late-answer");
    });
    equal(client.strays, 0);
    client.close();
  }, { retries: 0 });
});

Deno.test("modbus: a device that restarts, answers garbage or closes each rested connection is served all the same", async () => {
  await withDevice(async (site, device) => {
    const right = device.reply;
    const client = await ModbusClient.connect(site.plainPort);
    for (let round = 0; round < 5; round++) {
      deepEqual(await client.read(1, 3, round), [round]);
      device.cut();
    }
    deepEqual(await client.read(1, 3, 40), [40]);
    let turn = 0;
    device.reply = (frame, socket) => {
      if (turn++ === 0) socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      else right(frame, socket);
    };
    deepEqual(await client.read(1, 3, 50), [50], "a read is asked again over a new connection");
    device.reply = (frame, socket) => socket.write(encodeMbap({ ...frame, pdu: Uint8Array.of(3, 4, 0, 0, 0, 0) }));
    deepEqual(await client.read(1, 3, 51), [-0x0b], "an answer that does not fit is none");
    device.reply = right;
    await waitFor("the device to be served", async () => (await client.read(1, 3, 52))[0] === 52);
    await device.stop();
    await waitFor("0A without a path", async () => (await client.read(1, 3, 53))[0] === -0x0a);
    client.close();
  }, { retries: 1, reconnectDelayMs: 50 });
});

Deno.test("modbus: a client that does not read its answers is closed, the others notice nothing", async () => {
  await withDevice(async (site) => {
    const slow = connectTcp({ host: "127.0.0.1", port: site.plainPort });
    const closed = new Promise<void>((resolve) => slow.on("close", () => resolve()));
    slow.on("error", () => slow.destroy());
    slow.pause();
    const ask = encodeMbap({ transaction: 1, unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 125) });
    const flood = new Uint8Array(ask.length * 30);
    for (let at = 0; at < 30; at++) flood.set(ask, at * ask.length);
    const stop = systemTimers.every(2, () => {
      if (!slow.destroyed && slow.writableLength < 1_000_000) slow.write(flood);
    });
    const other = await ModbusClient.connect(site.plainPort);
    try {
      await withDeadline("the slow client to be closed", closed, 120_000);
      deepEqual(await other.read(1, 3, 9), [9]);
    } finally {
      stop();
      slow.destroy();
      other.close();
    }
    await waitFor("the record", async () => {
      const { data } = await site.gateway.command("audit tail", { lines: "100" });
      return JSON.stringify(data).includes("modbus.client.slow");
    });
  });
});

Deno.test("modbus: where Workers are apart a reload changes rules, units and lines, and no client loses its connection", async () => {
  const second = await TcpDevice.start(new Map([[1, ruler()]]));
  await withDevice(
    async (site, device) => {
      const client = await ModbusClient.connect(site.plainPort);
      deepEqual(await client.read(1, 3, 5), [5]);
      const line = { id: "device", tcp: `127.0.0.1:${device.port}` };
      await site.rewrite({ rules: MODBUS_RULES_TEXT });
      site.gateway.reload();
      await waitFor("the stricter rules", async () => (await client.read(1, 3, 5))[0] === -1);
      const more = {
        lines: [line, { id: "more", tcp: `127.0.0.1:${second.port}` }],
        units: [{ unit: 1, line: "device", device: 1 }, { unit: 2, line: "more", device: 1 }],
      };
      await site.rewrite({ ...more, rules: RULES });
      const { data } = await site.gateway.command("reload", { plan: true });
      ok(JSON.stringify(data).includes("modbus-lines: is replaced because it gains net"), JSON.stringify(data));
      ok(!/modbus-[01]: is replaced/.test(JSON.stringify(data)));
      site.gateway.reload();
      await waitFor("the new unit", async () => (await client.read(2, 3, 6))[0] === 6);
      await waitFor("the old unit", async () => (await client.read(1, 3, 7))[0] === 7);
      equal(client.strays, 0);
      await site.rewrite({ ...more, rules: "- { id: broken, effect: perhaps }\n" });
      site.gateway.reload();
      await waitFor("the refusal of the broken rules", async () => {
        return JSON.stringify((await site.gateway.command("alarms list")).data).includes("configuration.refused");
      });
      deepEqual(await client.read(2, 3, 8), [8], "the old rules stay (invariant 4)");
      client.close();
    },
    {},
    { workers: "separate" },
  );
  await second.stop();
});

Deno.test("modbus: plain Modbus is for named sources only, and for as many clients as allowed", async () => {
  const device = await TcpDevice.start(new Map([[1, ruler()]]));
  const lines = [{ id: "device", tcp: `127.0.0.1:${device.port}` }];
  const options = { lines, units: [{ unit: 1, line: "device", device: 1 }], rules: RULES };
  await withModbusSite({ ...options, plainHost: "127.0.0.3", sources: ["127.0.0.4/32"] }, async (site) => {
    const stranger = connectTcp({ host: "127.0.0.3", port: site.plainPort });
    stranger.on("error", () => stranger.destroy());
    await withDeadline(
      "the end of the stranger",
      new Promise<void>((resolve) => stranger.on("close", () => resolve())),
    );
    const known = connectTcp({ host: "127.0.0.3", port: site.plainPort, localAddress: "127.0.0.4" });
    const client = await ModbusClient.over(known);
    deepEqual(await client.read(1, 3, 5), [5]);
    client.close();
    await waitFor("the record", async () => {
      const { data } = await site.gateway.command("audit tail", { lines: "100" });
      return JSON.stringify(data).includes("modbus.source");
    });
  });
  await device.stop();
});
