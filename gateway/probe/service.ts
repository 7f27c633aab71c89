import type { Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Buffer } from "node:buffer";
import type { Service, WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import type { PortState, ProbeResult, ProbeTask } from "../core/probe_api.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import type { Random, Timers } from "../core/timers.ts";
import { reachTcp } from "../uplink/reach_tcp.ts";
import { clientHello, readHello, TLS_VERSIONS, type TlsVersion } from "./codec.ts";
import { PROBE_LIMITS } from "./limits.ts";
import type { ProbeWorkerConfig } from "./worker_config.ts";

/** Serves looks at stations, one after the other. Nothing listens. */
export function startProbe(context: WorkerContext<ProbeWorkerConfig>): Service<ProbeWorkerConfig> {
  let { stations } = context.config, running: Promise<unknown> = Promise.resolve(), isDrained = false;
  const handlers: RpcHandlers<WorkerApi> = {
    "probe.look": (task) => {
      if (isDrained || stations[task.station] !== task.address || task.ports.length > PROBE_LIMITS.ports) {
        const what = `"${task.station}" at ${task.address} is not looked at`;
        throw new GatewayError("PROBE_REFUSED", what, { hint: "Only stations of site.yaml are, at their own address" });
      }
      const done = running.then(() => lookAt(task, context));
      running = done.catch(() => undefined);
      return done;
    },
  };
  return {
    handlers,
    health: () => ({ state: "ok" }),
    reconfigure: (next) => {
      stations = next.stations;
      return Promise.resolve();
    },
    drain: async () => {
      isDrained = true;
      await running;
    },
  };
}

type Parts = Pick<WorkerContext<ProbeWorkerConfig>, "random" | "timers">;

/** One look: each port once with a pause between, then the TLS of the page. */
async function lookAt({ address, ports, tlsPort }: ProbeTask, parts: Parts): Promise<ProbeResult> {
  const found: [number, PortState][] = [];
  for (const port of ports) {
    const state = await portState(address, port, parts.timers);
    found.push([port, state]);
    await pause(parts.timers, state === "closed" ? PROBE_LIMITS.refusedGapMs : PROBE_LIMITS.gapMs);
  }
  if (tlsPort === undefined) return { ports: found };
  const versions: TlsVersion[] = [];
  let isOther = false;
  for (const version of Object.keys(TLS_VERSIONS) as TlsVersion[]) {
    const answer = await greet(address, tlsPort, version, parts);
    if (answer === "other") isOther = true;
    else if (answer === version) versions.push(version);
    await pause(parts.timers);
  }
  const certificate = versions.length > 0 ? await certificateOf(address, tlsPort, parts.timers) : undefined;
  return { ports: found, tls: { versions, isOther, ...certificate === undefined ? {} : { certificate } } };
}

async function portState(host: string, port: number, timers: Timers): Promise<PortState> {
  try {
    const socket = await reachTcp({ host, port, withinMs: PROBE_LIMITS.answerMs }, timers);
    socket.destroy();
    return "open";
  } catch (error) {
    const { code, name } = error as { readonly code?: string; readonly name?: string };
    if (code === "ECONNREFUSED" || code === "ECONNRESET") return "closed";
    return code === "EPERM" || code === "EACCES" || name === "NotCapable" ? "blocked" : "silent";
  }
}

/** The version that the server chose for a hello up to `version`; undefined: it took none, or said nothing. */
async function greet(
  host: string,
  port: number,
  version: TlsVersion,
  { random, timers }: Parts,
): Promise<TlsVersion | "other" | undefined> {
  let socket: Socket;
  try {
    socket = await reachTcp({ host, port, withinMs: PROBE_LIMITS.answerMs }, timers);
  } catch (_nobody) {
    return undefined;
  }
  const { promise, resolve } = Promise.withResolvers<TlsVersion | "other" | undefined>();
  const cancel = timers.after(PROBE_LIMITS.helloMs, () => resolve(undefined));
  let read = Buffer.alloc(0);
  socket.on("error", () => resolve(undefined)).on("close", () => resolve(undefined));
  socket.on("data", (chunk: Buffer) => {
    read = Buffer.concat([read, chunk.subarray(0, PROBE_LIMITS.helloBytes)]);
    const answer = readHello(read);
    if (answer.is === "hello") resolve(answer.version);
    else if (answer.is === "other") resolve("other");
    else if (answer.is === "alert" || read.length > PROBE_LIMITS.helloBytes) resolve(undefined);
  });
  socket.write(clientHello(version, helloRandom(random)));
  try {
    return await promise;
  } finally {
    cancel();
    socket.destroy();
  }
}

const helloRandom = (random: Random): Uint8Array => random.bytes(64);

/** The certificate that the page presents; whether it is the approved one is the pin's question, not this one's. */
async function certificateOf(host: string, port: number, timers: Timers): Promise<string | undefined> {
  let socket: Socket;
  try {
    socket = await reachTcp({ host, port, withinMs: PROBE_LIMITS.answerMs }, timers);
  } catch (_nobody) {
    return undefined;
  }
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const cancel = timers.after(PROBE_LIMITS.helloMs, () => resolve(undefined));
  const tls: TLSSocket = connectTls({ socket, rejectUnauthorized: false });
  tls.on("error", () => resolve(undefined)).on("close", () => resolve(undefined));
  tls.on("secureConnect", () => {
    const { raw } = tls.getPeerCertificate(true);
    resolve(raw === undefined ? undefined : Buffer.from(raw).toString("base64"));
  });
  try {
    return await promise;
  } finally {
    cancel();
    tls.destroy();
    socket.destroy();
  }
}

function pause(timers: Timers, ms: number = PROBE_LIMITS.gapMs): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  timers.after(ms, resolve);
  return promise;
}
