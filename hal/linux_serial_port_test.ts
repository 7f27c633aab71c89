import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ManualTime } from "../tests/support/manual_time.ts";
import { HAL_LIMITS } from "./limits.ts";
import type { SerialLibc } from "./linux_serial_libc.ts";
import { LinuxSerialLines } from "./linux_serial_port.ts";
import type { SerialSettings } from "./serial_lines.ts";

const POLLIN = 1, POLLHUP = 16;
const SETTINGS: SerialSettings = {
  ...{ device: "/dev/ttyS9", baud: 9_600, parity: "none", stopBits: 1, rs485: "adapter", silenceMicros: 4_000 },
};
/** Time of one byte with start, parity and stop bits, and of eight of them, at 9600 baud. */
const BYTE_MS = 11_000 / 9_600, FRAME = new Uint8Array(8).fill(7);

/** The C library as far as a line needs it: what was called, and bytes that come when the test says so. */
function rig() {
  const time = new ManualTime(), calls: string[] = [], writes: [number, number][] = [];
  let next = 3, takes = Infinity, drops = 0;
  let input: { bytes: Uint8Array; events: number } | undefined, wake: ((ready: number) => void) | undefined;
  const kept = new Uint8Array(60);
  const libc = {
    open: () => (calls.push(`open ${next}`), next++),
    close: (descriptor: number) => (calls.push(`close ${descriptor}`), 0),
    flock: () => 0,
    ioctl: () => 0,
    tcflush: () => 0,
    tcgetattr: (_: number, termios: Uint8Array) => (termios.set(kept), 0),
    tcsetattr: (_: number, __: number, termios: Uint8Array) => {
      kept.set(termios);
      kept[9]! &= ~drops; // bits of the second byte of c_cflag that the driver does not do
      return 0;
    },
    write: (_: number, bytes: Uint8Array) => {
      writes.push([time.monotonic(), bytes.length]);
      return BigInt(Math.min(takes, bytes.length));
    },
    read: (_: number, buffer: Uint8Array) => {
      buffer.set(input!.bytes);
      return BigInt(input!.bytes.length);
    },
    poll: (wanted: Uint8Array) =>
      new Promise<number>((resolve) => {
        wake = (ready) => {
          wanted[6] = input?.events ?? 0;
          resolve(ready);
        };
      }),
    errno: () => 5,
  } as unknown as SerialLibc;
  const lines = new LinuxSerialLines(libc, ["/dev/ttyS9"], { clock: time, timers: time });
  /** What the kernel says next; then everything that follows from it. */
  const poll = async (ready: number, bytes: readonly number[] = [], events = POLLIN) => {
    input = { bytes: Uint8Array.from(bytes), events };
    wake!(ready);
    await turns();
  };
  return {
    ...{ time, calls, writes, lines, poll },
    open: (change: Partial<SerialSettings> = {}) => lines.open({ ...SETTINGS, ...change }),
    takeOnly: (bytes: number) => takes = bytes,
    dropBits: (bits: number) => drops = bits,
  };
}

/** Everything that is settled already goes on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("serial port: a frame leaves when the one before it is over and the line was silent, and not a moment earlier", async () => {
  const { time, writes, open } = rig();
  const port = await open();
  time.advance(100);
  const sent = [port.send(FRAME), port.send(FRAME)];
  await turns();
  const over = 100 + FRAME.length * BYTE_MS + 4;
  deepEqual(writes, [[100, 8]]);
  time.advance(over - 100 - 0.001);
  await turns();
  equal(writes.length, 1, "the silence is not over");
  time.advance(0.002);
  await Promise.all(sent);
  equal(writes.length, 2);
  port.close("over");
});

Deno.test("serial port: what comes is waited out: a frame leaves a silence after the last byte that was heard", async () => {
  const { time, writes, open, poll } = rig();
  const port = await open();
  time.advance(100);
  await poll(1, [1, 2, 3]);
  const sent = port.send(FRAME);
  time.advance(50);
  await turns();
  equal(writes.length, 0, "a piece that has begun is no silence, however long it takes");
  await poll(1, [4]);
  await poll(0); // the kernel heard nothing for a silence
  deepEqual((await port.receive(0)).map((piece) => [...piece]), [[1, 2, 3, 4]]);
  time.advance(4);
  await turns();
  time.advance(4);
  await sent;
  equal(writes.length, 1);
  port.close("over");
});

Deno.test("serial port: on a line that is never silent nothing is sent, and who wanted it is told", async () => {
  const { time, writes, open, poll } = rig();
  const port = await open();
  await poll(1, [1]);
  const refused = rejects(port.send(FRAME), { code: "HAL_SERIAL", message: /is never silent/ });
  for (let waited = 0; waited <= HAL_LIMITS.serialBusyMs + 8; waited += 4) {
    time.advance(4);
    await turns();
  }
  await refused;
  deepEqual(writes, []);
  port.close("over");
});

Deno.test("serial port: a device that takes a part of a frame only is given up, and says so to everybody", async () => {
  const { calls, time, open, poll, takeOnly } = rig();
  const port = await open();
  time.advance(100);
  takeOnly(3);
  await rejects(port.send(FRAME), { code: "HAL_SERIAL_GONE", message: /it took 3 of 8 bytes \(error 5\)/ });
  await rejects(port.send(FRAME), { code: "HAL_SERIAL_GONE" });
  await rejects(port.receive(10), { code: "HAL_SERIAL_GONE" });
  await poll(0);
  deepEqual(calls, ["open 3", "close 3"], "once");
});

Deno.test("serial port: an adapter that is pulled out ends the line", async () => {
  const { calls, open, poll } = rig();
  const port = await open();
  const waiting = rejects(port.receive(1_000), { code: "HAL_SERIAL_GONE", message: /it was unplugged/ });
  await poll(1, [], POLLHUP);
  await waiting;
  deepEqual(calls, ["open 3", "close 3"]);
});

Deno.test("serial port: nobody asks for it any more: it is given back", async () => {
  const { calls, time, open, poll } = rig();
  const port = await open();
  time.advance(HAL_LIMITS.serialUnusedMs);
  await poll(0);
  deepEqual(calls, ["open 3"]);
  time.advance(1);
  await poll(0);
  deepEqual(calls, ["open 3", "close 3"]);
  await rejects(port.send(FRAME), { message: /nobody asked for it any more/ });
});

Deno.test("serial port: whoever opens a line takes it over, after its owner before has let go", async () => {
  const { calls, open, poll } = rig();
  const first = await open();
  const second = open();
  await poll(0);
  (await second).close("over");
  deepEqual(calls.slice(0, 3), ["open 3", "close 3", "open 4"]);
  await rejects(first.send(FRAME), { message: /the line was opened anew/ });
});

Deno.test("serial port: what hald.json does not list, and a form that the driver does not do, is refused by name", async () => {
  const { calls, open, dropBits } = rig();
  await rejects(open({ device: "/dev/ttyS1" }), { code: "HAL_NOT_CONFIGURED", message: /"\/dev\/ttyS1"/ });
  deepEqual(calls, []);
  dropBits(1); // PARENB
  await rejects(open({ parity: "even" }), (error: Error) => {
    match(error.message, /"\/dev\/ttyS9" does not do 9600 baud, parity even, 1 stop bits/);
    return true;
  });
  deepEqual(calls, ["open 3", "close 3"]);
});
