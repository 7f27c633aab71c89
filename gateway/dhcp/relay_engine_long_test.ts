import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { TestCa } from "../../tests/support/test_ca.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { Lease } from "../core/dhcp_api.ts";
import type { LogFields, Logger } from "../core/log.ts";
import { addressBytes, decodeMessage, type DhcpMessage, encodeMessage, numberBytes, typeOf } from "./codec.ts";
import { decodeRelayInfo } from "./codec_relay_info.ts";
import { Concentrator } from "./concentrator/service.ts";
import { MESSAGE_TYPES, type MessageType, OPTION, RELAY } from "./options.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { RelayEngine } from "./relay_engine.ts";
import { datagram, EngineRig, FIRST, STRANGER, zoneConfig } from "./testing/engine_rig.ts";
import { ip, KNOWN, macOf } from "./testing/session_rig.ts";
import type { TunnelConfig } from "./worker_config.ts";

const CA = new TestCa("central");
const HOST = "127.0.0.1";
const NAME = "dhcp.central.example";

/** A central DHCP server that a test plays, on a UDP port of loopback. */
class CentralServer implements Disposable {
  readonly socket = Deno.listenDatagram({ transport: "udp", hostname: HOST, port: 0 });
  readonly asked: DhcpMessage[] = [];
  #isOver = false;
  /** What it says to a question. */
  answer: (asked: DhcpMessage) => Uint8Array | undefined = (asked) => reply(asked);

  constructor() {
    void this.#serve();
  }

  get port(): number {
    return (this.socket.addr as Deno.NetAddr).port;
  }

  async #serve(): Promise<void> {
    for await (const [bytes, from] of this.socket) {
      const asked = decodeMessage(bytes);
      this.asked.push(asked);
      const answer = this.answer(asked);
      if (answer) await this.socket.send(answer, from).catch(this.#unlessOver);
    }
  }

  /** The test may be over while an answer is on its way. */
  readonly #unlessOver = (error: Error): void => {
    if (!this.#isOver) throw error;
  };

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.socket.close();
  }
}

/** What an ordinary server says: the address .60, or what was asked for, for ten minutes. */
function reply(asked: DhcpMessage, changes: Partial<DhcpMessage> & { readonly type?: MessageType } = {}): Uint8Array {
  const type = changes.type ?? (typeOf(asked) === "discover" ? "offer" : "ack");
  const options = new Map<number, Uint8Array>([
    [OPTION.messageType, Uint8Array.of(MESSAGE_TYPES[type])],
    [OPTION.serverId, addressBytes(ip(1))],
    [OPTION.leaseSeconds, numberBytes(600)],
    [OPTION.router, addressBytes(ip(1))],
    [OPTION.relayInfo, asked.options.get(OPTION.relayInfo)!],
  ]);
  return encodeMessage({ ...asked, op: "reply", yiaddr: ip(60), options, ...changes }).bytes;
}

/** Log lines by their name. */
function logOf(lines: (readonly [string, LogFields])[]): Logger {
  const note = (event: string, fields: LogFields = {}) => void lines.push([event, fields]);
  const log = { debug: note, info: note, warn: note, error: note, with: () => log } as unknown as Logger;
  return log;
}

/** A central server, a concentrator in front of it, and the relay agents of a site's zone behind one tunnel. */
class Site implements AsyncDisposable {
  readonly server = new CentralServer();
  readonly rig = new EngineRig();
  readonly lines: (readonly [string, LogFields])[] = [];
  readonly engines: RelayEngine[] = [];
  concentrator!: Concentrator;
  readonly #port = freePort();

  static async open(): Promise<Site> {
    const site = new Site();
    await site.startConcentrator();
    return site;
  }

  async startConcentrator(): Promise<void> {
    const { certPem, keyPem } = CA.server([NAME]);
    const port = freePort();
    const config = {
      ...{ version: 1, listen: `${HOST}:${this.#port}`, names: [NAME], certificate: { certFile: "", keyFile: "" } },
      ...{ clientCaFile: "", server: HOST, address: HOST, port, serverPort: this.server.port, gateways: [] },
    } as const;
    const gateways = new Map([["garage-12", { name: "garage-12", subnets: [{ from: ip(0), to: ip(255) }] }]]);
    this.concentrator = await Concentrator.start(
      { config: config as never, self: 0x7f000001, gateways, certPem, keyPem, clientCas: [CA.pem] },
      { clock: this.rig.time, timers: this.rig.time, log: logOf(this.lines) },
    );
  }

