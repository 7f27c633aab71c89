import { deepEqual, match, ok, rejects } from "node:assert/strict";
import { systemClock } from "../../gateway/core/clock.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";
import { LinuxSerialLines } from "../../hal/linux_serial_port.ts";
import { openSerialLibc } from "../../hal/linux_serial_libc.ts";
import type { SerialSettings } from "../../hal/serial_lines.ts";

const TOOLS = { clock: systemClock, timers: systemTimers };

/** Two ptys that are the ends of one line; killing it is pulling the plug. */
class Cable implements AsyncDisposable {
  private constructor(
    readonly near: string,
    readonly far: string,
    readonly folder: string,
    readonly socat: Deno.ChildProcess,
  ) {}

  static async plug(): Promise<Cable> {
    const folder = await Deno.makeTempDir();
    const [near, far] = [`${folder}/near`, `${folder}/far`];
    const args = [`PTY,raw,echo=0,link=${near}`, `PTY,raw,echo=0,link=${far}`];
    const socat = new Deno.Command("socat", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    const real = (link: string) => waitFor(link, () => Deno.realPath(link).catch(() => undefined));
    return new Cable(await real(near), await real(far), folder, socat);
  }

  settings(change: Partial<SerialSettings> = {}): SerialSettings {
    const form = { baud: 9_600, parity: "none", stopBits: 1, rs485: "adapter", silenceMicros: 4_000 } as const;
    return { device: this.near, ...form, ...change };
  }

  async unplug(): Promise<void> {
    try {
      this.socat.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it was pulled out already
    }
    await this.socat.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Runs a test with both ends open. */
async function withLine(test: (lines: LinuxSerialLines, cable: Cable) => Promise<void>): Promise<void> {
  await using cable = await Cable.plug();
  using libc = openSerialLibc();
  const lines = new LinuxSerialLines(libc, [cable.near, cable.far], TOOLS);
  await test(lines, cable);
}

/** Everything that comes until so many bytes are there. */
async function bytesOf(port: Awaited<ReturnType<LinuxSerialLines["open"]>>, count: number): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  await waitFor(`${count} bytes`, async () => {
    pieces.push(...await port.receive(100));
    return pieces.reduce((sum, { length }) => sum + length, 0) >= count;
  });
  return pieces;
}

Deno.test("serial port: every byte crosses as it is, cut where the sender was silent", async () => {
  await withLine(async (lines, cable) => {
    const near = await lines.open(cable.settings());
    const far = await lines.open(cable.settings({ device: cable.far, silenceMicros: 600_000 })); // seen on a busy machine, too
    const all = Uint8Array.from({ length: 256 }, (_, value) => value);
    await near.send(all);
    deepEqual((await bytesOf(far, 256)).flatMap((piece) => [...piece]), [...all]);
    await far.send(Uint8Array.of(1, 2, 3));
    await far.send(Uint8Array.of(4, 5));
    const pieces = await bytesOf(near, 5);
    deepEqual(pieces.map((piece) => [...piece]), [[1, 2, 3], [4, 5]]);
    near.close("over");
    far.close("over");
  });
});

Deno.test("serial port: between what was sent and what is sent next lies the silence, counted from the last bit", async () => {
  await withLine(async (lines, cable) => {
    const near = await lines.open(cable.settings({ silenceMicros: 20_000 }));
    const start = systemClock.monotonic();
    await near.send(new Uint8Array(48)); // 55 ms at 9600 baud, parity bit or not
    const before = systemClock.monotonic();
    await near.send(Uint8Array.of(1));
    const wait = systemClock.monotonic() - before;
    ok(wait >= 55 + 20 - (before - start) - 1, `it waited ${wait.toFixed(1)} ms`);
    near.close("over");
  });
});

Deno.test("serial port: a form that the driver does not do is refused, not believed (a pty has no parity)", async () => {
  await withLine(async (lines, cable) => {
    await rejects(lines.open(cable.settings({ parity: "even" })), (error: Error) => {
      match(error.message, /pts\/\d+" (does not do 9600 baud, parity even|\(error)|Cannot set/);
      return true;
    });
    await rejects(lines.open(cable.settings({ rs485: "kernel" })), /cannot turn RS-485 by RTS/);
    (await lines.open(cable.settings({ stopBits: 2, baud: 115_200 }))).close("the device was given back before");
  });
});

Deno.test("serial port: what is no serial device, not there, or not listed is refused with what to do", async () => {
  await withLine(async (lines, cable) => {
    await rejects(lines.open(cable.settings({ device: "/dev/ttyS77" })), { code: "HAL_NOT_CONFIGURED" });
    using libc = openSerialLibc();
    const others = new LinuxSerialLines(libc, ["/dev/null", "/dev/nothing-here"], TOOLS);
    await rejects(others.open(cable.settings({ device: "/dev/null" })), /"\/dev\/null"/);
    await rejects(
      others.open(cable.settings({ device: "/dev/nothing-here" })),
      /Cannot open "\/dev\/nothing-here" \(error 2\)/,
    );
  });
});

Deno.test("serial port: an adapter that is pulled out ends the wait at once, and everything after", async () => {
  await withLine(async (lines, cable) => {
    const near = await lines.open(cable.settings());
    const waiting = rejects(near.receive(20_000), { code: "HAL_SERIAL_GONE" });
    await cable.unplug();
    await withDeadline("the news", waiting, 15_000);
    await rejects(near.send(Uint8Array.of(1)), { code: "HAL_SERIAL_GONE" });
    await rejects(lines.open(cable.settings()), { code: "HAL_SERIAL" });
  });
});

Deno.test("serial port: opened again it is taken over, and another process cannot have it meanwhile", async () => {
  await withLine(async (lines, cable) => {
    const first = await lines.open(cable.settings());
    using libc = openSerialLibc();
    const others = new LinuxSerialLines(libc, [cable.near], TOOLS);
    await rejects(others.open(cable.settings()), /Cannot (lock|open)/);
    const second = await lines.open(cable.settings());
    await rejects(first.send(Uint8Array.of(1)), /opened anew/);
    await second.send(Uint8Array.of(1));
    second.close("over");
  });
});

Deno.test("serial port: no descriptor stays open", async () => {
  await withLine(async (lines, cable) => {
    const open = () => descriptorsOf(cable.near);
    for (let round = 0; round < 5; round++) await lines.open(cable.settings());
    const last = await lines.open(cable.settings());
    await waitFor("all but the last to be given back", () => open() === 1);
    last.close("over");
    await waitFor("the device to be given back", () => open() === 0);
  });
});

/** Descriptors of this process that are open on a device. */
function descriptorsOf(device: string): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`) === device;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false; // closed while we looked
      throw error;
    }
  }).length;
}
