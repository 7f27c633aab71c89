import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { waitFor } from "../../tests/support/wait_for.ts";
import { decodeResponse, encodeQuery, RCODES, TYPES } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import { DnsRig, NAMES } from "./testing/dns_rig.ts";
import { FakeUpstream } from "./testing/fake_upstream.ts";
import { address, answerBytes, inWords } from "./testing/messages.ts";

const CSMS = encodeQuery(7, "csms.test", TYPES.A);
const good = (query: Uint8Array) => answerBytes(query, [address("csms.test", "203.0.113.7")]);

for (const kind of ["tls", "https"] as const) {
  Deno.test(`dns service: looks up over ${kind}, with one connection for many questions, over UDP and TCP`, async () => {
    await using upstream = await FakeUpstream.up(kind, (query) => {
      const { name } = decodeResponse(answerBytes(query, []));
      return answerBytes(query, [address(name, "203.0.113.7")]);
    });
    await using rig = await DnsRig.up({ upstreams: [upstream.config()] });
    equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.7 ttl 300");
    equal((await rig.tcp([CSMS])).map(inWords), ["code 0 203.0.113.7 ttl 300"]);
    const many = Array.from({ length: 10 }, (_, at) => encodeQuery(at, `fw${at}.vendor.test`, TYPES.A));
    equal((await rig.tcp(many)).map(inWords), many.map(() => "code 0 203.0.113.7 ttl 300"));
    equal([upstream.asked.length, upstream.connections], [11, 1]);
    ok(upstream.asked.every((query) => query.length === 128), "queries are padded");
  });

  Deno.test(`dns service: an upstream over ${kind} that closes is asked again over a new connection`, async () => {
    await using upstream = await FakeUpstream.up(kind, good);
    await using rig = await DnsRig.up({ upstreams: [upstream.config()], staleSeconds: 0 });
    equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.7 ttl 300");
    upstream.cut();
    rig.time.advance(301_000);
    equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.7 ttl 300");
    equal(upstream.connections, 2);
  });

  Deno.test(`dns service: an upstream over ${kind} with another name or CA is not asked`, async () => {
    await using upstream = await FakeUpstream.up(kind, good);
    await using stranger = await FakeUpstream.up(kind, good);
    for (const more of [{ name: "other.test" }, { ca: stranger.ca }]) {
      await using rig = await DnsRig.up({ upstreams: [upstream.config(more)] });
      equal(inWords(await rig.udp(CSMS)), "code 2");
    }
    equal(upstream.asked.length, 0);
  });
}

Deno.test("dns service: dead, lying and silent upstreams, and the good one behind them", async () => {
  await using liar = await FakeUpstream.up(
    "tls",
    (query) =>
      answerBytes(encodeQuery(0, "bank.test", TYPES.A).map((byte, at) => at < 2 ? query[at]! : byte), [
        address("bank.test", "203.0.113.66"),
      ]),
  );
  await using garbage = await FakeUpstream.up("tls", () => new Uint8Array(40).fill(0xff));
  await using closing = await FakeUpstream.up("https", () => "close");
  await using upstream = await FakeUpstream.up("tls", good);
  const dead = upstream.config({ id: "dead", port: 1 });
  const bad = [dead, liar.config(), garbage.config(), closing.config()];
  await using rig = await DnsRig.up({ upstreams: [...bad, upstream.config()] });
  equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.7 ttl 300");
  // all but the good one rest: the next question goes straight to it
  const before = liar.asked.length;
  equal(inWords(await rig.udp(encodeQuery(1, "fw.vendor.test", TYPES.A))), "code 0");
  equal([liar.asked.length, upstream.asked.length], [before, 2]);
});

Deno.test("dns service: a silent upstream has company after a while", async () => {
  await using silent = await FakeUpstream.up("tls", () => "silence");
  await using upstream = await FakeUpstream.up("tls", good);
  await using rig = await DnsRig.up({ upstreams: [silent.config(), upstream.config()] });
  const answer = rig.udp(CSMS);
  await waitFor("the question", () => silent.asked.length === 1);
  rig.time.advance(DNS_LIMITS.attemptMs);
  equal(inWords(await answer), "code 0 203.0.113.7 ttl 300");
});

Deno.test("dns service: with no upstream left an old answer, then SERVFAIL; alarm, health and their end", async () => {
  await using upstream = await FakeUpstream.up("tls", good);
  await using rig = await DnsRig.up({ upstreams: [upstream.config()], staleSeconds: 3_600 });
  await rig.udp(CSMS);
  upstream.behave = () => "close";
  rig.time.advance(400_000);
  for (let round = 0; round < DNS_LIMITS.upstreamFailures; round++) {
    equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.7 ttl 30", "stale");
    await waitFor("the failure", () => upstream.asked.length >= round + 2);
    rig.time.advance(DNS_LIMITS.upstreamPauseMaxMs);
  }
  await waitFor("the alarm", () => rig.told.some(({ method }) => method === "alarm.raise"));
  equal(rig.service.health().state, "degraded");
  equal(inWords(await rig.udp(encodeQuery(1, "fw.vendor.test", TYPES.A))), "code 2");
  upstream.behave = good;
  rig.time.advance(DNS_LIMITS.upstreamPauseMaxMs);
  await waitFor("a new answer", async () => inWords(await rig.udp(CSMS)).includes("ttl 300"));
  await waitFor("the alarm to be over", () => rig.told.at(-1)?.method === "alarm.clear");
  equal(rig.service.health(), { state: "ok" });
});

