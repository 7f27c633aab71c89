import assert from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { systemTimers } from "../gateway/core/timers.ts";
import { ClockState } from "./clock_source.ts";
import { HAL_LIMITS } from "./limits.ts";
import { LinuxClockSource } from "./linux_clock_source.ts";
import { LinuxHardwareWatchdog } from "./linux_hardware_watchdog.ts";
import { openLibc } from "./linux_libc.ts";
import { LinuxNetworkLinks, parseLinks } from "./linux_network_links.ts";
import { check } from "./schema.ts";
import { createToolRunner } from "./tool.ts";

/** struct timex as the kernel would fill it. */
function timex(result: number, fields: { offset: bigint; max: bigint; est: bigint; status: number }) {
  return (bytes: Uint8Array<ArrayBuffer>) => {
    assert.equal(bytes.length, 208);
    assert.ok(bytes.every((byte) => byte === 0), "modes must be 0: nothing is set");
    const view = new DataView(bytes.buffer);
    view.setBigInt64(8, fields.offset, true);
    view.setBigInt64(24, fields.max, true);
    view.setBigInt64(32, fields.est, true);
    view.setInt32(40, fields.status, true);
    return result;
  };
}

Deno.test("clock source: reads a synchronised clock in nanoseconds", () => {
  const source = new LinuxClockSource(timex(0, { offset: -1_500_000n, max: 20_000n, est: 300n, status: 0x2001 }));
  assert.deepEqual(source.state(), {
    synchronised: true,
    leap: "none",
    offsetMs: -1.5,
    estimatedErrorMs: 0.3,
    maximumErrorMs: 20,
  });
});

Deno.test("clock source: reads microseconds where the kernel says so", () => {
  assert.equal(new LinuxClockSource(timex(0, { offset: 1_500n, max: 0n, est: 0n, status: 1 })).state().offsetMs, 1.5);
});

for (const [result, leap] of [[1, "insert"], [2, "delete"], [3, "inserting"], [4, "done"], [5, "none"]] as const) {
  Deno.test(`clock source: adjtimex ${result} means leap ${leap}`, () => {
    const status = result === 5 ? 0x40 : 0;
    const state = new LinuxClockSource(timex(result, { offset: 0n, max: 0n, est: 0n, status })).state();
    assert.deepEqual([state.leap, state.synchronised], [leap, result !== 5]);
  });
}

Deno.test("clock source: a refused system call is a clear error", () => {
  const refused = new LinuxClockSource(() => -1);
  assert.throws(() => refused.state(), (error) => error instanceof HardwareError && error.code === "HAL_CLOCK");
});

Deno.test("clock source: this machine's kernel gives a state of the declared form", () => {
  using libc = openLibc();
  const state = new LinuxClockSource(libc.adjtimex).state();
  assert.deepEqual(check(ClockState, state), state);
  assert.ok(state.maximumErrorMs >= 0);
});

Deno.test("network links: this machine has a loopback interface that is up", async () => {
  const links = await new LinuxNetworkLinks(createToolRunner(systemTimers)).list();
  assert.ok(links.some(({ name, mtu }) => name === "lo" && mtu > 0));
});

const row = {
  ifindex: 2,
  ifname: "eth0",
  flags: ["BROADCAST", "UP", "LOWER_UP"],
  mtu: 1500,
  link_type: "ether",
  address: "02:00:00:00:00:01",
};

Deno.test("network links: up and carrier are told apart, a tunnel has no MAC", () => {
  assert.deepEqual(
    parseLinks([row, { ...row, flags: ["UP"] }, { ...row, link_type: "ipip", address: "0.0.0.0", flags: [] }]),
    [
      { index: 2, name: "eth0", mac: "02:00:00:00:00:01", mtu: 1500, up: true, carrier: true },
      { index: 2, name: "eth0", mac: "02:00:00:00:00:01", mtu: 1500, up: true, carrier: false },
      { index: 2, name: "eth0", mac: "", mtu: 1500, up: false, carrier: false },
    ],
  );
});

Deno.test("network links: at the limit all are reported, one past it the first ones", () => {
  for (const extra of [0, 1]) {
    assert.equal(parseLinks(Array(HAL_LIMITS.links + extra).fill(row)).length, HAL_LIMITS.links);
  }
});

for (const output of ["", "{}", "[{}]", '[{"ifindex":0}]']) {
  Deno.test(`network links: output ${output || "nothing"} is refused`, async () => {
    const links = new LinuxNetworkLinks(() => Promise.resolve(new TextEncoder().encode(output)));
    await assert.rejects(links.list(), (error) => error instanceof HardwareError && error.code === "HAL_TOOL_FAILED");
  });
}

Deno.test("hardware watchdog: pets, and disarms with the magic byte on an orderly stop only", async () => {
  const device = await Deno.makeTempFile();
  const watchdog = new LinuxHardwareWatchdog(device, 30);
  watchdog.pet();
  watchdog.pet();
  assert.equal(await Deno.readTextFile(device), "\n\n");
  watchdog.close();
  assert.equal(await Deno.readTextFile(device), "\n\nV");
  assert.throws(() => watchdog.pet(), (error) => error instanceof HardwareError && error.code === "HAL_WATCHDOG");
  await Deno.remove(device);
});

Deno.test("hardware watchdog: a device that cannot be opened is named", () => {
  assert.throws(() => new LinuxHardwareWatchdog("/nowhere/watchdog", 30), (error) => {
    return error instanceof HardwareError && error.code === "HAL_WATCHDOG" && /nowhere/.test(error.message);
  });
});
