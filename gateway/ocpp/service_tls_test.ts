import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import type { ListenerTrust } from "../core/control_api.ts";
import { connect as connectTls } from "node:tls";
import { TestCa, type TestCertificate } from "../../tests/support/test_ca.ts";
import { startOcpp } from "./service.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  until,
  workerContext,
} from "../../tests/support/ocpp_rig.ts";
import type { Admitted } from "./upgrade.ts";
import type { OcppListener } from "./worker_config.ts";

const SITE_CA = new TestCa("Site CA");
const CSMS_CA = new TestCa("CSMS CA");
const OTHER_CA = new TestCa("Other CA");
const SERVER = SITE_CA.server(["127.0.0.1", "localhost"]);
const LISTENER: OcppListener = { name: "tls", host: "127.0.0.1", port: 0, tls: true, paths: ["/ocpp"] };

const TRUST: ListenerTrust = {
  identities: [{ keyType: "ec", names: ["127.0.0.1"], certPem: SERVER.certPem, keyPem: SERVER.keyPem }],
  clientCas: [SITE_CA.certificate.certPem],
  denied: { fingerprints: [], serials: [] },
  organizations: ["Test CPO"],
};

interface Rig {
  readonly control: FakeControl;
  readonly csms: FakeCsms;
  readonly url: string;
  readonly service: Awaited<ReturnType<typeof startOcpp>>;
  connect(certificate?: TestCertificate, id?: string): Promise<Peer | number>;
}

async function withRig(
  options: { readonly csmsCertificate?: TestCertificate; readonly upstream?: Partial<Admitted["upstream"]> },
  run: (rig: Rig) => Promise<void>,
): Promise<void> {
  const server = options.csmsCertificate ?? CSMS_CA.server(["127.0.0.1"]);
  const csms = new FakeCsms({
    cert: server.certPem,
    key: server.keyPem,
    ca: [OTHER_CA.certificate.certPem],
    requestCert: true,
    rejectUnauthorized: false,
  });
  const upstream = {
    csms: "main",
    url: `wss://127.0.0.1:${await csms.listen()}/csms`,
    caPem: [CSMS_CA.certificate.certPem],
    graceSeconds: 0,
    ...options.upstream,
  };
  const control = new FakeControl(({ stationId }) => admission("", stationId, { upstream, securityProfile: 2 }));
  control.trust = TRUST;
  const service = await startOcpp(workerContext(control, [LISTENER]));
  const url = `${service.listening!["ocpp:tls"]}/ocpp`;
  const peers: Peer[] = [];
  const connect = async (certificate?: TestCertificate, id = "CP001") => {
    const peer = await connectStation(`${url}/${id}`, {
      ca: SITE_CA.certificate.certPem,
      headers: { Authorization: `Basic ${btoa(`${id}:secret`)}` },
      ...(certificate ? { cert: certificate.certPem, key: certificate.keyPem } : {}),
    });
    if (peer instanceof Peer) peers.push(peer);
    return peer;
  };
  try {
    await run({ control, csms, url, connect, service });
  } finally {
    await service.drain(500);
    for (const { socket } of peers) socket.terminate();
    await csms.close();
  }
}

Deno.test("ocpp tls: a station without certificate connects with its password only (profile 2)", async () => {
  await withRig({}, async ({ connect, csms, control }) => {
    const peer = await connect();
    ok(peer instanceof Peer, `refused with ${peer}`);
    const [attempt] = control.attempts;
    equal([attempt!.tls, attempt!.certificate], [true, undefined]);
    equal(atob(attempt!.basic!.password), "secret");
    peer.send('[2,"1","Heartbeat",{}]');
    await until(() => csms.peers[0]?.texts.length === 1);
  });
});

Deno.test("ocpp tls: a station's certificate is proven to control (profile 3), also on a resumed session", async () => {
  await withRig({}, async ({ connect, control }) => {
    const certificate = SITE_CA.client("CP001");
    for (let i = 0; i < 3; i++) {
      const peer = await connect(certificate);
      ok(peer instanceof Peer, `refused with ${peer}`);
      peer.socket.close();
      await until(() => peer.closed);
    }
    equal(control.attempts.map((one) => one.certificate?.commonName), ["CP001", "CP001", "CP001"]);
    equal(control.attempts[0]!.certificate!.fingerprint, certificate.fingerprint);
  });
});

Deno.test("ocpp tls: a revoked certificate, and one of a known CA that is wrong, are refused before control is asked", async () => {
  await withRig({}, async ({ connect, control, service }) => {
    equal(await connect(SITE_CA.client("CP001", { version: 1 })), 403);
    const own = SITE_CA.client("CP001", { notAfter: Date.UTC(2024, 0, 1) }), maker = OTHER_CA.client("X-4711");
    const denied = { fingerprints: [own.fingerprint], serials: [maker.serial] };
    await service.handlers!["trust.changed"]!({ listener: "tls", trust: { ...TRUST, denied } });
    equal(await connect(own), 403);
    equal(await connect(maker, "CP002"), 403);
    equal(control.attempts.length, 0);
    await until(() => control.audited.length >= 3);
    ok(control.audited.every(({ event }) => event === "ocpp.connection.refused"));
    equal(control.audited.map(({ rule }) => rule), ["peer.version", "peer.revoked", "peer.revoked"]);
  });
});