Deno.test("dns service: refusals by station, reported once with their number; kept while control is away", async () => {
  const stations = [{ address: "127.0.0.11", station: "CP001" }];
  await using rig = await DnsRig.up({ stations });
  const evil = encodeQuery(1, "evil.test", TYPES.A);
  for (const from of ["127.0.0.11", "127.0.0.11", "127.0.0.12"]) equal(inWords(await rig.udp(evil, from)), "code 5");
  rig.isControlAway = true;
  rig.time.advance(DNS_LIMITS.deniedReportMs);
  await rig.udp(evil, "127.0.0.11");
  rig.isControlAway = false;
  rig.time.advance(DNS_LIMITS.deniedReportMs);
  await waitFor("the report", () => rig.denied().length >= 2);
  equal(
    rig.denied().map(({ source, station, name, type, rule, count }) => [source, station, name, type, rule, count]),
    [
      ["127.0.0.11", "CP001", "evil.test", "A", "dns.default-deny", 3],
      ["127.0.0.12", undefined, "evil.test", "A", "dns.default-deny", 1],
    ],
  );
});

Deno.test("dns service: stations that control knows and site.yaml does not", async () => {
  const rules = [{ id: "fw", effect: "allow", because: "Firmware", names: ["gw2.test"], stations: ["CP9"] }] as const;
  await using upstream = await FakeUpstream.up(
    "tls",
    (query) => answerBytes(query, [address("gw2.test", "203.0.113.9")]),
  );
  await using rig = await DnsRig.up({ names: { ...NAMES, rules }, upstreams: [upstream.config()] });
  const query = encodeQuery(1, "gw2.test", TYPES.A);
  equal(inWords(await rig.udp(query, "127.0.0.9")), "code 5");
  rig.stations = [{ address: "127.0.0.9", station: "CP9" }];
  rig.time.advance(DNS_LIMITS.stationsMs);
  await waitFor("the station", async () => inWords(await rig.udp(query, "127.0.0.9")) === "code 0 203.0.113.9 ttl 300");
});

Deno.test("dns service: a client that asks too much is dropped, reported, and hears again later", async () => {
  await using rig = await DnsRig.up({ queriesPerSecond: 2 });
  using client = rig.client();
  const own = encodeQuery(3, "gw.test", TYPES.A);
  for (let count = 0; count < 7; count++) await client.send(own);
  for (let count = 0; count < 6; count++) equal(inWords(await client.receive()), "code 0 10.20.0.1 ttl 60");
  const other = await rig.udp(own, "127.0.0.2");
  equal(inWords(other), "code 0 10.20.0.1 ttl 60", "others are served");
  rig.time.advance(1_000);
  equal(inWords(await rig.udp(own)), "code 0 10.20.0.1 ttl 60");
  rig.time.advance(DNS_LIMITS.deniedReportMs);
  await waitFor("the report", () => rig.denied().length === 1);
  equal([rig.denied()[0]!.name, rig.denied()[0]!.rule], ["(any)", "dns.rate"]);
});

Deno.test("dns service: who is in no OT zone gets no answer", async () => {
  await using rig = await DnsRig.up({ clients: ["127.0.0.8/32"] });
  using stranger = rig.client("127.0.0.9");
  await stranger.send(encodeQuery(1, "gw.test", TYPES.A));
  equal(inWords(await rig.udp(encodeQuery(1, "gw.test", TYPES.A), "127.0.0.8")), "code 0 10.20.0.1 ttl 60");
  const { outcomes } = await rig.service.handlers!["dns.state"]!({});
  equal(outcomes, { stranger: 1, own: 1 });
});

Deno.test("dns service: what cannot be read is answered with FORMERR over both, stumps and answers with nothing", async () => {
  await using rig = await DnsRig.up();
  const broken = Uint8Array.from([...CSMS, 0]);
  equal([...(await rig.udp(broken)).slice(0, 4)], [0, 7, 0x80, 0x81]);
  equal((await rig.tcp([broken]))[0]?.[3], 0x81);
  using client = rig.client();
  for (const bytes of [Uint8Array.of(1, 2), good(CSMS), new Uint8Array(DNS_LIMITS.queryBytes + 1)]) {
    await client.send(bytes);
  }
  await client.send(encodeQuery(9, "gw.test", TYPES.A));
  equal((await client.receive())[1], 9, "the first answer is to the first question that is one");
});

