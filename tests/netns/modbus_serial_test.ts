import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { askSerialDevices } from "../../gateway/cli/ask_serial_devices.ts";
import { runCheck } from "../../gateway/cli/check.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { decodeRtu, encodeRtu } from "../../gateway/modbus/codec_rtu.ts";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { connectHald } from "../../hal/client.ts";
import { HaldProcess } from "../support/hald_process.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { seeded } from "../support/mutate.ts";
import { SerialLine } from "../support/serial_line.ts";
import { waitFor } from "../support/wait_for.ts";

/** A meter: voltages and currents of profile eastron-sdm630. */
function meter(volts: number): Registers {
  const registers = new Registers();
  for (let at = 0; at < 80; at += 2) registers.setFloat("input", at, volts + at);
  return registers;
}

const tlsOf = (site: ModbusSite, name: string, role?: string) => {
  const { certPem, keyPem } = site.client(name, role);
  return { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" };
};

const serialOf = (line: SerialLine, listenSeconds = 0) => ({
  ...{ device: line.device, baud: line.baud, parity: "none", stopBits: 1, listenSeconds },
});

Deno.test("modbus: ten clients share one line of 9600 baud fairly (max/min served <= 1.2), and no two frames meet on it", async () => {
  await using line = await SerialLine.open(9_600, new Map([[1, meter(230)], [2, meter(400)]]));
  await using hald = await HaldProcess.start([line.device]);
  const lines = [{ id: "meters", serial: serialOf(line), deadlineMs: 20_000 }];
  const units = [1, 2].map((unit) => ({ unit, line: "meters", device: unit })); // without profile: nothing from memory
  const rules = "- { id: raw, effect: allow, because: A test, roles: [Reader], access: read, unknown: true }\n";
  await withModbusSite({ lines, units, rules, site: { hal: { socket: hald.socket } } }, async (site) => {
    const clients = await Promise.all(
      Array.from({ length: 10 }, (_, at) => ModbusClient.connect(site.tlsPort, tlsOf(site, `ems-${at}`, "Reader"))),
    );
    const served = clients.map(() => 0);
    let left = 160; // requests, not seconds: a busy machine makes it slower, not less fair
    // Each has four requests waiting, so that a test process that stands still for a round or two loses nobody's turn. Client 0 has
    // eight, and gains nothing by it: first come, first served would give it twice the others' share.
    const askers = clients.flatMap((client, at) => Array.from({ length: at === 0 ? 8 : 4 }, () => ({ client, at })));
    await Promise.all(askers.map(async ({ client, at }) => {
      for (let turn = 0; left > 0; turn++) {
        const values = await client.read(1 + turn % 2, 4, at * 2, 4);
        equal(values.length, 4, `client ${at} got ${values}`);
        if (left-- > 0) served[at]!++;
      }
    }));
    const ratio = Math.max(...served) / Math.min(...served);
    ok(ratio <= 1.2, `requests served: ${served}, max/min ${ratio.toFixed(2)}`);
    deepEqual(line.overlaps(), []);
    equal(line.broken, 0);
    equal(clients.reduce((sum, { strays }) => sum + strays, 0), 0);
    for (const client of clients) client.close();
  });
});

/** Registers that hold their own address, so that an answer to another request is seen. */
function ruler(): Registers {
  const registers = new Registers();
  for (let at = 0; at < 200; at++) registers.set("holding", at, at);
  return registers;
}

/** A site whose one serial line is this one; unit 1 has no profile, unit 2 is a Bender controller. */
function siteOf(line: SerialLine, hald: HaldProcess, change: object = {}) {
  return {
    lines: [{ id: "meters", serial: serialOf(line), responseTimeoutMs: 60, deadlineMs: 1_500, ...change }],
    units: [{ unit: 1, line: "meters", device: 1 }, { unit: 2, line: "meters", device: 1, profile: "bender-cc" }],
    rules: "- { id: raw, effect: allow, because: A test, roles: [Reader], access: read, unknown: true }\n",
    site: { hal: { socket: hald.socket } },
  };
}

/** What becomes of one answer after the other on a noisy line. */
const NOISE = [
  "right",
  "dropped",
  "right",
  "doubled",
  "right",
  "garbled",
  "right",
  "foreign",
  "right",
  "late",
  "right",
  "cut",
];
/** Patience with a device, and when its late answer comes: well within the quarantine, also where the machine is late itself. */
const PATIENCE_MS = 400, LATE_MS = 450;

Deno.test("modbus: on a noisy line every request is answered once, in time, and never with another one's values", async () => {
  await using line = await SerialLine.open(115_200, new Map([[1, ruler()]]));
  await using hald = await HaldProcess.start([line.device]);
  const random = seeded(17);
  let answers = 0;
  line.reply = (request) => {
    const right = encodeRtu({ address: 1, pdu: line.units.get(1)!.answer(decodeRtu(request).pdu) });
    const kind = NOISE[answers++ % NOISE.length]!, after = line.silenceMs + 1;
    if (kind === "foreign") line.say(encodeRtu({ address: 9, pdu: Uint8Array.of(3, 2, 0, 1) }), after);
    if (kind === "right" || kind === "foreign") line.say(right, after);
    if (kind === "doubled") line.say(Uint8Array.of(...right, ...right), after); // an echo without silence
    if (kind === "garbled") line.say(right.map((byte, at) => at === 3 ? byte ^ 0x10 : byte), after);
    if (kind === "late") line.say(right, LATE_MS);
    if (kind === "cut") line.say(right.subarray(0, 4), after);
  };
  const patience = { responseTimeoutMs: PATIENCE_MS, deadlineMs: 6_000, retries: 0 };
  await withModbusSite(siteOf(line, hald, patience), async (site) => {
    const clients = await Promise.all(
      ["a", "b", "c"].map((name) => ModbusClient.connect(site.tlsPort, tlsOf(site, name, "Reader"))),
    );
    let left = 40; // requests, not seconds: a busy machine makes it slower
    let right = 0, failed = 0, refused = 0, slowest = 0;
    await Promise.all(clients.map(async (client) => {
      while (left-- > 0) {
        const address = random(190), quantity = 1 + random(4), start = performance.now();
        if (left % 6 === 0) {
          equal(await client.write(2, 131, address), -1, "a protected point");
          refused++;
          continue;
        }
        const values = await client.read(1, 3, address, quantity);
        slowest = Math.max(slowest, performance.now() - start);
        if (values[0]! < 0) {
          equal(values[0], -0x0b);
          failed++;
          continue;
        }
        deepEqual(values, Array.from({ length: quantity }, (_, at) => address + at));
        right++;
      }
    }));
    ok(answers >= NOISE.length, `only ${answers} answers: not every kind of noise`);
    ok(right > 10 && failed > 5 && refused > 4, `${right} right, ${failed} without an answer, ${refused} refused`);
    ok(slowest < 6_000 + 4_000, `the slowest took ${slowest.toFixed(0)} ms`); // the deadline, and a busy machine
    equal(clients.reduce((sum, { strays }) => sum + strays, 0), 0);
    const functions = new Set(line.frames.filter(({ from }) => from === "gateway").map(({ bytes }) => bytes[1]));
    deepEqual([...functions], [3], "no refused write reached the line");
    for (const client of clients) client.close();
  });
});

Deno.test("modbus: hald gives each frame its time on the line, and the silence after it", async () => {
  await using line = await SerialLine.open(9_600, new Map());
  await using hald = await HaldProcess.start([line.device]);
  const client = connectHald(hald.socket, { clock: systemClock, timers: systemTimers });
  const frame = encodeRtu({ address: 1, pdu: Uint8Array.of(3, 0, 0, 0, 2) });
  const bytes = Buffer.from(frame).toString("base64"), silenceMicros = Math.round(line.silenceMs * 1_000);
  const settings = { device: line.device, baud: 9_600, parity: "none", stopBits: 1, rs485: "adapter" } as const;
  try {
    const { line: number } = await client.call("serial.open", { ...settings, silenceMicros });
    const begun = performance.now(), frames = 10;
    for (let turn = 0; turn <= frames; turn++) await client.call("serial.send", { line: number, bytes });
    // A pty takes all bytes at once, so hald counts their time itself. A busy machine makes it longer, nothing makes it shorter.
    const took = performance.now() - begun, least = frames * (line.ms(frame.length) + line.silenceMs);
    ok(
      took >= least,
      `${frames} frames took ${took.toFixed(1)} ms, their bits and silences alone take ${least.toFixed(1)}`,
    );
    await waitFor("all bytes", () => line.bytesHeard === (frames + 1) * frame.length);
  } finally {
    client.close();
  }
});

Deno.test("modbus: the recorder of a line sees two frames that meet, and only those", async () => {
  await using line = await SerialLine.open(9_600, new Map());
  const frame = encodeRtu({ address: 1, pdu: Uint8Array.of(3, 0, 0, 0, 2) });
  line.say(frame);
  line.say(frame, line.silenceMs + 0.01);
  deepEqual(line.overlaps(), []);
  line.say(frame, line.silenceMs / 2);
  equal(line.overlaps().length, 1, "too close");
  const { startsAt } = line.frames.at(-1)!;
  line.frames.push({ from: "gateway", startsAt: startsAt + 1, endsAt: startsAt + 9, bytes: frame });
  equal(line.overlaps().length, 2, "one within the other");
});

Deno.test("modbus: check asks the real hald which serial devices it may open, and which are there", async () => {
  await using line = await SerialLine.open(9_600, new Map());
  await using hald = await HaldProcess.start([line.device, "/dev/bulkhead-nowhere", "/dev/shm"]);
  deepEqual(await askSerialDevices(hald.socket), [
    { device: line.device, isThere: true },
    { device: "/dev/bulkhead-nowhere", isThere: false },
    { device: "/dev/shm", isThere: false }, // a folder
  ]);
  await line.unplug();
  equal((await askSerialDevices(hald.socket))[0]?.isThere, false);
  const site = { version: 1, site: { id: "a" }, hal: { socket: hald.socket } };
  const modbus = {
    listeners: [{ id: "a", listen: "127.0.0.1:8802", tls: {} }],
    lines: [{ id: "a", serial: { device: "/dev/ttyOTHER" } }, { id: "b", serial: { device: line.device } }],
    units: [{ unit: 1, line: "a", device: 1 }],
  };
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/site.yaml`, JSON.stringify({ ...site, modbus }));
  const { ok: isGood, text } = await runCheck({ config: `${folder}/site.yaml` });
  equal(isGood, false);
  match(text, /fault: modbus\.lines\[0\]\.serial\.device: hald\.json does not list "\/dev\/ttyOTHER"/);
  match(text, /warning: modbus\.lines\[1\]\.serial\.device: there is no device/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("modbus: a line with a foreign client is refused with an alarm until it is silent", async () => {
  await using line = await SerialLine.open(115_200, new Map([[1, ruler()]]));
  await using hald = await HaldProcess.start([line.device]);
  const foreign = encodeRtu({ address: 5, pdu: Uint8Array.of(3, 0, 0, 0, 1) });
  const stop = systemTimers.every(100, () => line.say(foreign));
  await withModbusSite(siteOf(line, hald, { serial: serialOf(line, 1) }), async (site) => {
    const alarms = async () => JSON.stringify((await site.gateway.command("alarms list")).data);
    await waitFor("the alarm", async () => (await alarms()).includes("modbus.line.foreign-client"));
    const client = await ModbusClient.connect(site.tlsPort, tlsOf(site, "a", "Reader"));
    deepEqual(await client.read(1, 3, 5), [-0x0a]);
    await waitFor("status to say so", async () => {
      return JSON.stringify((await site.gateway.command("status")).data).includes("another client speaks on it");
    });
    stop();
    await waitFor("the line to be ours", async () => (await client.read(1, 3, 5))[0] === 5);
    await waitFor("the end of the alarm", async () => !(await alarms()).includes("foreign-client"));
    ok(
      line.frames.findIndex(({ from }) => from === "gateway") >
        line.frames.findLastIndex(({ bytes }) => bytes === foreign),
    );
    client.close();
  });
  stop();
});

Deno.test("modbus: an adapter that is pulled out, a hald that dies, a gateway that is killed: the line comes back by itself", async () => {
  await using line = await SerialLine.open(115_200, new Map([[1, ruler()]]));
  await using hald = await HaldProcess.start([line.device]);
  await withModbusSite(siteOf(line, hald, { reconnectDelayMs: 100 }), async (site) => {
    let client = await ModbusClient.connect(site.tlsPort, tlsOf(site, "a", "Reader"));
    const works = () => waitFor("the line to work", async () => (await client.read(1, 3, 7))[0] === 7);
    const alarms = async () => JSON.stringify((await site.gateway.command("alarms list")).data);
    await works();
    await line.unplug();
    await waitFor("0A for its devices", async () => (await client.read(1, 3, 7))[0] === -0x0a);
    await waitFor("the alarm", async () => (await alarms()).includes("modbus.line.down"));
    await line.plugIn();
    await works();
    await waitFor("the end of the alarm", async () => !(await alarms()).includes("modbus.line.down"));
    await hald.restart([line.device]);
    await works();
    await site.gateway.kill();
    await site.restart();
    client = await ModbusClient.connect(site.tlsPort, tlsOf(site, "a", "Reader"));
    await works();
    client.close();
  });
});
