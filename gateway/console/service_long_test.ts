import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { connect, type TLSSocket } from "node:tls";
import { TestCa, type TestCertificate } from "../../tests/support/test_ca.ts";
import { waitFor, withDeadline } from "../../tests/support/wait_for.ts";
import { systemClock } from "../core/clock.ts";
import type { Service, WorkerContext } from "../core/conduit.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import { identityOf } from "../pki/server_identity.ts";
import { CONSOLE_LIMITS } from "./limits.ts";
import { CONSOLE_LISTENER, type ConsoleWorkerConfig, startConsole } from "./service.ts";

const ca = new TestCa();
const [first, second] = [ca.server(["localhost"]), ca.server(["localhost"])];
const trustOf = ({ certPem, keyPem }: TestCertificate): ListenerTrust => ({
  identities: [identityOf(certPem, keyPem)],
  clientCas: [],
  denied: { fingerprints: [], serials: [] },
  organizations: [],
});

/** The console on a free port, with a control that the test holds up or answers. */
class Rig implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly sockets: TLSSocket[] = [];
  hold: Promise<unknown> | undefined;
  readonly port: number;

  private constructor(readonly service: Service<ConsoleWorkerConfig>, private readonly shared: { rig?: Rig }) {
    shared.rig = this;
    this.port = Number(new URL(service.listening!["console"]!).port);
  }

  static async open(config: Partial<ConsoleWorkerConfig> = {}, trust: ListenerTrust = trustOf(first)): Promise<Rig> {
    const shared: { rig?: Rig } = {};
    const call = async (method: string, args: { listener?: string }) => {
      if (method === "trust.listener") {
        equal(args.listener, CONSOLE_LISTENER);
        return trust;
      }
      shared.rig!.asked.push(method);
      await shared.rig!.hold;
      return { ready: true, workers: { secret: { state: "ok" } } };
    };
    const context = {
      name: "console",
      config: { host: "127.0.0.1", port: 0, hostname: "gw.example", ...config },
      ...{ clock: systemClock, timers: systemTimers, random: systemRandom, metrics: nullMetrics, log: nullLogger },
      control: { call },
    } as unknown as WorkerContext<ConsoleWorkerConfig>;
    return new Rig(await startConsole(context), shared);
  }

  /** A TLS connection whose whole answer is collected. */
  async connect(): Promise<{ socket: TLSSocket; text: () => string; ended: Promise<void> }> {
    const socket = connect({ host: "127.0.0.1", port: this.port, ca: ca.pem, servername: "localhost" });
    this.sockets.push(socket);
    let text = "";
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    socket.on("data", (chunk) => text += chunk);
    socket.on("close", () => resolve());
    const secured = new Promise<void>((done, fail) => socket.once("secureConnect", done).once("error", fail));
    await withDeadline("the handshake", secured);
    socket.on("error", () => {});
    return { socket, text: () => text, ended };
  }

  /** Sends one request and answers all that came back until the end. */
  async request(head: string): Promise<string> {
    const { socket, text, ended } = await this.connect();
    socket.write(head);
    await withDeadline("the answer", ended);
    return text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await this.service.drain(1_000);
  }
}
const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n");

Deno.test("console service: answers people and machines over TLS", async () => {
  await using rig = await Rig.open();
  match(await rig.request(get("/healthz")), /^HTTP\/1\.1 200 [\s\S]*\{"ok":true\}/);
  const ready = await rig.request(get("/readyz"));
  match(ready, /^HTTP\/1\.1 200 [\s\S]*\{"ready":true\}/);
  equal(ready.includes("secret"), false);
  deepEqual(rig.asked, ["health.summary"]);
});

Deno.test("console service: plain HTTP is not answered", async () => {
  await using rig = await Rig.open();
  using plain = await Deno.connect({ hostname: "127.0.0.1", port: rig.port });
  await plain.write(new TextEncoder().encode(get("/")));
  const buffer = new Uint8Array(64);
  const read = await withDeadline("the end", plain.read(buffer).catch(() => null));
  equal(new TextDecoder().decode(buffer.subarray(0, read ?? 0)).includes("HTTP"), false);
});

