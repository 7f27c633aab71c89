import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { OCPP_LIMITS } from "./limits.ts";
import { isStationId, readBasic, readTarget, readUpgradeRequest } from "./upgrade_request.ts";

const HEADERS = [
  ["Host", "gw:8444"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Protocol", "ocpp2.0.1, ocpp1.6"],
] as const;

function read(
  changes: { url?: string; method?: string; more?: readonly (readonly [string, string])[]; without?: string } = {},
) {
  const headers = [...HEADERS.filter(([name]) => name !== changes.without), ...changes.more ?? []];
  return readUpgradeRequest({
    method: changes.method ?? "GET",
    url: changes.url ?? "/ocpp/CP001",
    rawHeaders: headers.flat(),
  }, ["/ocpp"]);
}

const rule = (answer: ReturnType<typeof read>) => "status" in answer ? `${answer.status} ${answer.rule}` : "accepted";

Deno.test("upgrade request: identity and offered protocols in the station's order", () => {
  equal(read(), { stationId: "CP001", offeredProtocols: ["ocpp2.0.1", "ocpp1.6"] });
  const more = [["User-Agent", "station/1"], ["Sec-WebSocket-Protocol", "ocpp1.6,ocpp2.1"]] as const;
  const answer = read({ more });
  ok(!("status" in answer));
  equal([answer.offeredProtocols, answer.userAgent], [["ocpp2.0.1", "ocpp1.6", "ocpp2.1"], "station/1"]);
});

const TARGETS: readonly [target: string, id: string | number][] = [
  ["/ocpp/CP001", "CP001"],
  ["/ocpp/CP001/", "CP001"],
  ["/ocpp/RDAM%7C123", "RDAM|123"],
  ["/ocpp/RDAM%20123", "RDAM 123"],
  ["/ocpp/a-b_c*d=e+f@g.h", "a-b_c*d=e+f@g.h"],
  ["/ocpp/" + "i".repeat(48), "i".repeat(48)],
  ["/ocpp/" + "i".repeat(49), 404],
  ["/ocpp/", 404],
  ["/ocpp", 404],
  ["/", 404],
  ["", 400],
  ["*", 400],
  ["/ocpp/A/B", 404],
  ["/ocpp//A", 404],
  ["/OCPP/A", 404],
  ["/ocppx/A", 404],
  ["/ocpp/../admin", 404],
  ["/ocpp/..", 404],
  ["/ocpp/.", 404],
  ["/ocpp/%2e%2e", 404],
  ["/ocpp/%252e", 404],
  ["/ocpp/A%2FB", 404],
  ["/ocpp/A%5CB", 404],
  ["/ocpp/A%00", 404],
  ["/ocpp/A%0d%0aX", 404],
  ["/ocpp/A%", 404],
  ["/ocpp/A%zz", 404],
  ["/ocpp/A%ff", 404],
  ["/ocpp/%20A", 404],
  ["/ocpp/A%20", 404],
  ["/ocpp/A:B", 404],
  ["/ocpp/A%3AB", 404],
  ["/ocpp/A?x=1", 400],
  ["/ocpp/A#x", 400],
  ["/ocpp/A\\B", 400],
  ["/ocpp/A B", 400],
  ["/ocpp/\u00e4", 400],
  ["http://gw/ocpp/A", 400],
  ["//evil/ocpp/A", 404],
];
for (const [target, wanted] of TARGETS) {
  Deno.test(`invariant 8: target ${JSON.stringify(target.slice(0, 60))} gives ${wanted}`, () => {
    const answer = readTarget(target, ["/ocpp"]);
    equal("status" in answer ? answer.status : answer.stationId, wanted);
  });
}

Deno.test("upgrade request: a target at the limit is read, one past it is 414", () => {
  const target = (length: number) => readTarget("/ocpp/".padEnd(length, "a"), ["/ocpp"]);
  equal(target(OCPP_LIMITS.targetBytes), { status: 404, rule: "ocpp.request.path" });
  equal(target(OCPP_LIMITS.targetBytes + 1), { status: 414, rule: "ocpp.request.target-length" });
});

Deno.test("upgrade request: several prefixes, also an empty one", () => {
  equal(readTarget("/legacy/A", ["/ocpp", "/legacy"]), { stationId: "A" });
  equal(readTarget("/A", [""]), { stationId: "A" });
});

Deno.test("invariant 8: requests that two readers could read differently are refused at the door", () => {
  equal(rule(read({ more: [["host", "other"]] })), "400 ocpp.request.host");
  equal(rule(read({ without: "Host" })), "400 ocpp.request.host");
  equal(rule(read({ more: [["Content-Length", "0"]] })), "400 ocpp.request.body");
  equal(rule(read({ more: [["Transfer-Encoding", "chunked"]] })), "400 ocpp.request.body");
  const two = [["Authorization", "Basic QTpi"], ["authorization", "Basic QTpj"]] as const;
  equal(rule(read({ more: two })), "400 ocpp.request.repeated-header");
  equal(rule(read({ more: [["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="]] })), "400 ocpp.request.repeated-header");
  for (const method of ["POST", "TRACE", "CONNECT"]) equal(rule(read({ method })), "405 ocpp.request.method");
});

Deno.test("upgrade request: what ws would refuse later is refused before the CSMS is dialled", () => {
  equal(rule(read({ without: "Upgrade" })), "426 ocpp.request.no-upgrade");
  equal(rule(read({ without: "Sec-WebSocket-Key" })), "400 ocpp.request.key");
  equal(rule(read({ without: "Sec-WebSocket-Key", more: [["Sec-WebSocket-Key", "short"]] })), "400 ocpp.request.key");
  equal(rule(read({ without: "Sec-WebSocket-Version" })), "426 ocpp.request.version");
});

Deno.test("upgrade request: at most so many subprotocols, only tokens, no repetition", () => {
  const names = Array.from({ length: 30 }, (_, at) => `p${at}`);
  const answer = read({ more: [["Sec-WebSocket-Protocol", [...names, "ocpp1.6", "a b", "\u00e4"].join(",")]] });
  ok(!("status" in answer));
  equal(answer.offeredProtocols.length, OCPP_LIMITS.offeredProtocols);
  equal(new Set(answer.offeredProtocols).size, OCPP_LIMITS.offeredProtocols);
});

const basic = (bytes: Uint8Array) => readBasic(`Basic ${Buffer.from(bytes).toString("base64")}`);

Deno.test("upgrade request: Basic is split at the first colon, as bytes (Q7, Q8)", () => {
  const password = Uint8Array.from([0x3a, 0xff, 0x00, 0x3a, 0x80]);
  const answer = basic(Uint8Array.from([...new TextEncoder().encode("CP001:"), ...password]));
  equal(Buffer.from(answer!.user, "base64").toString(), "CP001");
  equal(new Uint8Array(Buffer.from(answer!.password, "base64")), password);
  equal(readBasic("bASIC  QTo="), { user: "QQ==", password: "" });
});

Deno.test("upgrade request: a malformed Basic header is as none", () => {
  for (const header of [undefined, "", "Basic", "Basic ", "Basic A:b", "Bearer QTpi", "Basic QTpi x", "Basic QQ=="]) {
    equal(readBasic(header), undefined, String(header));
  }
});

Deno.test("upgrade request: credentials at the limit are read, one past it are not", () => {
  const bytes = (length: number) => new Uint8Array(length).fill(0x61, 0, length).fill(0x3a, 1, 2);
  ok(basic(bytes(OCPP_LIMITS.basicBytes)));
  equal(basic(bytes(OCPP_LIMITS.basicBytes + 1)), undefined);
});

Deno.test("invariant 11: an identity is never another's prefix, case or encoding", () => {
  const read = (target: string) => readTarget(target, ["/ocpp"]);
  equal(read("/ocpp/cp001"), { stationId: "cp001" });
  equal(read("/ocpp/%43P001"), { stationId: "CP001" });
  equal(read("/ocpp/CP0011"), { stationId: "CP0011" });
  equal(["", "a".repeat(49), "a:b", "a\u0000", " a", "\uff21"].map(isStationId), [
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

Deno.test("upgrade request: where nobody is to learn of stations, a path that names none is read to its end, with its faults (O-23)", () => {
  const keep = (url: string, more: readonly string[] = []) =>
    readUpgradeRequest({ method: "GET", url, rawHeaders: [...HEADERS.flat(), ...more] }, ["/ocpp"], true);
  const basic = ["Authorization", `Basic ${btoa("A:secret")}`];
  for (const url of ["/ocpp/A%2Fb", "/elsewhere/%00", "/"]) {
    const asked = keep(url, basic);
    ok(!("status" in asked));
    equal([asked.stationId, asked.isMisdirected, atob(asked.basic!.password)], [url, true, "secret"]);
    equal(isStationId(asked.stationId), false, "no station can be called so");
    equal(keep(url, ["Content-Length", "1"]), { status: 400, rule: "ocpp.request.body" });
  }
  equal(keep("/ocpp/CP001"), read());
  equal(keep("/ocpp/A?b"), { status: 400, rule: "ocpp.request.target-query" });
  equal(keep("/" + "a".repeat(OCPP_LIMITS.targetBytes)), { status: 414, rule: "ocpp.request.target-length" });
});
