import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FakeSerialLines, type FakeSerialPort } from "../../hal/fake_serial_lines.ts";
import { SerialPorts } from "../../hal/serial_ports.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { encodeRtu } from "./codec_rtu.ts";
import { dialSerial, type SerialTools } from "./dialer_serial.ts";
import { serialConfig } from "./testing/fake_line.ts";
import type { LinePlace } from "./worker_config.ts";

type SerialPlace = LinePlace & { readonly kind: "serial" };

/** A driver over a hald without a socket. */
function rig(change: Partial<SerialPlace> = {}, refuse?: string) {
  const lines = new FakeSerialLines(), ports = new SerialPorts(lines), time = new ManualTime();
  if (refuse !== undefined) lines.refuse = refuse;
  let isClosed = false;
  // deno-lint-ignore no-explicit-any
  const verbs: Record<string, (args: any) => Promise<unknown>> = {
    "serial.open": async (settings) => ({ line: await ports.open(settings) }),
    "serial.send": async ({ line, bytes }) => await ports.get(line).send(new Uint8Array(Buffer.from(bytes, "base64"))),
    "serial.receive": async ({ line, withinMs }) => ({
      pieces: (await ports.get(line).receive(withinMs)).map((piece) => Buffer.from(piece).toString("base64")),
    }),
    "serial.close": ({ line }) => Promise.resolve(ports.close(line)),
  };
  const call = (verb: string, args: unknown) => verbs[verb]!(args);
  const tools = {
    clock: time,
    timers: time,
    hald: () => ({ call, close: () => isClosed = true }),
  } as unknown as SerialTools;
  const told: string[] = [];
  const driver = dialSerial({ ...serialConfig().place as SerialPlace, ...change }, {
    opened: () => void told.push("opened"),
    received: ({ device, pdu }) => void told.push(`${device}: ${pdu.join(" ")}`),
    noise: (bytes) => void told.push(`noise ${bytes}`),
    lost: (why) => void told.push(`lost ${why}`),
  }, tools);
  const hear = (port: FakeSerialPort, bytes: Uint8Array) => port.hear(...bytes);
  return { lines, driver, told, hear, isClosed: () => isClosed, port: () => lines.ports.at(-1)! };
}

const REQUEST = { transaction: 1, device: 1, pdu: Uint8Array.of(6, 0, 1, 0, 2) };
const ANSWER = encodeRtu({ address: 1, pdu: REQUEST.pdu });

Deno.test("modbus serial driver: opens with the settings of the line, sends frames with a checksum, hears answers", async () => {
  const { driver, told, hear, port } = rig();
  await waitFor("the line", () => told.includes("opened"));
  const { kind: _kind, echo: _echo, ...settings } = serialConfig().place as SerialPlace;
  deepEqual(port().settings, settings);
  driver.transmit(REQUEST);
  deepEqual([...port().sent[0]!], [...ANSWER]);
  hear(port(), ANSWER.subarray(0, 5));
  hear(port(), ANSWER.subarray(5));
  await waitFor("the answer", () => told.length === 2);
  deepEqual(told, ["opened", "1: 6 0 1 0 2"]);
  driver.close();
  equal(port().isGone, true);
});

Deno.test("modbus serial driver: an adapter that hears itself is not taken for the device, whose answer looks the same", async () => {
  const { driver, told, hear, port } = rig({ echo: true });
  await waitFor("the line", () => told.includes("opened"));
  driver.transmit(REQUEST);
  hear(port(), ANSWER.subarray(0, 3));
  hear(port(), new Uint8Array([...ANSWER.subarray(3), ...ANSWER]));
  await waitFor("the answer", () => told.length === 2);
  deepEqual(told, ["opened", "1: 6 0 1 0 2"]);
  driver.transmit(REQUEST);
  hear(port(), encodeRtu({ address: 9, pdu: REQUEST.pdu })); // no echo came: somebody else speaks
  await waitFor("the stranger", () => told.length === 3);
  equal(told[2], "9: 6 0 1 0 2");
  driver.close();
});

Deno.test("modbus serial driver: a line that cannot be opened, or is pulled out, is lost with the reason", async () => {
  const refused = rig({}, "it is not plugged in");
  await waitFor("the refusal", () => refused.told.length > 0);
  deepEqual(refused.told, ["lost it is not plugged in"]);
  await waitFor("the connection to hald to be closed", refused.isClosed);
  const pulled = rig();
  await waitFor("the line", () => pulled.told.includes("opened"));
  pulled.port().close("it was unplugged");
  await waitFor("the loss", () => pulled.told.length > 1);
  ok(/^lost .*ttyS9" is gone: it was unplugged/.test(pulled.told[1]!), String(pulled.told[1]));
  await waitFor("the connection to hald to be closed", pulled.isClosed);
});

Deno.test("modbus serial driver: half a frame before a request is noise, not the beginning of its answer", async () => {
  const { driver, told, hear, port } = rig();
  await waitFor("the line", () => told.includes("opened"));
  hear(port(), ANSWER.subarray(0, 4));
  hear(port(), Uint8Array.of(0));
  await waitFor("both pieces to be taken", async () => {
    await Promise.resolve();
    driver.transmit(REQUEST);
    return told.includes("noise 5");
  });
  driver.close();
});

Deno.test("modbus serial driver: one that was closed while it opened gives the line back", async () => {
  const { driver, told, isClosed, lines } = rig();
  driver.close();
  await waitFor("hald to be left", isClosed);
  await waitFor("the line to be given back", () => lines.ports.every(({ isGone }) => isGone));
  deepEqual(told, []);
});
