import assert from "node:assert/strict";
import { systemClock } from "../gateway/core/clock.ts";
import { HardwareError } from "../gateway/core/errors.ts";
import { systemTimers } from "../gateway/core/timers.ts";
import { ManualTime } from "../tests/support/manual_time.ts";
import { waitFor } from "../tests/support/wait_for.ts";
import { connectHald, type HaldClient, type HaldState } from "./client.ts";
import { type FakeHald, startFakeHald } from "./fake_daemon.ts";
import { encodeFrame } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";

const fails = (code: string, text = /./) => (error: unknown) =>
  error instanceof HardwareError && error.code === code && text.test(error.message);

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/hal.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function withHald(work: (client: HaldClient, hald: FakeHald, path: string) => Promise<void>): Promise<void> {
  return inFolder(async (path) => {
    const hald = await startFakeHald(path);
    const client = connectHald(path, { clock: systemClock, timers: systemTimers });
    try {
      await work(client, hald, path);
    } finally {
      client.close();
      await hald.close();
    }
  });
}

Deno.test("hald client: calls verbs and gets typed answers", () =>
  withHald(async (client, hald) => {
    assert.equal((await client.call("clock.state", {})).synchronised, true);
    assert.deepEqual((await client.call("net.links", {})).links.map(({ name }) => name), ["lo", "eth0"]);
    assert.deepEqual(await client.call("watchdog.pet", {}), { timeoutSeconds: 30 });
    assert.equal(hald.watchdog.pets, 1);
    assert.deepEqual(client.state, { connected: true });
  }));

Deno.test("hald client: gives the key store behind hald", () =>
  withHald(async (client, hald) => {
    const store = await client.keyStore();
    assert.deepEqual([store.kind, store.describe().kind], ["tpm", "tpm"]);
    assert.deepEqual(await store.loadRootKey(), await hald.keyStore.loadRootKey());
  }));

Deno.test("hald client: an error of hald keeps its code and hint", () =>
  withHald(async (client, hald) => {
    hald.keyStore.fault = new HardwareError("HAL_KEY_BROKEN", "The TPM refuses", { hint: "Restore" });
    await assert.rejects((await client.keyStore()).loadRootKey(), (error) => {
      return error instanceof HardwareError && error.code === "HAL_KEY_BROKEN" && error.hint === "Restore";
    });
  }));

Deno.test("hald client: answers that come in another order reach the right callers", () =>
  withHald(async (client) => {
    const [links, clock, description] = await Promise.all([
      client.call("net.links", {}),
      client.call("clock.state", {}),
      client.call("keystore.describe", {}),
    ]);
    assert.ok(links.links && clock.leap && description.kind);
  }));

Deno.test("hald client: comes back by itself after hald restarted, and says so once per change", () =>
  inFolder(async (path) => {
    const changes: HaldState[] = [];
    let hald = await startFakeHald(path);
    const client = connectHald(path, { clock: systemClock, timers: systemTimers, onChange: (s) => changes.push(s) });
    await client.call("clock.state", {});
    await hald.close();
    await waitFor("the loss", () => !client.state.connected);
    hald = await startFakeHald(path);
    await client.call("clock.state", {});
    client.close();
    assert.deepEqual(changes.map(({ connected }) => connected), [true, false, true]);
    await hald.close();
  }));

Deno.test("hald client: a call made before hald is there waits for it", () =>
  inFolder(async (path) => {
    const client = connectHald(path, { clock: systemClock, timers: systemTimers });
    const call = client.call("clock.state", {});
    const hald = await startFakeHald(path);
    assert.equal((await call).leap, "none");
    client.close();
    await hald.close();
  }));

Deno.test("hald client: without hald a call ends at its deadline and says what to look at", async () => {
  const time = new ManualTime();
  const client = connectHald("/nowhere/hal.sock", { clock: time, timers: time });
  const call = client.call("clock.state", {}, { deadlineMs: 700 });
  time.advance(700);
  await assert.rejects(
    call,
    (error) => fails("HAL_UNREACHABLE", /nowhere/)(error) && /systemctl/.test((error as HardwareError).hint!),
  );
  client.close();
});

Deno.test("hald client: attempts double their distance up to the limit, and start small again", async () => {
  const time = new ManualTime();
  let attempts = 0;
  const client = connectHald("/x", {
    clock: time,
    timers: time,
    connect: () => (attempts++, Promise.reject(new Error("refused"))),
  });
  const waits: number[] = [];
  for (
    let wait: number = HAL_LIMITS.reconnectFirstMs;
    waits.length < 9;
    wait = Math.min(wait * 2, HAL_LIMITS.reconnectLongestMs)
  ) {
    await waitFor("the retry timer", () => time.armed === 1);
    const before = attempts;
    time.advance(wait - 1);
    assert.equal(attempts, before);
    time.advance(1);
    assert.equal(attempts, before + 1);
    waits.push(wait);
  }
  assert.equal(waits.at(-1), HAL_LIMITS.reconnectLongestMs);
  client.close();
  await waitFor("no timer left", () => time.armed === 0);
});

