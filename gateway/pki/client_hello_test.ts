import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { connect } from "node:tls";
import { type ClientHello, type HelloResult, readClientHello } from "./client_hello.ts";
import { PKI_LIMITS } from "./limits.ts";
import { createMemoryLink } from "./memory_link.ts";
import { judgeOffer, showSuites, showVersions } from "./offer.ts";

const u16 = (...values: number[]): number[] => values.flatMap((value) => [value >> 8, value & 0xff]);
const vector = (lengthSize: 1 | 2 | 3, bytes: readonly number[]): number[] => {
  const length = [bytes.length >> 16, (bytes.length >> 8) & 0xff, bytes.length & 0xff];
  return [...length.slice(3 - lengthSize), ...bytes];
};
const extension = (type: number, bytes: readonly number[]): number[] => [...u16(type), ...vector(2, bytes)];
const ascii = (text: string): number[] => [...Buffer.from(text)];

const SNI = extension(0, vector(2, [0, ...vector(2, ascii("GW.Garage.example"))]));
const ALPN = extension(16, vector(2, [...vector(1, ascii("http/1.1")), ...vector(1, ascii("h2"))]));
const VERSIONS = extension(43, vector(1, u16(0x1a1a, 0x0304, 0x0303)));
const SIGNATURES = extension(13, vector(2, u16(0x0403, 0x0804)));
const GROUPS = extension(10, vector(2, u16(0x001d, 0x0017)));
const ALL = [SNI, ALPN, VERSIONS, SIGNATURES, GROUPS, extension(0xabcd, [1, 2, 3])];

function message(extensions: readonly (readonly number[])[] | undefined, suites = [0x1301, 0xc02b]): number[] {
  const tail = extensions === undefined ? [] : vector(2, extensions.flat());
  const body = [
    3,
    3,
    ...new Array<number>(32).fill(7),
    ...vector(1, [9, 9]),
    ...vector(2, u16(...suites)),
    1,
    0,
    ...tail,
  ];
  return [1, ...vector(3, body)];
}
function records(bytes: readonly number[], size = 0x4000): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(22, 3, 1, ...vector(2, bytes.slice(at, at + size)));
  return new Uint8Array(out);
}
/** A hello as OpenSSL 0.9.8 sends it: the form of SSL 2, offering `major`.`minor`. */
function oldHello(major: number, minor: number, suites: readonly number[]): Uint8Array {
  const body = [1, major, minor, ...u16(suites.length, 0, 16), ...suites, ...new Array<number>(16).fill(7)];
  return new Uint8Array([0x80 | body.length >> 8, body.length & 0xff, ...body]);
}
const helloOf = (result: HelloResult): ClientHello => {
  assert.equal(result.kind, "hello");
  return (result as { hello: ClientHello }).hello;
};

Deno.test("client hello: reads all that is offered", () => {
  assert.deepEqual(helloOf(readClientHello(records(message(ALL)))), {
    versions: [0x1a1a, 0x0304, 0x0303],
    cipherSuites: [0x1301, 0xc02b],
    signatureAlgorithms: [0x0403, 0x0804],
    groups: [0x001d, 0x0017],
    alpn: ["http/1.1", "h2"],
    serverName: "gw.garage.example",
  });
});

Deno.test("client hello: one without extensions offers its legacy version", () => {
  assert.deepEqual(helloOf(readClientHello(records(message(undefined)))).versions, [0x0303]);
});

Deno.test("client hello: cut into records and waited for at every byte", () => {
  const whole = helloOf(readClientHello(records(message(ALL))));
  const cut = records(message(ALL), 20);
  assert.deepEqual(helloOf(readClientHello(cut)), whole);
  for (let length = 0; length < cut.length; length++) {
    assert.equal(readClientHello(cut.subarray(0, length)).kind, "more", `${length} bytes`);
  }
  assert.deepEqual(helloOf(readClientHello(new Uint8Array([...cut, 23, 3, 3, 0, 0]).subarray(0, cut.length))), whole);
});