Deno.test("console service: says where people find it, the address on loopback and the name elsewhere", async () => {
  await using loopback = await Rig.open();
  match(loopback.service.listening!["console"]!, /^https:\/\/127\.0\.0\.1:\d+$/);
  await using everywhere = await Rig.open({ host: "0.0.0.0" });
  match(everywhere.service.listening!["console"]!, /^https:\/\/gw\.example:\d+$/);
});

Deno.test("console service: takes headers up to its limit of bytes and refuses more with 431", async () => {
  await using rig = await Rig.open();
  const padded = (bytes: number) => {
    const rest = get("/healthz", "X-Pad: ").length;
    return get("/healthz", `X-Pad: ${"x".repeat(bytes - rest)}`);
  };
  match(await rig.request(padded(CONSOLE_LIMITS.headerBytes - 256)), /^HTTP\/1\.1 200 /);
  match(await rig.request(padded(CONSOLE_LIMITS.headerBytes + 256)), /^HTTP\/1\.1 431 /);
  match(await rig.request(get("/healthz")), /^HTTP\/1\.1 200 /);
});

const DISHONEST: readonly { name: string; head: string; status: RegExp }[] = [
  { name: "no request at all", head: "hello\r\n\r\n", status: /^HTTP\/1\.1 400 / },
  { name: "no Host", head: "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", status: /^HTTP\/1\.1 400 / },
  {
    name: "a length and chunks at once",
    head: get("/", "Content-Length: 3", "Transfer-Encoding: chunked"),
    status: /^HTTP\/1\.1 400 /,
  },
  { name: "a page that does not exist", head: get("/admin"), status: /^HTTP\/1\.1 404 / },
  { name: "a path that climbs", head: get("/../../etc/passwd"), status: /^HTTP\/1\.1 404 / },
];
for (const { name, head, status } of DISHONEST) {
  Deno.test(`console service: refuses ${name} and asks control nothing`, async () => {
    await using rig = await Rig.open();
    match(await rig.request(head), status);
    deepEqual(rig.asked, []);
  });
}

Deno.test("console service: a drain refuses new connections and waits for no idle one", async () => {
  const rig = await Rig.open();
  const idle = await rig.connect();
  await rig.service.drain(1_000);
  await withDeadline("the idle connection to end", idle.ended);
  await rejects(rig.connect());
  for (const socket of rig.sockets) socket.destroy();
});

Deno.test("console service: a running request is answered though the drain has begun", async () => {
  await using rig = await Rig.open();
  const gate = Promise.withResolvers<void>();
  rig.hold = gate.promise;
  const { socket, text, ended } = await rig.connect();
  socket.write(get("/readyz"));
  await waitFor("control to be asked", () => rig.asked.length === 1);
  const drained = rig.service.drain(5_000);
  gate.resolve();
  await withDeadline("the answer", ended);
  match(text(), /^HTTP\/1\.1 200 [\s\S]*\{"ready":true\}/);
  await drained;
});

Deno.test("console service: a new certificate is shown to new connections, live ones stay", async () => {
  await using rig = await Rig.open();
  const old = await rig.connect();
  const before = old.socket.getPeerCertificate().serialNumber;
  await rig.service.handlers!["trust.changed"]!({ listener: CONSOLE_LISTENER, trust: trustOf(second) });
  const fresh = await rig.connect();
  ok(fresh.socket.getPeerCertificate().serialNumber !== before);
  old.socket.write(get("/healthz"));
  await withDeadline("the answer", old.ended);
  match(old.text(), /^HTTP\/1\.1 200 /);
});

Deno.test("invariant 4: a certificate whose key does not fit never replaces the console's good one", async () => {
  await using rig = await Rig.open();
  const before = (await rig.connect()).socket.getPeerCertificate().serialNumber;
  const broken: ListenerTrust = {
    ...trustOf(first),
    identities: [{ ...trustOf(first).identities[0]!, keyPem: second.keyPem }],
  };
  const swapped =
    (async () => await rig.service.handlers!["trust.changed"]!({ listener: CONSOLE_LISTENER, trust: broken }))();
  await rejects(swapped, { code: "PKI_CERTIFICATE_UNUSABLE" });
  equal((await rig.connect()).socket.getPeerCertificate().serialNumber, before);
});

Deno.test("console service: without any certificate it does not start", async () => {
  await rejects(Rig.open({}, { ...trustOf(first), identities: [] }), { name: "IntegrityError" });
});