Deno.test("ocpp tls: a factory certificate does not count: control is told of it, the station enters, and that is told once (0197)", async () => {
  await withRig({}, async ({ connect, control }) => {
    const maker = OTHER_CA.client("X-4711"), expired = SITE_CA.client("CP001", { notAfter: Date.UTC(2024, 0, 1) });
    for (const certificate of [maker, maker, maker, expired]) { // resumed sessions among them
      const peer = await connect(certificate);
      ok(peer instanceof Peer, `refused with ${peer}`);
      peer.socket.close();
      await until(() => peer.closed);
    }
    ok(control.attempts.every(({ certificate }) => certificate === undefined));
    const told = control.attempts.map(({ setAside }) => [setAside?.rule, setAside?.commonName]);
    equal([told[0], told[3]], [["peer.chain", undefined], ["peer.expired", "CP001"]]);
    const ignored = () => control.audited.filter(({ event }) => event === "ocpp.certificate.ignored");
    await until(() => ignored().some(({ rule }) => rule === "peer.expired"));
    equal(ignored().filter(({ rule }) => rule === "peer.chain").length, 1);
    ok(ignored().every(({ who, outcome }) => who === "CP001" && outcome === "ok"));
    equal(control.audited.filter(({ outcome }) => outcome === "refused"), []);
  });
});

Deno.test("ocpp tls: where control wants the certificate, one of another CA is refused with one record of its rule", async () => {
  await withRig({}, async ({ connect, control }) => {
    control.admit = ({ setAside }) => ({ admit: false, rule: setAside!.rule, status: 403 });
    equal(await connect(OTHER_CA.client("CP001")), 403);
    await until(() => control.audited.length > 0);
    equal(control.audited.map(({ event, rule, who }) => [event, rule, who]), [
      ["ocpp.connection.refused", "peer.chain", "CP001"],
    ]);
  });
});

Deno.test("ocpp tls: a session by password outlives a look at its factory certificate, until that is revoked (invariant 2)", async () => {
  await withRig({}, async ({ connect, control, service }) => {
    const maker = OTHER_CA.client("X-4711"), peer = await connect(maker);
    ok(peer instanceof Peer);
    const push = (fingerprints: readonly string[]) =>
      service.handlers!["trust.changed"]!({
        listener: "tls",
        trust: { ...TRUST, denied: { fingerprints, serials: [] } },
      });
    await push(["00"]);
    peer.send('[2,"1","Heartbeat",{}]');
    await push([maker.fingerprint]);
    await until(() => peer.closed);
    equal(peer.closed!.code, 1008);
    const ends = control.audited.filter(({ detail }) => detail?.["live"] === true);
    equal(ends.length, 1, "only the second look ended it");
  });
});

Deno.test("ocpp tls: trust of another Worker's listener is said to be none of its own", async () => {
  await withRig({}, async ({ service }) => {
    const push = (listener: string) =>
      (async () => await service.handlers!["trust.changed"]!({ listener, trust: TRUST }))();
    await rejects(push("elsewhere"), { code: "PKI_NOT_FOUND" });
    await push("tls");
  });
});

Deno.test("ocpp tls: a revocation ends the live session (invariant 2)", async () => {
  await withRig({}, async ({ connect, control, service }) => {
    const certificate = SITE_CA.client("CP001");
    const peer = await connect(certificate);
    ok(peer instanceof Peer);
    await service.handlers!["trust.changed"]!({
      listener: "tls",
      trust: { ...TRUST, denied: { fingerprints: [], serials: [certificate.serial] } },
    });
    await until(() => peer.closed);
    equal(peer.closed!.code, 1008);
    equal(control.left[0]!.why, "revoked");
  });
});

Deno.test("ocpp tls: a CSMS with the wrong CA, name or date gets no OCPP byte and is told as impostor (O-12)", async () => {
  const wrong = [
    OTHER_CA.server(["127.0.0.1"]),
    CSMS_CA.server(["csms.example"]),
    CSMS_CA.server(["127.0.0.1"], { notAfter: Date.UTC(2024, 0, 1) }),
    CSMS_CA.server(["127.0.0.1"], { version: 1 }),
  ];
  for (const csmsCertificate of wrong) {
    await withRig({ csmsCertificate }, async ({ connect, csms, control }) => {
      equal(await connect(), 503);
      equal(csms.peers.length, 0);
      await until(() => control.audited.some(({ event }) => event === "ocpp.upstream.untrusted"));
      equal(control.alarms.map(({ kind }) => kind), ["ocpp.csms.untrusted"]);
    });
  }
});

