import assert from "node:assert/strict";
import { waitFor } from "../tests/support/wait_for.ts";
import { HAL_LIMITS } from "./limits.ts";
import { openServiceManager, type ServiceManager } from "./sd_notify.ts";

/** A systemd that listens, in the file system or in the abstract namespace. */
async function withSystemd(
  place: (folder: string) => string,
  run: (manager: ServiceManager, next: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const name = place(folder);
  const systemd = Deno.listenDatagram({ transport: "unixpacket", path: name.replace(/^@/, "\0") });
  const manager = open({ NOTIFY_SOCKET: name });
  try {
    await run(manager, async () => new TextDecoder().decode((await systemd.receive(new Uint8Array(4096)))[0]));
  } finally {
    manager.close();
    await Promise.resolve(); // The socket closes after its last message.
    systemd.close();
    await Deno.remove(folder, { recursive: true });
  }
}

let pid = Deno.pid * 1_000;
function open(env: Record<string, string>, faults: unknown[] = []): ServiceManager {
  return openServiceManager({ env: (name) => env[name], pid: pid++, onFault: (error) => faults.push(error) });
}

for (const place of [(folder: string) => `${folder}/notify`, () => `@bulkhead-test-${Deno.pid}`]) {
  Deno.test(`sd_notify: systemd hears ready, status, watchdog and stopping on ${place("a file")}`, () =>
    withSystemd(place, async (manager, next) => {
      manager.ready("12 stations");
      manager.status("draining");
      manager.watchdog();
      manager.stopping();
      assert.equal(await next(), "READY=1\nSTATUS=12 stations");
      assert.equal(await next(), "STATUS=draining");
      assert.equal(await next(), "WATCHDOG=1");
      assert.equal(await next(), "STOPPING=1");
    }));
}

Deno.test("sd_notify: a status cannot smuggle in another variable", () =>
  withSystemd((folder) => `${folder}/notify`, async (manager, next) => {
    manager.status("fine\nMAINPID=1\r\nREADY=1\0x");
    assert.equal(await next(), "STATUS=fine MAINPID=1 READY=1 x");
  }));

for (const extra of [0, 1]) {
  Deno.test(`sd_notify: a status ${extra} past the limit stays within one message`, () =>
    withSystemd((folder) => `${folder}/notify`, async (manager, next) => {
      const room = HAL_LIMITS.notifyBytes - "READY=1\nSTATUS=".length;
      manager.ready("é".repeat(Math.floor(room / 2)) + "x".repeat(room % 2 + extra));
      const message = await next();
      assert.ok(new TextEncoder().encode(message).length <= HAL_LIMITS.notifyBytes);
      assert.ok(!message.includes("\ufffd"));
    }));
}

Deno.test("sd_notify: without systemd everything is silent", () => {
  for (const env of [{}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "relative" }]) {
    const manager = open(env);
    manager.ready();
    manager.watchdog();
    manager.close();
    assert.equal(manager.watchdogPeriodMs, undefined);
  }
});

Deno.test("sd_notify: pets at half of WatchdogSec, and only when it is meant", () => {
  const address = { NOTIFY_SOCKET: `@bulkhead-none-${Deno.pid}` };
  const period = (env: Record<string, string>) => {
    const manager = open({ ...address, ...env });
    manager.close();
    return manager.watchdogPeriodMs;
  };
  assert.equal(period({ WATCHDOG_USEC: "10000000" }), 5_000);
  assert.equal(period({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" }), undefined);
  assert.equal(period({ WATCHDOG_USEC: "0" }), undefined);
  assert.equal(period({ WATCHDOG_USEC: "soon" }), undefined);
  assert.equal(period({}), undefined);
});

Deno.test("sd_notify: a systemd that is gone is told to the owner, and the process goes on", async () => {
  const faults: unknown[] = [];
  const manager = open({ NOTIFY_SOCKET: `@bulkhead-gone-${Deno.pid}` }, faults);
  manager.ready();
  await waitFor("the fault", () => faults.length > 0);
  manager.close();
  assert.equal(faults.length, 1);
});