  /** A gateway whose certificate has this name. */
  relay(name = "garage-12", fallback: TunnelConfig["fallback"] = "known-bindings", leases: readonly Lease[] = []) {
    const { certPem: cert, keyPem: key } = CA.client(name);
    const tunnel: TunnelConfig = {
      ...{ host: HOST, port: this.#port, name: NAME, ca: CA.pem, cert, key, circuitId: "ot-7" },
      ...{ fallback, fallbackSeconds: 300 },
    };
    const config = zoneConfig({ mode: "relay", seconds: { reservation: 1, pool: 1, quarantine: 1, relayed: 300 } });
    const engine = new RelayEngine({ ...config, tunnel }, this.rig.tools, leases, KNOWN);
    this.engines.push(engine);
    return engine;
  }

  async upRelay(...args: Parameters<Site["relay"]>): Promise<RelayEngine> {
    const engine = this.relay(...args);
    await waitFor("the tunnel", () => {
      if (engine.away === undefined) return true;
      this.rig.time.advance(100); // a dial that failed is made again
      return false;
    });
    return engine;
  }

  /** What the concentrator refused, by rule. */
  refusals(): unknown[] {
    return this.lines.filter(([event]) => /refused/.test(event)).map(([, { rule }]) => rule);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.engines) engine.close();
    this.concentrator.close();
    this.server[Symbol.dispose]();
    await this.rig.settled();
  }
}

Deno.test("dhcp relay: a device binds at the central server, which sees option 82, and the binding is known here", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  engine.receive(datagram());
  await waitFor("the offer", () => site.rig.link.sent.length === 1);
  equal(site.rig.sent(), [`offer .60 to ${FIRST}`]);
  engine.receive(datagram({ type: "request", requested: ip(60), server: ip(1) }));
  await waitFor("the ack", () => site.rig.link.sent.length === 1);
  equal(site.rig.lastReply().options.has(OPTION.relayInfo), false, "option 82 stays between relay and server");
  const info = decodeRelayInfo(site.server.asked[0]!.options.get(OPTION.relayInfo)!);
  const text = (code: number) => new TextDecoder().decode(info.get(code));
  equal([text(RELAY.circuitId), text(RELAY.remoteId)], ["ot-7", "garage-12"]);
  equal([info.get(RELAY.linkSelection), info.get(RELAY.serverId)], [addressBytes(ip(0)), addressBytes(ip(1))]);
  equal(info.has(RELAY.sourcePort), true, "the concentrator does not listen on port 67 here");
  await site.rig.settled();
  equal(site.rig.stored.map(({ address, kind }) => [address, kind]), [[ip(60), "relayed"]]);
  equal([engine.leaseCount, engine.counts.replies], [1, 2]);
});

Deno.test("dhcp relay: a renewal by unicast says so in option 82, a rebinding by broadcast does not", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  for (const destination of [ip(1), 0xffffffff]) {
    engine.receive(datagram({ type: "request", ciaddr: ip(60) }, { destination }));
    await waitFor("the ack", () => site.rig.link.sent.length === 1);
    site.rig.sent();
  }
  const flags = site.server.asked.map(({ options }) =>
    decodeRelayInfo(options.get(OPTION.relayInfo)!).get(RELAY.flags)![0]
  );
  equal(flags, [0x80, 0]);
});

Deno.test("dhcp relay: a gateway of another name is let in by its certificate and sent away by its name", async () => {
  await using site = await Site.open();
  const engine = site.relay("garage-13");
  await waitFor("the refusal", () => site.refusals().length > 0);
  equal(site.refusals()[0], "concentrator.gateway");
  match(engine.away!, /^tunnel: /);
});

Deno.test("dhcp relay: who connects again takes the place of its own older connection", async () => {
  await using site = await Site.open();
  const first = await site.upRelay();
  await site.upRelay();
  await waitFor("the end of the first", () => first.away !== undefined);
  equal(site.lines.some(([, { why }]) => why === "it has connected anew"), true);
});

const ANSWERS: readonly (readonly [string, (asked: DhcpMessage) => Uint8Array, RegExp])[] = [
  ["of another network", (asked) => reply(asked, { yiaddr: 0xc0a80105 }), /^concentrator\.answer$/],
  ["that nobody asked for", (asked) => reply(asked, { xid: asked.xid ^ 1 }), /^$/],
  ["that is no message", () => new Uint8Array(12), /^$/],
  ["that is a question", (asked) => reply(asked, { op: "request" }), /^$/],
];
for (const [name, answer, rule] of ANSWERS) {
  Deno.test(`dhcp relay: an answer ${name} reaches no device, and the next good one does`, async () => {
    await using site = await Site.open();
    const engine = await site.upRelay();
    site.server.answer = answer;
    engine.receive(datagram());
    await waitFor("the question", () => site.server.asked.length === 1);
    site.server.answer = (asked) => reply(asked);
    engine.receive(datagram({ mac: macOf(0x12) }));
    await waitFor("the good answer", () => site.rig.link.sent.length > 0);
    equal(site.rig.sent(), [`offer .60 to ${macOf(0x12)}`]);
    match(String(site.refusals()[0] ?? ""), rule);
  });
}