Deno.test("dns service: an answer too long for UDP says so, and comes whole over TCP", async () => {
  const addresses = Array.from({ length: 60 }, (_, at) => address("csms.test", `203.0.113.${at}`));
  await using upstream = await FakeUpstream.up("tls", (query) => answerBytes(query, addresses));
  await using rig = await DnsRig.up({ upstreams: [upstream.config()] });
  const plain = Uint8Array.from(Buffer.from("0007010000010000000000000463736d7304746573740000010001", "hex"));
  const cut = decodeResponse(await rig.udp(plain));
  equal([cut.isTruncated, cut.answers.length], [true, 0]);
  equal(decodeResponse(await rig.udp(CSMS)).answers.length, 60);
  equal(decodeResponse((await rig.tcp([plain]))[0]!).answers.length, 60);
});

Deno.test("dns service: TCP: one connection, one query or one byte too many ends it; silence too", async () => {
  await using upstream = await FakeUpstream.up("tls", () => "silence");
  await using rig = await DnsRig.up({ upstreams: [upstream.config()] });
  const queries = Array.from(
    { length: DNS_LIMITS.tcpPipelined + 1 },
    (_, at) => encodeQuery(at, `n${at}.vendor.test`, TYPES.A),
  );
  equal(await rig.tcp(queries, 1), []);
  equal(await rig.tcp([new Uint8Array(DNS_LIMITS.queryBytes + 1)], 1), []);
  const open: Deno.Conn[] = [];
  for (let count = 0; count < DNS_LIMITS.tcpPerSource; count++) open.push(await Deno.connect({ port: rig.port }));
  const own = encodeQuery(1, "gw.test", TYPES.A);
  await waitFor("the limit", async () => (await rig.tcp([own])).length === 0);
  for (const connection of open) connection.close();
  await waitFor("room again", async () => (await rig.tcp([own])).length === 1);
});

Deno.test("dns service: new rules hold at once; another address needs a new Worker", async () => {
  await using rig = await DnsRig.up();
  const query = encodeQuery(1, "gw.test", TYPES.A);
  const config = {
    listen: [{ host: "127.0.0.1", port: 0 }],
    clients: ["127.0.0.0/8"],
    upstreams: [],
    uplink: { bypass: [], keepAliveSeconds: 60, metered: false },
    names: { ...NAMES, answers: { "gw.test": ["10.20.0.2"] }, refusal: "nxdomain" as const },
    stations: [],
    queriesPerSecond: 1_000,
    lookupsPerMinute: 1_000,
    staleSeconds: 0,
  };
  await rig.service.reconfigure!(config);
  equal(inWords(await rig.udp(query)), "code 0 10.20.0.2 ttl 60");
  equal(decodeResponse(await rig.udp(encodeQuery(1, "evil.test", TYPES.A))).rcode, RCODES.nxDomain);
  await rejects(rig.service.reconfigure!({ ...config, listen: [{ host: "127.0.0.2", port: 53 }] }), {
    code: "CFG_INVALID",
  });
  equal(inWords(await rig.udp(query)), "code 0 10.20.0.2 ttl 60");
});

Deno.test("dns service: another upstream in its place takes over without a new Worker", async () => {
  await using first = await FakeUpstream.up("tls", good);
  await using second = await FakeUpstream.up(
    "https",
    (query) => answerBytes(query, [address("csms.test", "203.0.113.8")]),
  );
  await using rig = await DnsRig.up({ upstreams: [first.config()] });
  equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.7 ttl 300");
  await rig.service.reconfigure!({ ...rig.config, upstreams: [second.config()] });
  equal(inWords(await rig.udp(CSMS)), "code 0 203.0.113.8 ttl 300");
  await waitFor("the end of the old connection", () => first.open === 0);
});

Deno.test("dns service: in mode observe refused names are recorded and looked up; the guard holds", async () => {
  await using upstream = await FakeUpstream.up("tls", (query) => {
    const { name } = decodeResponse(answerBytes(query, []));
    return answerBytes(query, [address(name, name === "inside.test" ? "192.168.1.1" : "203.0.113.7")]);
  });
  await using rig = await DnsRig.up({ upstreams: [upstream.config()], names: { ...NAMES, mode: "observe" } });
  equal(inWords(await rig.udp(encodeQuery(1, "evil.test", TYPES.A))), "code 0 203.0.113.7 ttl 300");
  equal(inWords(await rig.udp(encodeQuery(1, "inside.test", TYPES.A))), "code 5");
  rig.time.advance(DNS_LIMITS.deniedReportMs);
  await waitFor("the report", () => rig.denied().length === 3);
  equal(rig.denied().map(({ name, rule, observed }) => [name, rule, observed]), [
    ["evil.test", "dns.default-deny", true],
    ["inside.test", "dns.default-deny", true],
    ["inside.test", "dns.rebinding", undefined],
  ]);
});

Deno.test("dns service: an address that is taken is named, with how to find who has it", async () => {
  const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await rejects(DnsRig.up({ listen: [{ host: "127.0.0.1", port }] }), (error: Error & { hint?: string }) => {
    equal(error.message, `Cannot listen for DNS on 127.0.0.1:${port} (UDP)`);
    return /ss -lunp/.test(error.hint ?? "");
  });
  taken.close();
  await rejects(DnsRig.up({ listen: [{ host: "192.0.2.1", port: 0 }] }), { code: "SUP_START_FAILED" });
});