Deno.test("client hello: takes as many records as allowed and not one more", () => {
  const bytes = message(ALL);
  const size = Math.ceil(bytes.length / PKI_LIMITS.helloRecords);
  assert.equal(readClientHello(records(bytes, size)).kind, "hello");
  assert.equal(
    readClientHello(records(bytes, Math.floor(bytes.length / (PKI_LIMITS.helloRecords + 1)))).kind,
    "not-tls",
  );
});

for (
  const [name, bytes, kind] of [
    ["nothing yet", [], "more"],
    ["plain HTTP", ascii("GET / HTTP/1.1\r\n"), "not-tls"],
    ["an SSL 2 hello that is not whole", [0x80, 0x2e, 1, 0, 2], "more"],
    ["another message of SSL 2", [0x80, 0x2e, 4, 0, 2], "not-tls"],
    ["an SSL 2 hello of no version", [0x80, 0x2e, 1, 9, 9], "not-tls"],
    ["a short SSL 2 hello", [0x80, 3, 1, 3, 1], "malformed"],
    ["an SSL 2 hello beyond the limit", [0x80 | (PKI_LIMITS.helloBytes + 1) >> 8, 1], "malformed"],
    ["an SSL 2 hello with half a suite", [...oldHello(3, 1, [0, 0, 0x2f, 0])], "malformed"],
    ["another major version", [22, 4, 1, 0, 5], "not-tls"],
    ["an empty record", [22, 3, 1, 0, 0], "not-tls"],
    ["a record that is too long", [22, 3, 1, 0x40, 1], "not-tls"],
    ["another handshake message", [22, 3, 1, 0, 4, 2, 0, 0, 0], "not-tls"],
    ["an alert after half a hello", [...records(message(ALL), 20).subarray(0, 25), 21, 3, 3, 0, 2], "not-tls"],
    ["lengths that do not add up", [...records([1, ...vector(3, [3, 3, 1])])], "malformed"],
    ["bytes after the extensions", [...records([1, ...vector(3, [...message(ALL).slice(4), 0])])], "malformed"],
    ["an extension cut off", [...records(message([[0, 43, 0, 9, 1]]))], "malformed"],
    ["an extension whose inside is cut off", [...records(message([extension(13, [0, 9, 4])]))], "malformed"],
  ] as const
) {
  Deno.test(`client hello: ${name} is ${kind}`, () => {
    assert.equal(readClientHello(new Uint8Array(bytes)).kind, kind);
  });
}

Deno.test("client hello: the form of SSL 2 tells its version and suites, and is never served", () => {
  const suites = [0x01, 0x00, 0x80, 0x00, 0x00, 0x2f, 0x00, 0x00, 0x0a];
  const bytes = oldHello(3, 1, suites);
  const hello = helloOf(readClientHello(bytes));
  assert.deepEqual([showVersions(hello), showSuites(hello)], ["SSLv2 TLSv1.0", "002f 000a"]);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(readClientHello(bytes.subarray(0, length)).kind, "more", `${length} bytes`);
  }
  assert.equal(showVersions(helloOf(readClientHello(oldHello(0, 2, suites)))), "SSLv2");
  for (const minor of [0, 1, 2, 3, 4]) {
    const refusal = judgeOffer(helloOf(readClientHello(oldHello(3, minor, [0, 0xc0, 0x2b, 0, 0x13, 0x01])))).refusal;
    assert.equal(refusal, "InvalidTLSVersion");
  }
});

Deno.test("client hello: a server name with odd bytes is left out", () => {
  const named = (text: string) => {
    const sni = extension(0, vector(2, [0, ...vector(2, [...Buffer.from(text, "latin1")])]));
    return helloOf(readClientHello(records(message([sni])))).serverName;
  };
  assert.equal(named("ok-1.example"), "ok-1.example");
  for (const text of ["", "a\0b", "a b", "ä.example", "x".repeat(254), "a\nb"]) assert.equal(named(text), undefined);
});