Deno.test("ocpp tls: the upstream leg shows the station's client certificate and password", async () => {
  const client = OTHER_CA.client("CP001");
  const upstream = {
    clientCertificate: { certPem: client.certPem, keyPem: client.keyPem },
    basic: { user: btoa("CP001"), password: btoa("\x00\xff:x") },
  };
  await withRig({ upstream }, async ({ connect, csms }) => {
    ok(await connect() instanceof Peer);
    const { socket, headers } = csms.peers[0]!.request!;
    const { subject } = (socket as unknown as { getPeerCertificate(): { subject: { CN: string } } })
      .getPeerCertificate();
    equal(subject.CN, "CP001");
    equal(headers.authorization, `Basic ${btoa("CP001:\x00\xff:x")}`);
  });
});

Deno.test("ocpp tls: a new certificate is served without a restart, a broken one is refused", async () => {
  await withRig({}, async ({ connect, service }) => {
    const { keyPem } = SITE_CA.server(["127.0.0.1"]);
    const broken = { ...TRUST, identities: [{ ...TRUST.identities[0]!, keyPem }] };
    let refused = false;
    await Promise.resolve(service.handlers!["trust.changed"]!({ listener: "tls", trust: broken })).catch(() =>
      refused = true
    );
    ok(refused);
    ok(await connect() instanceof Peer);
  });
});

Deno.test("ocpp tls: a probe walks to the CSMS without opening a WebSocket", async () => {
  await withRig({}, async ({ control, csms, service }) => {
    const { upstream: route } = control.admit({} as never) as Admitted;
    const probe = (to: typeof route) => service.handlers!["upstream.probe"]!({ route: to, stationId: "CP001" });
    equal((await probe(route)).map(({ step, ok }) => `${step} ${ok}`), [
      "name true",
      "tcp true",
      "tls true",
      "http true",
    ]);
    equal(csms.peers.length, 0);
    const steps = await probe({ ...route, caPem: [OTHER_CA.certificate.certPem] });
    equal(steps.map(({ step, ok }) => `${step} ${ok}`), ["name true", "tcp true", "tls false"]);
    ok(steps[2]!.detail.startsWith("InvalidCentralSystemCertificate"));
  });
});

Deno.test("ocpp tls: a station that only speaks TLS 1.1 gives one event with its address and offer (O-08)", async () => {
  await withRig({}, async ({ control, service, url }) => {
    const hello = Uint8Array.from([
      ...[0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2],
      ...new Array(32).fill(7),
      ...[0, 0, 4, 0x00, 0x2f, 0x00, 0x35, 1, 0],
    ]);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
    await connection.write(hello);
    await until(() => control.audited.some(({ event }) => event === "ocpp.tls.failed"));
    const events = control.audited.filter(({ event }) => event === "ocpp.tls.failed");
    equal([events.length, events[0]!.rule, events[0]!.source], [1, "InvalidTLSVersion", "127.0.0.1"]);
    const { fault } = await service.handlers!["handshake.last"]!({ source: "127.0.0.1" });
    ok(fault!.reason.includes("InvalidTLSVersion"));
    equal(control.alarms.map(({ kind, subject }) => `${kind} ${subject}`), ["ocpp.station.tls 127.0.0.1"]);
  });
});

Deno.test("ocpp tls: bytes that are no HTTP request are answered with 400 over TLS too, and recorded once", () =>
  withRig({}, async ({ url, control }) => {
    const { hostname: host, port } = new URL(url);
    const socket = connectTls({ host, port: Number(port), ca: SITE_CA.certificate.certPem });
    let text = "";
    socket.on("data", (bytes) => text += bytes);
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.write("GET /ocpp/CP001 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    await closed;
    ok(text.startsWith("HTTP/1.1 400 Bad Request\r\n"), text);
    equal(control.audited.map(({ event, rule }) => [event, rule]), [[
      "ocpp.connection.refused",
      "ocpp.request.malformed",
    ]]);
  }));

Deno.test("ocpp tls: a handshake that fails is one record with the station's address, never a malformed request too (O-24)", () =>
  withRig({}, async ({ url, control }) => {
    const { hostname: host, port } = new URL(url);
    const untrusting = connectTls({ host, port: Number(port), ca: OTHER_CA.certificate.certPem });
    untrusting.on("error", () => {}); // it does not know the gateway's CA and says so
    await new Promise<void>((resolve) => untrusting.on("close", () => resolve()));
    await until(() => control.audited.length > 0);
    const cut = connectTls({ host, port: Number(port), ca: SITE_CA.certificate.certPem });
    await new Promise<void>((resolve) => cut.on("secureConnect", () => resolve()));
    cut.destroy(); // the next one proves that this one left no record
    equal(
      await (async () => typeof await connectStation(url + "/%00", { ca: SITE_CA.certificate.certPem }))(),
      "number",
    );
    await until(() => control.audited.length > 1);
    equal(control.audited.map(({ event, rule, source }) => [event, rule, source]), [
      ["ocpp.tls.failed", "InvalidCentralSystemCertificate", "127.0.0.1"],
      ["ocpp.connection.refused", "ocpp.request.path", "127.0.0.1"],
    ]);
    equal(control.alarms.map(({ kind, subject }) => `${kind} ${subject}`), ["ocpp.station.tls 127.0.0.1"]);
  }));