/** A peer that reads everything and answers what the test says. */
async function withPeer(
  reply: (request: { id: number; verb: string }) => Uint8Array | undefined,
  work: (client: HaldClient, time: ManualTime) => Promise<void>,
): Promise<void> {
  const time = new ManualTime();
  const incoming = new TransformStream<Uint8Array, Uint8Array>();
  const writer = incoming.writable.getWriter();
  const reader = incoming.readable.getReader();
  const conn = {
    read: async (buffer: Uint8Array) => {
      const { value, done } = await reader.read();
      if (done) return null;
      buffer.set(value);
      return value.length;
    },
    write: (frame: Uint8Array) => {
      const answer = reply(JSON.parse(new TextDecoder().decode(frame.subarray(4))));
      if (answer) void writer.write(answer);
      return Promise.resolve(frame.length);
    },
    close: () => void writer.close().catch(() => undefined),
  };
  const client = connectHald("/x", {
    clock: time,
    timers: time,
    connect: () => Promise.resolve(conn as unknown as Deno.Conn),
  });
  try {
    await work(client, time);
  } finally {
    client.close();
  }
}

const helloAnswer = (id: number, protocol = 1) =>
  encodeFrame({
    id,
    answer: { protocol, version: "9", capabilities: { keyStore: "none", watchdog: false }, verbs: [] },
  });

Deno.test("hald client: a hald of another protocol is refused by name", () =>
  withPeer(({ id }) => helloAnswer(id, 2), async (client) => {
    await waitFor("the refusal", () => /protocol 2, wanted 1/.test(client.state.why ?? ""));
  }));

Deno.test("hald client: a call that hald never answers ends at its deadline, the connection stays", () =>
  withPeer(({ id, verb }) => verb === "hald.hello" ? helloAnswer(id) : undefined, async (client, time) => {
    await waitFor("the link", () => client.state.connected);
    const call = client.call("clock.state", {});
    await waitFor("the deadline timer", () => time.armed === 1);
    time.advance(HAL_LIMITS.callDeadlineMs);
    await assert.rejects(call, fails("HAL_DEADLINE", /clock\.state/));
    assert.equal(client.state.connected, true);
  }));

Deno.test("hald client: unanswered calls up to the limit, one more is refused", () =>
  withPeer(({ id, verb }) => verb === "hald.hello" ? helloAnswer(id) : undefined, async (client) => {
    await waitFor("the link", () => client.state.connected);
    const calls = Array.from({ length: HAL_LIMITS.clientPending }, () => client.call("clock.state", {}));
    await assert.rejects(client.call("clock.state", {}), fails("HAL_OVERLOAD"));
    client.close();
    for (const call of calls) await assert.rejects(call, fails("HAL_UNREACHABLE"));
  }));

Deno.test("hald client: calls that wait for hald up to the limit, one more is refused", async () => {
  const time = new ManualTime();
  const client = connectHald("/nowhere/x", { clock: time, timers: time });
  const calls = Array.from({ length: HAL_LIMITS.clientPending }, () => client.call("clock.state", {}));
  await assert.rejects(client.call("clock.state", {}), fails("HAL_OVERLOAD"));
  client.close();
  for (const call of calls) await assert.rejects(call, fails("HAL_UNREACHABLE"));
  await assert.rejects(client.call("clock.state", {}), fails("HAL_UNREACHABLE", /closed/));
});

Deno.test("hald client: an answer of the wrong form is refused, an unknown code becomes HAL_FAILED", () =>
  withPeer(({ id, verb }) => {
    if (verb === "hald.hello") return helloAnswer(id);
    if (verb === "net.links") return encodeFrame({ id, fault: { code: "FROM_THE_FUTURE", message: "new" } });
    return encodeFrame({ id, answer: { synchronised: "perhaps" } });
  }, async (client) => {
    await assert.rejects(client.call("clock.state", {}), fails("HAL_BAD_VALUE", /clock\.state/));
    await assert.rejects(client.call("net.links", {}), fails("HAL_FAILED", /new/));
  }));

Deno.test("hald client: bytes that are no frame end the connection", () =>
  withPeer(
    ({ id, verb }) => verb === "hald.hello" ? helloAnswer(id) : Uint8Array.of(255, 255, 255, 255),
    async (client) => {
      await assert.rejects(client.call("clock.state", {}), fails("HAL_UNREACHABLE", /4294967295 bytes/));
    },
  ));

Deno.test("hald client: works in a Worker that may only use the socket", () =>
  withHald(async (_, __, path) => {
    const worker = new Worker(new URL("./testing/client_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: { net: [`unix:${path}`], read: [path], write: [path] } },
    });
    try {
      const answer = await new Promise((resolve, reject) => {
        worker.onmessage = (event) => resolve(event.data);
        worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
        worker.postMessage(path);
      });
      assert.deepEqual(answer, { kind: "tpm", bytes: 32 });
    } finally {
      worker.terminate();
    }
  }));