Deno.test("client hello: as large as allowed is read, larger is malformed before all of it came", () => {
  const padded = (size: number) =>
    message([extension(21, new Array<number>(size - message([[0, 21, 0, 0]]).length + 4).fill(0))]);
  const body = padded(PKI_LIMITS.helloBytes);
  assert.equal(body.length, 4 + PKI_LIMITS.helloBytes);
  assert.equal(readClientHello(records(body)).kind, "hello");
  const larger = padded(PKI_LIMITS.helloBytes + 1);
  assert.deepEqual(readClientHello(records(larger).subarray(0, 100)), {
    kind: "malformed",
    why: `a ClientHello of ${PKI_LIMITS.helloBytes + 1} bytes`,
  });
});

Deno.test("client hello: reads what this runtime's own TLS client sends", async () => {
  const [near, far] = createMemoryLink();
  const client = connect({ socket: near, servername: "gw.example", rejectUnauthorized: false });
  client.on("error", () => client.destroy());
  const bytes = await new Promise<Uint8Array>((resolve) => far.once("data", resolve));
  client.destroy();
  const hello = helloOf(readClientHello(bytes));
  assert.equal(hello.serverName, "gw.example");
  assert.deepEqual(judgeOffer(hello), { ec: true, rsa: true });
  assert.match(showVersions(hello), /TLSv1\.3/);
  assert.match(showSuites(hello), /1301/);
});

Deno.test("client hello: 10,000 mutated hellos give a result and never throw (seed 11)", () => {
  const good = records(message(ALL), 60);
  let seed = 11;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < 10_000; round++) {
    const bytes = new Uint8Array(good).subarray(0, 1 + random(good.length));
    for (let change = random(6); change > 0; change--) bytes[random(bytes.length)] = random(256);
    const result = readClientHello(bytes);
    if (result.kind === "hello") judgeOffer(result.hello);
  }
});

const offer = (more: Partial<ClientHello>) =>
  judgeOffer({
    versions: [0x0303],
    cipherSuites: [0xc02b, 0xc02f],
    signatureAlgorithms: [0x0403, 0x0401],
    groups: [0x0017],
    alpn: [],
    ...more,
  });

for (
  const { name, more, wanted } of [
    { name: "TLS 1.2 with both", more: {}, wanted: { ec: true, rsa: true } },
    { name: "TLS 1.2 without groups", more: { groups: [] }, wanted: { ec: true, rsa: true } },
    { name: "RSA suites only", more: { cipherSuites: [0xc02f] }, wanted: { ec: false, rsa: true } },
    { name: "RSA signatures only", more: { signatureAlgorithms: [0x0804] }, wanted: { ec: false, rsa: true } },
    { name: "ECDSA suites only", more: { cipherSuites: [0xcca9] }, wanted: { ec: true, rsa: false } },
    { name: "TLS 1.3 only", more: { versions: [0x0304], cipherSuites: [0x1301] }, wanted: { ec: true, rsa: false } },
    {
      name: "TLS 1.3 with PKCS#1 only",
      more: { versions: [0x0304], cipherSuites: [0x1301], signatureAlgorithms: [0x0401] },
      wanted: { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" },
    },
    { name: "TLS 1.1", more: { versions: [0x0302] }, wanted: { ec: false, rsa: false, refusal: "InvalidTLSVersion" } },
    {
      name: "TLS_RSA",
      more: { cipherSuites: [0x009c] },
      wanted: { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" },
    },
    {
      name: "CBC",
      more: { cipherSuites: [0xc023] },
      wanted: { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" },
    },
    {
      name: "SHA-1",
      more: { signatureAlgorithms: [0x0203] },
      wanted: { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" },
    },
    {
      name: "brainpool",
      more: { groups: [0x001a] },
      wanted: { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" },
    },
    {
      name: "no suites",
      more: { cipherSuites: [] },
      wanted: { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" },
    },
  ] as const
) {
  Deno.test(`tls offer: ${name}`, () => assert.deepEqual(offer(more), wanted));
}
