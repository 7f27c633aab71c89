import assert from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import type { LogFields, Logger } from "../gateway/core/log.ts";
import { waitFor, withDeadline } from "../tests/support/wait_for.ts";
import { FakeKeyStore } from "./fake_key_store.ts";
import {
  FakeClockSource,
  FakeHardwareWatchdog,
  FakeNeighbours,
  FakeNetworkLinks,
  FakePeerIdentifier,
} from "./fakes.ts";
import { encodeFrame, FrameReader } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import { object } from "./schema.ts";
import { HaldServer, type HaldServerOptions } from "./server.ts";
import { defineVerb, type PermissionClass } from "./verb.ts";
import { VERBS } from "./verbs/mod.ts";

interface Line extends LogFields {
  readonly event: string;
}

function recorder(lines: Line[], fixed: LogFields = {}): Logger {
  const log = (event: string, fields?: LogFields) => void lines.push({ event, ...fixed, ...fields });
  return { debug: log, info: log, warn: log, error: log, with: (fields) => recorder(lines, { ...fixed, ...fields }) };
}

interface Rig {
  readonly path: string;
  readonly lines: Line[];
  readonly peer: FakePeerIdentifier;
  readonly keyStore: FakeKeyStore;
  readonly watchdog: FakeHardwareWatchdog;
  /** Sends raw bytes, returns all that comes back until the server closes or `answers` have come. */
  exchange(bytes: Uint8Array, answers: number): Promise<unknown[]>;
}

const hello = { id: 1, verb: "hald.hello", args: {} };

