import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { WebSocket } from "ws";
import { systemTimers } from "../../gateway/core/timers.ts";
import { IdentityError } from "../../gateway/core/errors.ts";
import type { WorkerContext } from "../../gateway/core/conduit.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import type { RpcPort } from "../../gateway/core/rpc.ts";
import { TUNNEL_PROTOCOL } from "../../gateway/core/tunnel_api.ts";
import type { PeerListener } from "../../gateway/core/worker_entry.ts";
import { TunnelDoor } from "../../gateway/console/tunnel_door.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { DeviceRig } from "../../gateway/people/testing/device_rig.ts";
import { encodeTunnelFrame } from "../../gateway/tunnel/codec.ts";
import { startTunnels } from "../../gateway/tunnel/service.ts";
import { DRIVERS } from "../../gateway/ui_proxy/drivers/mod.ts";
import { FrontRig, NAVIGATION } from "../../gateway/ui_proxy/testing/front_rig.ts";
import { createOldTlsHelper, openDeviceLink } from "../../gateway/ui_proxy/upstream/mod.ts";
import { FakeControl, textOf } from "../../gateway/ui_proxy/upstream/testing/link_rig.ts";
import { ManualTime } from "../support/manual_time.ts";
import { waitFor } from "../support/wait_for.ts";

const BODY = JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "9" }] });

/** The door of device pages with a controller behind it, and control played by the test. */
async function withPages(test: (rig: FrontRig, asked: readonly string[]) => Promise<void>): Promise<void> {
  const sim = new BenderPages({
    passwords: { operator: "right", installer: "right" },
    dialects: ["v1"],
    firmware: "5.33.11-1",
  });
  const device = await startDevice(sim.pages),
    rig = await FrontRig.open([{ station: "CP001", origins: [device.origin] }]);
  try {
    await test(rig, device.asked);
  } finally {
    await rig[Symbol.asyncDispose]();
    await device.close();
  }
}

const write = (rig: FrontRig, token: string) =>
  rig.ask("/v1/app_settings", {
    ...{ method: "POST", token, body: BODY },
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
  });

Deno.test("failure matrix: device pages: the control Worker / pages and tunnels that are open: open for who looks, until the deadline; closed for what changes something, with the rule ui.audit.away", () =>
  withPages(async (rig, asked) => {
    const token = await rig.enter();
    equal((await rig.ask("/", { token })).status, 200);
    rig.people.away = true;
    equal((await rig.ask("/", { token })).status, 200);
    const before = asked.length, refused = await write(rig, token);
    deepEqual([refused.status, /ui\.audit\.away/.test(refused.text), asked.length], [503, true, before]);
    rig.clock.offset += 1_800_001;
    ok((await rig.ask("/", { token })).status >= 401, "EV-14 holds by the Worker's own clock");
  }));

Deno.test("failure matrix: device pages: the control Worker / new ones: closed: 503 with the rule ui.control.away, and no ticket is used up", () =>
  withPages(async (rig) => {
    const session = rig.people.make("CP001");
    rig.people.tickets.set("t1", { session: session.id, origin: rig.origin() });
    rig.people.away = true;
    const refused = await rig.ask("/.gw/open?ticket=t1", { headers: NAVIGATION });
    deepEqual([refused.status, /ui\.control\.away/.test(refused.text)], [503, true]);
    equal((await rig.ask("/", { token: "token-that-this-Worker-does-not-know" })).status, 503);
    rig.people.away = false;
    equal((await rig.ask("/.gw/open?ticket=t1", { headers: NAVIGATION })).status, 200);
  }));

Deno.test("failure matrix: device pages: the control Worker / back in service: by itself within seconds: sessions go on, who has a controller is still known, and what was looked at meanwhile is recorded", async () => {
  await withPages(async (rig) => {
    const token = await rig.enter();
    rig.people.away = true;
    equal((await rig.ask("/v1/x", { token })).status > 0, true);
    rig.people.away = false;
    equal((await write(rig, token)).status, 200);
    await rig.service.handlers!["device.ended"]!({ sessions: ["session-1"], rule: "x" });
    ok(rig.people.requests.some(({ page, count }) => page === "/v1/**" && count === 1));
  });
  // Control's own half: sessions are stored, and so is who has a controller (gateway/control/devices/feature_test.ts).
  await using before = await DeviceRig.open();
  const { token, session } = await before.enter();
  const after = await before.restart();
  equal((await after.check(token)).id, session.id);
});

