import { deepEqual, equal, match } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { Service, WorkerContext } from "../core/conduit.ts";
import { IdentityError, UpstreamError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import type { RpcPort } from "../core/rpc.ts";
import type { FromTunnel, ToTunnel, TunnelCount } from "../core/tunnel_api.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { decodeTunnelFrame, encodeTunnelFrame } from "./codec.ts";
import { TUNNEL_LIMITS } from "./limits.ts";
import { startTunnels } from "./service.ts";

const FRAME = encodeTunnelFrame({ kind: "data", bytes: new TextEncoder().encode("hello") });
const OPEN: ToTunnel = { kind: "open", id: 1, token: "good", station: "CP001", port: 22, source: "10.99.0.5" };

/** The Worker with a console, a control and stations of the test's own. */
async function rig() {
  const time = new ManualTime(1_000_000);
  const left: (TunnelCount & { why: string })[] = [];
  const control = { isAway: false };
  const stations: { written: string[]; isClosed: boolean; say: (text: string | null) => void }[] = [];
  let entered = 0;
  const context = {
    clock: time,
    timers: time,
    log: nullLogger,
    control: {
      call: async (method: string, args: { token: string } & TunnelCount & { why: string }) => {
        if (control.isAway) throw new Error("control is away");
        if (method === "tunnel.left") return void left.push(args);
        if (args.token !== "good") {
          throw new IdentityError("TUNNEL_REFUSED", "no such tunnel", { hint: "open it anew" });
        }
        return await Promise.resolve({
          ...{ tunnel: "t1", connection: `c${++entered}`, host: "10.20.0.11", port: 22 },
          until: time.now() + 60_000,
        });
      },
    },
  } as unknown as WorkerContext<unknown>;
  const dial = { fault: undefined as Error | undefined, wait: undefined as Promise<void> | undefined };
  const late: { peer?: PeerListener } = {};
  const service = await startTunnels(context, (peer) => late.peer = peer, async () => {
    await dial.wait;
    if (dial.fault) throw dial.fault;
    const waiting: ((text: string | null) => void)[] = [], said: (string | null)[] = [];
    const station = {
      written: [] as string[],
      isClosed: false,
      say: (text: string | null) => void (waiting.length > 0 ? waiting.shift()!(text) : said.push(text)),
    };
    stations.push(station);
    return {
      read: async (into) => {
        const text = said.length > 0 ? said.shift()! : await new Promise<string | null>((told) => waiting.push(told));
        return text === null ? null : new TextEncoder().encodeInto(text, into).written;
      },
      write: (bytes) => {
        station.written.push(new TextDecoder().decode(bytes));
        return Promise.resolve(bytes.length);
      },
      closeWrite: () => Promise.resolve(),
      close: () => {
        station.isClosed = true;
        station.say(null);
      },
    };
  });
  const consoleOf = (name: string) => {
    const heard: FromTunnel[] = [];
    const port: RpcPort = { postMessage: (message) => void heard.push(message as FromTunnel), onmessage: null };
    late.peer!(name, port);
    const say = (message: ToTunnel) => port.onmessage?.({ data: message } as MessageEvent);
    return { heard, say, leave: () => late.peer!(name, undefined) };
  };
  return { time, left, control, stations, dial, service, consoleOf };
}

const framesOf = (heard: readonly FromTunnel[]) =>
  heard.flatMap((message) => message.kind === "frame" ? [decodeTunnelFrame(message.bytes)] : []);
const counts = async (service: Service) => (await service.handlers!["tunnel.counts"]!({})).open;

Deno.test("tunnel service: what control lets in is dialled, carried both ways, counted and told when it ends", async () => {
  const { consoleOf, stations, left, service } = await rig();
  const { heard, say } = consoleOf("console");
  equal(service.health().state, "ok");
  say(OPEN);
  await waitFor("opened", () => heard.some(({ kind }) => kind === "opened"));
  say({ kind: "frame", id: 1, bytes: FRAME });
  stations[0]!.say("SSH-2.0");
  await waitFor("both", () => stations[0]!.written.length === 1 && framesOf(heard).length === 2);
  deepEqual(await counts(service), [{ tunnel: "t1", connection: "c1", up: 5, down: 7 }]);
  say({ kind: "gone", id: 1 });
  await waitFor("left", () => left.length === 1);
  deepEqual(left[0], { tunnel: "t1", connection: "c1", up: 5, down: 7, why: "the laptop has gone" });
  deepEqual([stations[0]!.isClosed, await counts(service)], [true, []]);
  await service.drain(0);
});

Deno.test("tunnel service: a token that control refuses dials nothing, and the refusal is passed on with its hint", async () => {
  const { consoleOf, stations, left, service } = await rig();
  const { heard, say } = consoleOf("console");
  say({ ...OPEN, token: "wrong" });
  await waitFor("refused", () => heard.length === 1);
  deepEqual(heard[0], { kind: "refused", id: 1, code: "TUNNEL_REFUSED", text: "no such tunnel", hint: "open it anew" });
  deepEqual([stations.length, left.length], [0, 0]);
  await service.drain(0);
});

Deno.test("tunnel service: control away refuses; a station that does not answer is told as left with no bytes", async () => {
  const { consoleOf, control, dial, left, service } = await rig();
  const { heard, say } = consoleOf("console");
  control.isAway = true;
  say(OPEN);
  await waitFor("refused", () => heard.length === 1);
  control.isAway = false;
  dial.fault = new UpstreamError("TUNNEL_UNREACHABLE", "Cannot connect to 10.20.0.11:22: refused");
  say({ ...OPEN, id: 2 });
  await waitFor("unreachable", () => heard.length === 2 && left.length === 1);
  equal((heard[1] as { code: string }).code, "TUNNEL_UNREACHABLE");
  deepEqual([left[0]!.up, left[0]!.down], [0, 0]);
  match(left[0]!.why, /refused/);
  await service.drain(0);
});

Deno.test("tunnel service: the end of the time, a kill, and a console that is gone close connections with their reason", async () => {
  const { consoleOf, stations, time, left, service } = await rig();
  const first = consoleOf("console");
  first.say(OPEN);
  await waitFor("opened", () => first.heard.length === 1);
  time.advance(60_000);
  await waitFor("time", () => left.length === 1);
  deepEqual(framesOf(first.heard).at(-1), { kind: "closed", why: "the time of the tunnel is over" });
  first.say({ ...OPEN, id: 2 });
  await waitFor("opened again", () => stations.length === 2 && first.heard.at(-1)!.kind === "opened");
  deepEqual(await service.handlers!["tunnel.close"]!({ tunnels: ["other"], why: "x" }), { closed: 0 });
  deepEqual(await service.handlers!["tunnel.close"]!({ tunnels: ["t1"], why: "killed by olga" }), { closed: 1 });
  await waitFor("killed", () => left.length === 2);
  equal(left[1]!.why, "killed by olga");
  first.say({ ...OPEN, id: 3 });
  await waitFor("opened a third time", () => stations.length === 3 && first.heard.at(-1)!.kind === "opened");
  first.leave();
  await waitFor("gone", () => left.length === 3);
  match(left[2]!.why, /console was restarted/);
  equal(service.health().state, "degraded");
  deepEqual(stations.map(({ isClosed }) => isClosed), [true, true, true]);
  await service.drain(0);
});

Deno.test("tunnel service: a laptop that breaks the frames is closed; one that sends before it was let in is not heard", async () => {
  const { consoleOf, dial, stations, left, service } = await rig();
  const { heard, say } = consoleOf("console");
  const slow = Promise.withResolvers<void>();
  dial.wait = slow.promise;
  say(OPEN);
  say({ kind: "frame", id: 1, bytes: FRAME });
  slow.resolve();
  await waitFor("opened", () => heard.length === 1);
  deepEqual(stations[0]!.written, []);
  say({ kind: "frame", id: 1, bytes: new Uint8Array([9]) });
  await waitFor("closed", () => left.length === 1);
  match(left[0]!.why, /no tunnel frame: its kind is 9/);
  say({ kind: "frame", id: 77, bytes: FRAME }); // nobody's
  await service.drain(0);
});

Deno.test("tunnel service: a laptop that gave up while the station was dialled leaves no connection behind", async () => {
  const { consoleOf, dial, stations, left, service } = await rig();
  const { say } = consoleOf("console");
  const slow = Promise.withResolvers<void>();
  dial.wait = slow.promise;
  say(OPEN);
  say({ kind: "gone", id: 1 });
  slow.resolve();
  await waitFor("left", () => left.length === 1);
  deepEqual([stations[0]!.isClosed, await counts(service)], [true, []]);
  await service.drain(0);
});

Deno.test("tunnel service: connections up to the limit, and one more is refused before control is asked", async () => {
  const { consoleOf, stations, service } = await rig();
  const { heard, say } = consoleOf("console");
  for (let id = 1; id <= TUNNEL_LIMITS.connections; id++) say({ ...OPEN, id });
  await waitFor("all", () => heard.filter(({ kind }) => kind === "opened").length === TUNNEL_LIMITS.connections);
  say({ ...OPEN, id: 1_000 });
  await waitFor("refused", () => heard.at(-1)!.kind === "refused");
  equal((heard.at(-1) as { code: string }).code, "TUNNEL_FULL");
  equal(stations.length, TUNNEL_LIMITS.connections);
  await service.drain(0);
});

Deno.test("tunnel service: what ended while control was away is told when it is back, in order", async () => {
  const { consoleOf, control, time, left, service, stations } = await rig();
  const { heard, say } = consoleOf("console");
  for (const id of [1, 2]) say({ ...OPEN, id });
  await waitFor("opened", () => heard.length === 2);
  control.isAway = true;
  say({ kind: "gone", id: 1 });
  say({ kind: "gone", id: 2 });
  await waitFor("closed", () => stations.every(({ isClosed }) => isClosed));
  time.advance(TUNNEL_LIMITS.tellMs);
  control.isAway = false;
  await waitFor("told", () => {
    time.advance(TUNNEL_LIMITS.tellMs);
    return left.length === 2;
  });
  deepEqual(left.map(({ connection }) => connection).sort(), ["c1", "c2"]);
  await service.drain(0);
});