async function withServer(
  work: (rig: Rig) => Promise<void>,
  change: Partial<HaldServerOptions> & { may?: readonly PermissionClass[] } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/hal.sock`;
  const [lines, peer, keyStore, watchdog] = [
    [] as Line[],
    new FakePeerIdentifier(),
    new FakeKeyStore(),
    new FakeHardwareWatchdog(),
  ];
  const { may = ["read", "secret", "act"], ...options } = change;
  const server = await HaldServer.listen({
    socketPath: path,
    box: {
      version: "1",
      verbs: VERBS.map(({ name }) => name),
      clock: new FakeClockSource(),
      links: new FakeNetworkLinks(),
      neighbours: new FakeNeighbours(),
      keyStore,
      watchdog,
    },
    callers: [{ uid: 1_000, may }],
    identifier: () => peer,
    log: recorder(lines),
    ...options,
  });
  try {
    await work({ path, lines, peer, keyStore, watchdog, exchange: (bytes, answers) => exchange(path, bytes, answers) });
  } finally {
    await server.close();
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    await Deno.remove(folder, { recursive: true });
  }
}

async function exchange(path: string, bytes: Uint8Array, answers: number): Promise<unknown[]> {
  using conn = await Deno.connect({ transport: "unix", path });
  const [reader, got, buffer] = [new FrameReader(), [] as unknown[], new Uint8Array(1024)];
  const read = async () => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    while (got.length < answers) {
      const size = await conn.read(buffer);
      if (size === null) return;
      got.push(...reader.push(buffer.subarray(0, size)));
    }
  };
  await withDeadline(
    "the exchange",
    read().catch((error) => {
      if (!(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)) throw error;
    }),
  );
  return got;
}

const faultCode = (answer: unknown) => (answer as { fault?: { code: string } }).fault?.code;

Deno.test("hald: answers hello with its version, verbs and capabilities", () =>
  withServer(async ({ exchange }) => {
    const [answer] = await exchange(encodeFrame(hello), 1);
    assert.deepEqual(answer, {
      id: 1,
      answer: {
        protocol: 1,
        version: "1",
        capabilities: { keyStore: "file", watchdog: true },
        verbs: VERBS.map(({ name }) => name),
      },
    });
  }));

Deno.test("hald: the verbs are in order, and what an unlisted caller may not change stands under act", () => {
  const names = VERBS.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort());
  const acting = VERBS.filter(({ permission }) => permission === "act").map(({ name }) => name);
  for (const name of ["nft.apply", "nft.confirm", "nft.open", "nft.stage", "nft.undo", "watchdog.pet"] as const) {
    assert.ok(acting.includes(name), name);
  }
});

Deno.test("hald: the socket is open to its owner and group only", () =>
  withServer(async ({ path }) => {
    assert.equal((await Deno.lstat(path)).mode! & 0o777, 0o660);
  }));

Deno.test("hald: another user is closed unread and written to the log", () =>
  withServer(async ({ exchange, peer, lines }) => {
    peer.peer = { pid: 4_711, uid: 1_001, gid: 1_000 };
    assert.deepEqual(await exchange(encodeFrame(hello), 1), []);
    assert.deepEqual(lines, [{ event: "hald.caller.refused", uid: 1_001, pid: 4_711 }]);
  }));

Deno.test("hald: a caller the kernel cannot name is refused", () =>
  withServer(async ({ exchange, peer, lines }) => {
    peer.peer = undefined;
    assert.deepEqual(await exchange(encodeFrame(hello), 1), []);
    assert.equal(lines[0]?.event, "hald.caller.refused");
  }));

Deno.test("hald: root may look, not take the key nor pet the watchdog", () =>
  withServer(async ({ exchange, peer, keyStore, watchdog }) => {
    peer.peer = { pid: 1, uid: 0, gid: 0 };
    const verbs = ["keystore.describe", "keystore.root", "watchdog.pet"];
    const frames = verbs.flatMap((verb, index) => [...encodeFrame({ id: index + 1, verb, args: {} })]);
    const answers = await exchange(new Uint8Array(frames), 3);
    const codes = answers.sort((a, b) => (a as { id: number }).id - (b as { id: number }).id).map(faultCode);
    assert.deepEqual(codes, [undefined, "HAL_CALLER_REFUSED", "HAL_CALLER_REFUSED"]);
    assert.deepEqual([keyStore.loads, watchdog.pets], [0, 0]);
  }));

Deno.test("hald: a class that a caller does not have is refused and written to the log", () =>
  withServer(async ({ exchange, lines }) => {
    const [answer] = await exchange(encodeFrame({ ...hello, verb: "keystore.root" }), 1);
    assert.equal(faultCode(answer), "HAL_CALLER_REFUSED");
    assert.ok(
      lines.some(({ event, verb, uid }) => event === "hald.call.refused" && verb === "keystore.root" && uid === 1_000),
    );
  }, { may: ["read", "act"] }));

for (
  const { name, verb, args, code } of [
    { name: "an unknown verb", verb: "shell.run", args: {}, code: "HAL_UNKNOWN_VERB" },
    { name: "a verb of the prototype", verb: "constructor", args: {}, code: "HAL_UNKNOWN_VERB" },
    { name: "an argument that is not declared", verb: "net.links", args: { of: "eth0" }, code: "HAL_BAD_VALUE" },
    { name: "arguments that are no object", verb: "net.links", args: null, code: "HAL_BAD_VALUE" },
  ]
) {
  Deno.test(`hald: ${name} is refused and the connection lives on`, () =>
    withServer(async ({ exchange }) => {
      const frames = [...encodeFrame({ id: 1, verb, args }), ...encodeFrame({ ...hello, id: 2 })];
      const answers = await exchange(new Uint8Array(frames), 2);
      assert.deepEqual(answers.map(faultCode).filter(Boolean), [code]);
    }));
}

for (
  const { name, bytes } of [
    { name: "a frame that is too long", bytes: Uint8Array.of(0, 1, 0, 1) },
    { name: "a frame that is not JSON", bytes: Uint8Array.of(0, 0, 0, 1, 0x7b) },
    { name: "a frame that is no request", bytes: encodeFrame({ id: "1", verb: "x" }) },
    { name: "a request without id", bytes: encodeFrame({ verb: "hald.hello", args: {} }) },
  ]
) {
  Deno.test(`hald: ${name} ends the connection, and hald serves on`, () =>
    withServer(async ({ exchange, lines }) => {
      assert.deepEqual(await exchange(bytes, 1), []);
      assert.ok(lines.some(({ event }) => event === "hald.connection.broke"));
      assert.equal((await exchange(encodeFrame(hello), 1)).length, 1);
    }));
}

Deno.test("hald: connections up to the limit are served, one more is closed, and a freed place is used", () =>
  withServer(async ({ path, exchange, lines }) => {
    const held = await Promise.all(
      Array.from({ length: HAL_LIMITS.connections }, () => Deno.connect({ transport: "unix", path })),
    );
    const accepted = () => lines.filter(({ event }) => event === "hald.caller.accepted").length;
    await waitFor("all accepted", () => accepted() === HAL_LIMITS.connections);
    assert.deepEqual(await exchange(encodeFrame(hello), 1), []);
    assert.ok(lines.some(({ event }) => event === "hald.caller.overload"));
    for (const conn of held) conn.close();
    await waitFor("a freed place", async () => (await exchange(encodeFrame(hello), 1)).length === 1);
  }));

Deno.test("hald: works on a bounded number of calls of one connection, the rest wait and are answered", async () => {
  const gate = Promise.withResolvers<void>();
  let [running, most] = [0, 0];
  const slow = defineVerb({
    name: "test.slow",
    permission: "read",
    args: object({}),
    answer: object({}),
    run: async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return {};
    },
  });
  await withServer(async ({ exchange }) => {
    const count = HAL_LIMITS.callsPerConnection + 1;
    const frames = Array.from(
      { length: count },
      (_, id) => [...encodeFrame({ id: id + 1, verb: "test.slow", args: {} })],
    );
    const answers = exchange(new Uint8Array(frames.flat()), count);
    await waitFor("the limit", () => running === HAL_LIMITS.callsPerConnection);
    gate.resolve();
    assert.equal((await answers).length, count);
    assert.equal(most, HAL_LIMITS.callsPerConnection);
  }, { verbs: [slow] });
});

Deno.test("hald: an error of the box reaches the caller with code and hint, a fault of ours does not show its inside", () =>
  withServer(async ({ exchange, keyStore, lines }) => {
    keyStore.fault = new HardwareError("HAL_KEY_BROKEN", "The TPM refuses", { hint: "Restore" });
    const call = encodeFrame({ id: 5, verb: "keystore.root", args: {} });
    assert.deepEqual(await exchange(call, 1), [
      { id: 5, fault: { code: "HAL_KEY_BROKEN", message: "The TPM refuses", hint: "Restore" } },
    ]);
    keyStore.fault = new TypeError("internal detail");
    const [answer] = await exchange(call, 1);
    assert.equal(faultCode(answer), "HAL_FAILED");
    assert.ok(!JSON.stringify(answer).includes("internal detail"));
    assert.ok(lines.some(({ event }) => event === "hald.call.broke"));
  }));

Deno.test("hald: the root key never reaches the log", () =>
  withServer(async ({ exchange, lines }) => {
    const [answer] = await exchange(encodeFrame({ id: 1, verb: "keystore.root", args: {} }), 1);
    const { key } = (answer as { answer: { key: string } }).answer;
    assert.equal(Uint8Array.fromBase64(key).length, 32);
    assert.ok(!JSON.stringify(lines).includes(key));
  }));

Deno.test("hald: a socket left by a dead hald is replaced, a living hald is not, another file never", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/hal.sock`;
  const options = {
    socketPath: path,
    box: {
      version: "1",
      verbs: [],
      clock: new FakeClockSource(),
      links: new FakeNetworkLinks(),
      neighbours: new FakeNeighbours(),
    },
    callers: [],
    identifier: () => new FakePeerIdentifier(),
    log: recorder([]),
  };
  const dead = new Deno.Command(Deno.execPath(), {
    args: ["eval", `Deno.listen({ transport: "unix", path: ${JSON.stringify(path)} }); Deno.exit(0)`],
  });
  await dead.output();
  assert.ok((await Deno.lstat(path)).isSocket);
  const first = await HaldServer.listen(options);
  await assert.rejects(
    HaldServer.listen(options),
    (error) => error instanceof HardwareError && /Another hald/.test(error.message),
  );
  await first.close();
  await Deno.writeTextFile(path, "precious");
  await assert.rejects(
    HaldServer.listen(options),
    (error) => error instanceof HardwareError && /not a socket/.test(error.message),
  );
  assert.equal(await Deno.readTextFile(path), "precious");
  await Deno.remove(folder, { recursive: true });
});

for (const extra of [0, 1]) {
  Deno.test(`hald: a socket path ${extra} past the limit`, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/`.padEnd(HAL_LIMITS.socketPathBytes + extra, "s");
    const listen = HaldServer.listen({
      socketPath: path,
      box: {
        version: "1",
        verbs: [],
        clock: new FakeClockSource(),
        links: new FakeNetworkLinks(),
        neighbours: new FakeNeighbours(),
      },
      callers: [],
      identifier: () => new FakePeerIdentifier(),
      log: recorder([]),
    });
    if (extra === 0) await (await listen).close();
    else {await assert.rejects(listen, (error) =>
        error instanceof HardwareError && /longer than 107/.test(error.message));}
    await Deno.remove(folder, { recursive: true });
  });
}