Deno.test("failure matrix: device pages: hald, for a controller with old TLS / pages and tunnels that are open: closed for this controller: a page says what is away; the session stays, other controllers are open", () =>
  withOldTls(async ({ get, others, away }) => {
    equal(await get(), "page");
    away(true);
    match(await get(), /^ui\.door\.unreachable/);
    equal(await others(), "page");
  }));

Deno.test("failure matrix: device pages: hald, for a controller with old TLS / new ones: closed for this controller, and no login is spent", () =>
  withOldTls(async ({ get, control, away }) => {
    away(true);
    match(await get(), /^ui\.door\.unreachable/);
    deepEqual(control.ends.filter((end) => end !== "unreachable"), []);
  }));

Deno.test("failure matrix: device pages: hald, for a controller with old TLS / back in service: by itself with the next request", () =>
  withOldTls(async ({ get, away }) => {
    away(true);
    match(await get(), /^ui\.door\.unreachable/);
    away(false);
    equal(await get(), "page");
  }));

/** Links to one controller by the helper, whose hald can be away, and to one by the gateway's own TCP. */
async function withOldTls(
  test: (site: {
    readonly get: () => Promise<string>;
    readonly others: () => Promise<string>;
    readonly control: FakeControl;
    readonly away: (isAway: boolean) => void;
  }) => Promise<void>,
): Promise<void> {
  const device = createServer((_, response) => void response.writeHead(200, { connection: "close" }).end("page"));
  await new Promise<void>((resolve) => device.listen(0, "127.0.0.1", resolve));
  const { port } = device.address() as AddressInfo, control = new FakeControl();
  control.pin = "AA==";
  let isAway = false;
  const gone = createOldTlsHelper("/nowhere/hal.sock");
  const oldTls = {
    open: async (...args: Parameters<typeof gone.open>) => isAway ? await gone.open(...args) : await connected(args[1]),
  };
  const driver = DRIVERS.get("guided")!, time = new ManualTime(), log = { info: () => {}, warn: () => {} };
  const needs = { control: control as never, timers: systemTimers, clock: time, log };
  const old = openDeviceLink(
    { station: "CP001", driver, origins: [`https://127.0.0.1:${port}`], oldTls },
    { id: "a", deviceRole: "operator" },
    needs,
  );
  const plain = openDeviceLink(
    { station: "CP002", driver, origins: [`http://127.0.0.1:${port}`] },
    { id: "b", deviceRole: "operator" },
    needs,
  );
  const ask = async (link: typeof old) => {
    const found = await link.request({ method: "GET", target: "/", headers: [], bodyLength: 0 });
    return found.kind === "door" ? `${found.door.rule} ${JSON.stringify(found.door)}` : await textOf(found.body);
  };
  try {
    await test({ get: () => ask(old), others: () => ask(plain), control, away: (is) => isAway = is });
  } finally {
    await old.close();
    await plain.close();
    (device as Server & { closeAllConnections(): void }).closeAllConnections();
    await new Promise((done) => device.close(done));
  }
}

function connected(port: number): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1");
  return new Promise((resolve, reject) => void socket.once("connect", () => resolve(socket)).once("error", reject));
}

const TOKEN = "A".repeat(43);
const FRAME = encodeTunnelFrame({ kind: "data", bytes: new TextEncoder().encode("hello") });