Deno.test("dhcp relay: an answer of the box's own address is refused here, whatever the concentrator lets through", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  site.server.answer = (asked) => reply(asked, { yiaddr: ip(1) });
  engine.receive(datagram());
  await waitFor("the refusal", () => site.rig.facts.some((fact) => fact.kind === "refused"));
  const [refused] = site.rig.facts.filter((fact) => fact.kind === "refused");
  equal([refused!.rule, refused!.mac, site.rig.sent()], ["dhcp.relay-answer", FIRST, []]);
});

Deno.test("dhcp relay: what is forged is refused before it takes the tunnel, what is no message is counted", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  engine.receive(datagram({}, { sourceMac: macOf(0x66) }));
  engine.receive(datagram({ giaddr: ip(9) }));
  engine.receive({ ...datagram(), payload: new Uint8Array(20) });
  equal(site.rig.facts.flatMap((fact) => fact.kind === "refused" ? [fact.rule] : []), [
    ...["dhcp.mac-mismatch", "dhcp.relay-unlisted"],
  ]);
  equal([engine.counts.malformed, site.server.asked.length], [1, 0]);
});

Deno.test("dhcp relay: one MAC has its rate here too, and a report tells of the rest", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  for (let count = 0; count < 25; count++) engine.receive(datagram());
  equal([engine.counts.messages, engine.counts.dropped], [20, 5]);
  engine.report();
  equal(site.rig.facts.find(({ kind }) => kind === "flood"), { kind: "flood", zone: "ot", dropped: 5, mac: FIRST });
});

Deno.test("dhcp relay: while the tunnel is down known bindings are kept here, others hear nothing; then the server is asked again", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  engine.receive(datagram({ type: "request", requested: ip(60) }));
  await waitFor("the ack", () => site.rig.sent().length === 1);
  site.concentrator.close();
  await waitFor("the loss", () => engine.away !== undefined);
  engine.receive(datagram({ type: "request", ciaddr: ip(60) }));
  engine.receive(datagram({ mac: STRANGER }));
  await site.rig.settled();
  equal(site.rig.lastReply().options.get(OPTION.leaseSeconds), numberBytes(300), "for fallbackSeconds");
  equal(site.rig.sent(), [`ack .60 to ${FIRST}`]);
  await site.startConcentrator();
  // Less time than a far end may be silent passes for each dial, however long a handshake takes here.
  await waitFor("the tunnel", () => {
    site.rig.time.advance(DHCP_LIMITS.retryFirstMs);
    return engine.away === undefined;
  });
  engine.receive(datagram({ type: "request", ciaddr: ip(60) }));
  await waitFor("the server's ack", () => site.rig.link.sent.length === 1);
  equal(site.rig.lastReply().options.get(OPTION.leaseSeconds), numberBytes(600), "the server's own time");
  const tunnel = site.rig.facts.flatMap((fact) => fact.kind === "tunnel" ? [fact.isUp] : []);
  ok(tunnel[0] === true && tunnel.includes(false) && tunnel.at(-1) === true, String(tunnel));
});

Deno.test("dhcp relay: without a fallback nobody is answered while the tunnel is down", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay("garage-12", "none");
  engine.receive(datagram({ type: "request", requested: ip(60) }));
  await waitFor("the ack", () => site.rig.sent().length === 1);
  site.concentrator.close();
  await waitFor("the loss", () => engine.away !== undefined);
  engine.receive(datagram({ type: "request", ciaddr: ip(60) }));
  await site.rig.settled();
  equal([site.rig.sent(), engine.leaseCount], [[], 0]);
});

Deno.test("dhcp relay: a release ends the binding here too, and only by the device whose it is", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  engine.receive(datagram({ type: "request", requested: ip(60) }));
  await waitFor("the ack", () => site.rig.sent().length === 1);
  engine.receive(datagram({ mac: macOf(0x12), type: "release", ciaddr: ip(60) }));
  await waitFor("the other's word", () => site.server.asked.length === 2);
  equal(site.rig.facts.some(({ kind }) => kind === "released"), false);
  engine.receive(datagram({ type: "release", ciaddr: ip(60) }));
  await waitFor("the release", () => site.rig.facts.some(({ kind }) => kind === "released"));
  equal(site.rig.stored.at(-1)?.state, "released");
});

Deno.test("dhcp relay: a concentrator ends gateways that fall silent", async () => {
  await using site = await Site.open();
  const engine = await site.upRelay();
  engine.close(); // Its timers are gone: no sign of life comes any more.
  await waitFor("the end", () => {
    site.rig.time.advance(1_000);
    return site.lines.some(([event]) => /gateway\.(left|closed)/.test(event));
  });
});
