import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { encodeMbap } from "./codec_mbap.ts";
import { encodeRtu } from "./codec_rtu.ts";
import { dialTcp } from "./dialer_tcp.ts";
import { MODBUS_LIMITS } from "./limits.ts";

const REQUEST = { transaction: 7, device: 1, pdu: Uint8Array.of(3, 0, 0, 0, 1) };
const ANSWER = Uint8Array.of(3, 2, 0, 9);

/** A driver towards a real port, what it told, and the device's end. */
async function rig(framing: "mbap" | "rtu", test: (tools: Awaited<ReturnType<typeof open>>) => Promise<void>) {
  const tools = await open(framing);
  try {
    await test(tools);
  } finally {
    tools.driver.close();
    for (const socket of tools.sockets) socket.destroy();
    await new Promise<void>((resolve) => tools.server.close(() => resolve()));
  }
}

async function open(framing: "mbap" | "rtu") {
  const sockets: Socket[] = [], heard: number[][] = [], told: string[] = [], time = new ManualTime();
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => heard.push([...bytes as Uint8Array]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const driver = dialTcp({ kind: "tcp", host: "127.0.0.1", port, framing }, {
    opened: () => void told.push("opened"),
    received: ({ transaction, device, pdu }) => void told.push(`${transaction ?? "-"} ${device}: ${pdu.join(" ")}`),
    noise: (bytes) => void told.push(`noise ${bytes}`),
    lost: (why) => void told.push(`lost: ${why}`),
  }, time);
  return { server, sockets, heard, told, driver, time };
}

Deno.test("modbus TCP driver: requests and answers with their transaction ids", () =>
  rig("mbap", async ({ driver, told, heard, sockets, time }) => {
    await waitFor("the connection", () => told.includes("opened"));
    equal(time.armed, 0, "the deadline of connecting is over");
    driver.transmit(REQUEST);
    await waitFor("the request", () => heard.length === 1);
    deepEqual(heard[0], [...encodeMbap({ transaction: 7, unit: 1, pdu: REQUEST.pdu })]);
    sockets[0]!.write(encodeMbap({ transaction: 7, unit: 1, pdu: ANSWER }));
    await waitFor("the answer", () => told.length === 2);
    equal(told[1], "7 1: 3 2 0 9");
  }));

Deno.test("modbus TCP driver: frames of a serial line in TCP have none", () =>
  rig("rtu", async ({ driver, told, heard, sockets }) => {
    await waitFor("the connection", () => told.includes("opened"));
    driver.transmit(REQUEST);
    await waitFor("the request", () => heard.length === 1);
    deepEqual(heard[0], [...encodeRtu({ address: 1, pdu: REQUEST.pdu })]);
    sockets[0]!.write(encodeRtu({ address: 1, pdu: ANSWER }));
    await waitFor("the answer", () => told.length === 2);
    equal(told[1], "- 1: 3 2 0 9");
  }));

Deno.test("modbus TCP driver: a stream without frames is noise, and the connection of no use any more", () =>
  rig("mbap", async ({ told, sockets }) => {
    await waitFor("the connection", () => told.includes("opened") && sockets.length === 1);
    sockets[0]!.write("HTTP/1.1 200 OK\r\n\r\n");
    await waitFor("the loss", () => told.length === 3);
    equal(told[1], "noise 19");
    match(told[2]!, /^lost: A frame has protocol id/);
  }));

Deno.test("modbus TCP driver: an end by the device is told once, an end of our own never", () =>
  rig("mbap", async ({ told, sockets, driver }) => {
    await waitFor("the connection", () => told.includes("opened") && sockets.length === 1);
    sockets[0]!.end();
    await waitFor("the loss", () => told.length > 1);
    driver.close();
    driver.transmit(REQUEST);
    deepEqual(told, ["opened", "lost: the device closed the connection"]);
  }));

Deno.test("modbus TCP driver: nobody there, and a device that never accepts", async () => {
  const told: string[] = [], time = new ManualTime();
  const events = { opened: () => {}, received: () => {}, noise: () => {}, lost: (why: string) => void told.push(why) };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  dialTcp({ kind: "tcp", host: "127.0.0.1", port, framing: "mbap" }, events, time);
  await waitFor("the refusal", () => told.length === 1);
  ok(/ECONNREFUSED/.test(told[0]!), String(told[0]));
  const tls = { caPem: "", certPem: "", keyPem: "", serverName: "device" };
  dialTcp({ kind: "tcp", host: "127.0.0.1", port, framing: "mbap", tls }, events, time);
  await waitFor("the refusal before TLS", () => told.length === 2);
  ok(/ECONNREFUSED/.test(told[1]!), String(told[1]));
  const late = dialTcp({ kind: "tcp", host: "127.0.0.1", port, framing: "mbap" }, events, time);
  time.advance(MODBUS_LIMITS.connectMs);
  equal(told[2], `it did not connect within ${MODBUS_LIMITS.connectMs} ms`);
  late.close();
});

Deno.test("modbus TCP driver: TLS begins over the connection, frames go both ways, one that breaks in the handshake is told once", async () => {
  const ca = new TestCa("Devices"), { certPem, keyPem } = ca.server(["device"]), heard: number[][] = [];
  const device = createTlsServer({ cert: certPem, key: keyPem }, (socket) => {
    socket.on("data", (bytes) => {
      heard.push([...bytes as Uint8Array]);
      socket.write(encodeMbap({ transaction: 7, unit: 1, pdu: ANSWER }));
    });
  });
  const deaf = createServer((socket) => void socket.once("data", () => socket.destroy()));
  const dialled = async (server: Server) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const told: string[] = [], { port } = server.address() as AddressInfo;
    const tls = { caPem: ca.pem, certPem, keyPem, serverName: "device" };
    const driver = dialTcp({ kind: "tcp", host: "127.0.0.1", port, framing: "mbap", tls }, {
      opened: () => void told.push("opened"),
      received: ({ transaction, pdu }) => void told.push(`${transaction}: ${pdu.join(" ")}`),
      noise: (bytes) => void told.push(`noise ${bytes}`),
      lost: (why) => void told.push(`lost: ${why}`),
    }, new ManualTime());
    return { told, driver };
  };
  const good = await dialled(device), broken = await dialled(deaf);
  await waitFor("the handshake", () => good.told.length === 1);
  good.driver.transmit(REQUEST);
  await waitFor("the answer", () => good.told.length === 2);
  deepEqual([good.told, heard.length], [["opened", "7: 3 2 0 9"], 1]);
  await waitFor("the broken one", () => broken.told.length > 0);
  match(broken.told.join(), /^lost: [^,]*$/);
  good.driver.close();
  await Promise.all([device, deaf].map((server) => new Promise((resolve) => server.close(resolve))));
  equal([good.told.length, broken.told.length].join(), "2,1");
});