/** The console's door of tunnels with the real service of the Worker behind it, which can end and come back. */
async function withTunnel(
  test: (site: {
    readonly dial: () => WebSocket;
    readonly end: () => void;
    readonly comeBack: () => Promise<void>;
    readonly stations: { isClosed: boolean; written: string }[];
  }) => Promise<void>,
): Promise<void> {
  const timers = new ManualTime(), stations: { isClosed: boolean; written: string }[] = [], sockets: WebSocket[] = [];
  const door = new TunnelDoor({ timers, log: nullLogger, hostname: () => "gw.lab.example" });
  const server = createServer().on(
    "upgrade",
    (request, socket, head) => door.upgrade(request, socket, head, "10.99.0.5"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let close: (() => Promise<unknown>) | undefined;
  const comeBack = async () => {
    const late: { peer?: PeerListener } = {};
    const service = await startTunnels(tunnelContext(timers), (peer) => late.peer = peer, () => {
      const station = { isClosed: false, written: "" }, over = Promise.withResolvers<null>();
      stations.push(station);
      return Promise.resolve({
        read: () => over.promise,
        write: (bytes: Uint8Array) =>
          Promise.resolve((station.written += new TextDecoder().decode(bytes), bytes.length)),
        closeWrite: () => Promise.resolve(),
        close: () => (station.isClosed = true, over.resolve(null)),
      });
    });
    const ours: RpcPort = {
      postMessage: (message) => theirs.onmessage?.({ data: message } as MessageEvent),
      onmessage: null,
    };
    const theirs: RpcPort = {
      postMessage: (message) => ours.onmessage?.({ data: message } as MessageEvent),
      onmessage: null,
    };
    door.peer("tunnel", ours);
    late.peer!("console", theirs);
    close = () => service.drain(0);
  };
  await comeBack();
  const { port } = server.address() as AddressInfo;
  const dial = () => {
    const headers = { host: "gw.lab.example", authorization: `Bearer ${TOKEN}` };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/tunnel/CP001/22`, TUNNEL_PROTOCOL, { headers });
    socket.on("error", () => {});
    sockets.push(socket);
    return socket;
  };
  try {
    await test({ dial, stations, comeBack, end: () => door.peer("tunnel", undefined) });
  } finally {
    for (const socket of sockets) socket.terminate();
    await close!();
    door.close();
    await new Promise((done) => server.close(done));
  }
}

function tunnelContext(timers: ManualTime): WorkerContext<unknown> {
  let entered = 0;
  const call = (method: string, { token }: { readonly token: string }) => {
    if (method === "tunnel.left") return Promise.resolve();
    if (token !== TOKEN) return Promise.reject(new IdentityError("TUNNEL_REFUSED", "no such tunnel"));
    const until = timers.now() + 600_000;
    return Promise.resolve({ tunnel: "t1", connection: `c${++entered}`, host: "10.20.0.11", port: 22, until });
  };
  return { clock: timers, timers, log: nullLogger, control: { call } } as unknown as WorkerContext<unknown>;
}

const isOpen = (socket: WebSocket) => waitFor("the tunnel to be open", () => socket.readyState === WebSocket.OPEN);

Deno.test("failure matrix: device pages: the tunnel's Worker / pages and tunnels that are open: closed: tunnels are cut off, with the close code 1012; pages are open", () =>
  withTunnel(async ({ dial, end }) => {
    const laptop = dial(), closed: number[] = [];
    laptop.on("close", (code: number) => closed.push(code));
    await isOpen(laptop);
    end();
    await waitFor("the end", () => closed.length === 1);
    equal(closed[0], 1_012);
  }));

Deno.test("failure matrix: device pages: the tunnel's Worker / new ones: closed: 503 with the rule tunnel.none; the token stays good", () =>
  withTunnel(async ({ dial, end, stations }) => {
    end();
    const laptop = dial();
    const status = await new Promise((resolve) =>
      laptop.once("unexpected-response", (_, response: { statusCode: number }) => resolve(response.statusCode))
    );
    deepEqual([status, stations.length], [503, 0]);
  }));

Deno.test("failure matrix: device pages: the tunnel's Worker / back in service: by itself after a pause: the same token opens the next connection", () =>
  withTunnel(async ({ dial, end, comeBack, stations }) => {
    await isOpen(dial());
    end();
    await comeBack();
    const laptop = dial();
    await isOpen(laptop);
    laptop.send(FRAME);
    await waitFor("the word at the station", () => stations.at(-1)!.written === "hello");
  }));
