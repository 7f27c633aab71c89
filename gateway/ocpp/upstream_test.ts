import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { FakeCsms, until } from "../../tests/support/ocpp_rig.ts";
import { systemClock } from "../core/clock.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";
import { UplinkDialer } from "../uplink/open_leg.ts";
import { DIRECT } from "../uplink/settings.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { upstreamSecurityEvent } from "./security_events.ts";
import { DialError, UpstreamDialer, upstreamUrl } from "./upstream.ts";
import { relayableCode } from "./web_socket.ts";

const POWERS = { clock: systemClock, timers: systemTimers, random: systemRandom };

const request = (url: string, deflate: boolean) => ({
  route: { csms: "main", url, graceSeconds: 0 },
  stationId: "CP 1|x",
  protocols: ["ocpp1.6"],
  deflate,
});

const dialer = () => new UpstreamDialer(65_536, new UplinkDialer(DIRECT, systemTimers), POWERS);

/** Both kinds of legs: `ws`, which offers compression, and frames of our own. */
const KINDS = [["compression offered", true], ["no compression", false]] as const;

Deno.test("upstream: the URL is the route's path and the identity, encoded once (LC2, invariant 8)", () => {
  const path = (base: string, id: string) => upstreamUrl(base, id).href;
  equal(path("wss://c.example/ocpp", "CP001"), "wss://c.example/ocpp/CP001");
  equal(path("wss://c.example/ocpp/", "RDAM|1 2"), "wss://c.example/ocpp/RDAM%7C1%202");
  equal(path("wss://c.example", "a/../b"), "wss://c.example/a%2F..%2Fb");
  equal(path("wss://c.example:8443/x?token=1", "A"), "wss://c.example:8443/x/A?token=1");
});

for (const [kind, deflate] of KINDS) {
  Deno.test(`upstream: the CSMS's refusal and its absence are told apart (${kind})`, async () => {
    const csms = new FakeCsms();
    const url = `ws://127.0.0.1:${await csms.listen()}/x`;
    const dialling = dialer();
    csms.refuse = 404;
    await rejects(
      dialling.dial(request(url, deflate)),
      (error: DialError) => error.status === 404 && error.code === "OCPP_UPSTREAM_FAILED",
    );
    await csms.close();
    await rejects(dialling.dial(request(url, deflate)), (error: DialError) => error.status === undefined);
  });

  Deno.test(`upstream: a CSMS that takes the connection and never answers is given up at the limit (${kind}, 0203)`, async () => {
    const held: Duplex[] = [], time = new ManualTime();
    const server = createServer().on("upgrade", (_request, socket) => void held.push(socket.on("error", () => {})));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const powers = { ...POWERS, clock: time, timers: time };
    let told = "";
    const dialled = new UpstreamDialer(65_536, new UplinkDialer(DIRECT, time), powers).dial(request(url, deflate))
      .catch((error: DialError) => told = error.message);
    await until(() => held.length === 1);
    time.advance(OCPP_LIMITS.dialTimeoutMs - 1);
    await Promise.resolve();
    equal(told, "");
    time.advance(1);
    await dialled;
    match(told, /no answer in time/);
    await until(() => held[0]!.readableEnded || held[0]!.destroyed, "the connection is closed");
    held[0]!.destroy();
    await new Promise((resolve) => server.close(resolve));
    equal(time.armed, 0);
  });

  Deno.test(`upstream: a CSMS that picks no or a foreign subprotocol is refused (${kind})`, async () => {
    for (const pick of [() => false as const, () => "ocpp9.9"]) {
      const csms = new FakeCsms(undefined, pick);
      const url = `ws://127.0.0.1:${await csms.listen()}/x`;
      await rejects(dialer().dial(request(url, deflate)), DialError);
      await csms.close();
    }
  });

  Deno.test(`upstream: messages that come with the handshake wait until they are taken (${kind})`, async () => {
    const csms = new FakeCsms();
    const url = `ws://127.0.0.1:${await csms.listen()}/x`;
    const dialled = dialer().dial(request(url, deflate));
    await until(() => csms.peers.length === 1);
    csms.peers[0]!.send("early");
    const leg = await dialled;
    const { promise: answered, resolve } = Promise.withResolvers<unknown>();
    leg.socket.once("pong", resolve);
    leg.socket.ping(); // the fake answers after what it sent before
    await answered;
    equal(leg.takeEarly().map(({ data }) => String(data)), ["early"]);
    leg.socket.terminate();
    await csms.close();
  });

  Deno.test(`upstream: a CSMS that floods before the station is ready is cut off (${kind})`, async () => {
    const csms = new FakeCsms();
    const url = `ws://127.0.0.1:${await csms.listen()}/x`;
    const dialled = dialer().dial(request(url, deflate));
    await until(() => csms.peers.length === 1);
    const leg = await dialled;
    for (let i = 0; i < 50; i++) csms.peers[0]!.send("flood");
    await until(() => leg.socket.readyState === leg.socket.CLOSED);
    ok(leg.takeEarly().length <= 16);
    await csms.close();
  });
}

Deno.test("upstream: one connection asks a CSMS for compression; the answer decides for those that follow (LC9)", async () => {
  for (const agrees of [true, false]) {
    const csms = new FakeCsms(undefined, undefined, agrees);
    const url = `ws://127.0.0.1:${await csms.listen()}/x`;
    const dialling = dialer();
    const legs = [];
    for (let n = 0; n < 3; n++) legs.push(await dialling.dial(request(url, true)));
    const offers = csms.peers.map(({ request }) => request?.headers["sec-websocket-extensions"] !== undefined);
    equal(offers, [true, agrees, agrees]);
    equal(legs.map(({ socket }) => socket.extensions !== ""), [agrees, agrees, agrees]);
    for (const { socket } of legs) socket.terminate();
    await csms.close();
  }
});

Deno.test("security events: TLS faults of a CSMS get their OCPP name, others none (O-12)", () => {
  const cases: readonly [code: string | undefined, message: string, event: string | undefined][] = [
    ["CERT_HAS_EXPIRED", "certificate has expired", "InvalidCentralSystemCertificate"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "x", "InvalidCentralSystemCertificate"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "x", "InvalidCentralSystemCertificate"],
    [undefined, "invalid peer certificate: UnknownIssuer", "InvalidCentralSystemCertificate"],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", "x", "InvalidTLSVersion"],
    [undefined, "received fatal alert: ProtocolVersion", "InvalidTLSVersion"],
    [undefined, "received fatal alert: HandshakeFailure", "InvalidTLSCipherSuite"],
    ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1", undefined],
    ["ENOTFOUND", "getaddrinfo ENOTFOUND c.example", undefined],
  ];
  for (const [code, message, event] of cases) equal(upstreamSecurityEvent(code, message), event, `${code} ${message}`);
});

Deno.test("close codes: what may be sent is relayed, what only a library says becomes 1001", () => {
  equal([1000, 1001, 1008, 1012, 3000, 4999].map(relayableCode), [1000, 1001, 1008, 1012, 3000, 4999]);
  equal([1004, 1006, 1015, 2999, 5000, 0].map(relayableCode), [1001, 1001, 1001, 1001, 1001, 1001]);
  equal(relayableCode(1005), undefined);
});
