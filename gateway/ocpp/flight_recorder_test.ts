import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { parseFrame } from "./codec.ts";
import { FlightRecorder } from "./flight_recorder.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { redactMessage } from "./redact.ts";

const LIMITS = { bytesPerStation: 1_000, bytes: 2_500, lineChars: 100, stations: 3 };
const bytes = (text: string) => new TextEncoder().encode(text);
const lines = (recorder: FlightRecorder, id: string) =>
  recorder.export(id).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

Deno.test("flight recorder: keeps messages and events in order as JSON lines", () => {
  const recorder = new FlightRecorder();
  const text = '[2,"1","Heartbeat",{}]';
  recorder.event("A", "open", "from 10.0.0.1", 0);
  recorder.message("A", "station", bytes(text), 1_000);
  equal(lines(recorder, "A"), [
    { ts: "1970-01-01T00:00:00.000Z", station: "A", kind: "open", text: "from 10.0.0.1" },
    { ts: "1970-01-01T00:00:01.000Z", station: "A", kind: "station", text },
  ]);
  equal(recorder.export("B"), "");
});

Deno.test("flight recorder: one station keeps its limit and loses the oldest first", () => {
  const recorder = new FlightRecorder(LIMITS);
  for (let i = 0; i < 1_000; i++) recorder.event("A", "n", `${i}`.padEnd(86, "."), i);
  equal(recorder.bytes, 1_000);
  equal(lines(recorder, "A").map(({ text }) => parseInt(text)), [990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
});

Deno.test("flight recorder: all stations together keep their limit at the cost of the quietest", () => {
  const recorder = new FlightRecorder(LIMITS);
  for (const id of ["A", "B", "C"]) for (let i = 0; i < 10; i++) recorder.event(id, "n", "".padEnd(86, "."), i);
  ok(recorder.bytes <= LIMITS.bytes, `${recorder.bytes}`);
  equal(lines(recorder, "C").length, 10);
  ok(lines(recorder, "A").length < 10);
});

Deno.test("flight recorder: one station past the limit pushes the first out", () => {
  const recorder = new FlightRecorder(LIMITS);
  for (const id of ["A", "B", "C", "D"]) recorder.event(id, "n", "x", 0);
  equal(["A", "B", "C", "D"].map((id) => lines(recorder, id).length), [0, 1, 1, 1]);
  recorder.forget("D");
  equal(recorder.export("D"), "");
});

Deno.test("flight recorder: a long message is cut and says by how much", () => {
  const recorder = new FlightRecorder(LIMITS);
  const text = `[2,"1","X",{"a":"${"b".repeat(200)}"}]`;
  recorder.message("A", "station", bytes(text), 0);
  ok(lines(recorder, "A")[0].text.endsWith(`[+${text.length - 100} characters]`));
});

const SECRETS: readonly [name: string, message: unknown][] = [
  ["a badge in Authorize", [2, "1", "Authorize", { idTag: "SECRET" }]],
  ["a badge in 2.0.1", [2, "1", "Authorize", { idToken: { idToken: "SECRET", type: "ISO14443" } }]],
  ["a parent badge", [3, "1", { idTagInfo: { status: "Accepted", parentIdTag: "SECRET" } }]],
  ["a badge list", [2, "1", "SendLocalList", { localAuthorizationList: [{ idTag: "SECRET" }] }]],
  ["a key of 1.6", [2, "1", "ChangeConfiguration", { key: "AuthorizationKey", value: "SECRET" }]],
  ["a key that is read", [3, "1", { configurationKey: [{ key: "WiFiPSK", readonly: false, value: "SECRET" }] }]],
  ["a variable of 2.0.1", [2, "1", "SetVariables", {
    setVariableData: [{ attributeValue: "SECRET", component: { name: "S" }, variable: { name: "BasicAuthPassword" } }],
  }]],
  ["a network profile", [2, "1", "SetNetworkProfile", {
    connectionData: {
      vpn: { server: "s", user: "u", password: "SECRET", key: "SECRET", type: "IPSec" },
      apn: { apnPassword: "SECRET", simPin: "SECRET" },
      basicAuthPassword: "SECRET",
    },
  }]],
  ["a login in a URL", [2, "1", "UpdateFirmware", { location: "ftp://user:SECRET@host/f" }]],
  ["a login with @ in it", [2, "1", "GetDiagnostics", { location: "ftp://user:SEC@SECRET@host/f" }]],
  ["vendor data", [2, "1", "DataTransfer", { vendorId: "v", data: '{"pin":"SECRET"}' }]],
  ["a vehicle", [2, "1", "TransactionEvent", { x: { evccId: "SECRET", vin: "SECRET" } }]],
  ["a contract certificate", [2, "1", "Get15118EVCertificate", { exiRequest: "SECRET" }]],
  ["a login without a scheme", [2, "1", "UpdateFirmware", { location: "user:SECRET@host/f" }]],
  ["a secret in words of a station", [2, "1", "StatusNotification", { info: "login failed, pin: SECRET" }]],
  ["a setting in a text of JSON", [2, "1", "SecurityEventNotification", {
    techInfo: JSON.stringify({ key: "AuthorizationKey", value: "SECRET" }, null, 1),
  }]],
  ["a key of a vendor", [2, "1", "ChangeConfiguration", { key: "SIM-PIN-2", value: "SECRET" }]],
  ["another key of a vendor", [3, "1", { configurationKey: [{ key: "WifiKey", readonly: false, value: "SECRET" }] }]],
  ["a property of a vendor", [2, "1", "Vendor", {
    apiKey: "SECRET",
    user_pwd: "SECRET",
    ftpPass: "SECRET",
    masterkey: "SECRET",
  }]],
  ["an error with what it refused", [4, "1", "InternalError", "bad idTag SECRET", {
    request: JSON.stringify({ key: "AuthorizationKey", value: "SECRET" }),
    words: "the password is SECRET",
  }]],
  ["a private key", [2, "1", "CertificateSigned", {
    certificateChain: "-----BEGIN EC PRIVATE KEY-----\nSECRET\n-----END EC PRIVATE KEY-----",
  }]],
  ["a signed value that is not marked", [2, "1", "MeterValues", {
    meterValue: [{ sampledValue: [{ value: 'OCMF|{"ID":"SECRET"}' }] }],
  }]],
  ["the answer to a signed message", [3, "1", { protected: "e30", payload: "SECRET", signature: "SECRET" }]],
  ["a payload that is a text", [2, "1", "Authorize", "SECRET"]],
  ["an element too many", [2, "1", "Heartbeat", { stripped: "no" }, "SECRET"]],
  ["a type that nobody knows, and stripped", [9, "1", "Authorize", { x: "SECRET" }]],
];
for (const [name, message] of SECRETS) {
  Deno.test(`flight recorder: ${name} is not told, escaped or not, long or short`, () => {
    const plain = JSON.stringify(message);
    const escaped = plain.replace(/"(\w)(\w*)":/g, (_all, first: string, rest: string) => {
      return `"\\u${first.charCodeAt(0).toString(16).padStart(4, "0")}${rest}":`;
    });
    for (const text of [plain, escaped]) {
      const kept = redactMessage(text, parseFrame(text));
      ok(!kept.includes("SECRET"), kept);
      ok(kept.includes("stripped"), kept);
      for (const lineChars of [10, 10_000]) {
        const recorder = new FlightRecorder({ ...LIMITS, lineChars, bytesPerStation: 100_000, bytes: 100_000 });
        recorder.message("A", "station", bytes(text), 0);
        ok(!recorder.export("A").includes("SECRET"), recorder.export("A"));
      }
    }
  });
}

Deno.test("flight recorder: harmless messages are kept as they came", () => {
  for (
    const text of [
      '[2, "1","MeterValues",{"meterValue":[{"sampledValue":[{"value":"1.0"}]}]}]',
      '[2,"1","StatusNotification",{"status":"Available","errorCode":"NoError"}]',
      '[3,"1",{"status":"Accepted"}]',
    ]
  ) equal(redactMessage(text, parseFrame(text)), text);
});

Deno.test("flight recorder: what is harmless in a message with a secret is told", () => {
  const seen = (message: unknown) => redactMessage(JSON.stringify(message), parseFrame(JSON.stringify(message)));
  const configurationKey = [{ key: "AuthorizationKey", value: "x" }, { key: "MeterPublicKey", value: "04ab" }];
  equal(
    seen([3, "1", { configurationKey, unknownKey: ["A"] }]),
    '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","value":"[stripped]"},{"key":"MeterPublicKey","value":"04ab"}],"unknownKey":["A"]}]',
  );
  equal(
    seen([4, "1", "InternalError", "no such pin: 1", { cause: "disk" }]),
    '[4,"1","InternalError","no such pin [stripped]",{"cause":"disk"}]',
  );
  equal(
    seen([2, "1", "GetDiagnostics", { location: "https://h/up?sig=1", retries: 2 }]),
    '[2,"1","GetDiagnostics",{"location":"https://h/up?[stripped]","retries":2}]',
  );
});

/** Texts in which a careless pattern looks ahead from every place: seconds, and the Worker is taken for dead. */
const SLOW = ["://", "a:", "pin", "uid:", "Basic ", "< ", "-----BEGIN ", "key ", "a"];
for (const unit of SLOW) {
  Deno.test(`flight recorder: a large message of "${unit}" holds up nobody`, () => {
    const words = unit.repeat(OCPP_LIMITS.messageBytes / unit.length - 100);
    const many = Array.from({ length: 60 }, () => words.slice(0, OCPP_LIMITS.flightLineChars));
    for (const payload of [{ info: words }, { password: 1, many }, { [words]: 1, password: 1 }]) {
      const text = JSON.stringify([2, "1", "StatusNotification", payload]);
      const frame = parseFrame(text), began = systemClock.monotonic();
      redactMessage(text, frame);
      const tookMs = systemClock.monotonic() - began;
      ok(tookMs < 1_000, `${Object.keys(payload).join(" ").slice(0, 20)}: ${tookMs} ms`);
    }
  });
}

Deno.test("flight recorder: a malformed message with a suspicious word is not told", () => {
  const recorder = new FlightRecorder();
  recorder.message("A", "station", bytes('[2,"1","Authorize",{"idTag":"SECRET"'), 0);
  equal(lines(recorder, "A")[0].text, '[2,"1","Authorize",[17 characters that are no OCPP message]');
  const kept = redactMessage('[2,"1","Authorize",{"idTag":"SECRET"', undefined);
  ok(!kept.includes("SECRET"));
  equal(redactMessage("[2,", undefined), "[2,[0 characters that are no OCPP message]");
});

Deno.test("flight recorder: lines survive growing and moving of their memory, whatever their length", () => {
  const limits = { ...LIMITS, bytesPerStation: 20_000, bytes: 1_000_000, lineChars: 5_000 };
  const recorder = new FlightRecorder(limits);
  const written: string[] = [];
  for (let i = 0; i < 3_000; i++) {
    const text = `[3,"${i}",{"x":"${"é".repeat((i * 7) % 300)}"}]`;
    written.push(text);
    recorder.message("A", i % 2 === 0 ? "station" : "csms", bytes(text), i);
    ok(recorder.bytes <= limits.bytesPerStation);
  }
  const kept = lines(recorder, "A");
  ok(kept.length > 20, `${kept.length}`);
  equal(kept.map(({ text }) => text), written.slice(-kept.length));
  equal(kept.at(-1).kind, "csms");
  recorder.forget("A");
  equal(recorder.bytes, 0);
});

Deno.test("flight recorder: more kinds than it can number share the last one's name, and cost nothing else", () => {
  const recorder = new FlightRecorder({ ...LIMITS, bytesPerStation: 100_000, bytes: 100_000 });
  for (let i = 0; i < 300; i++) recorder.event("A", `k${i}`, "x", i);
  const kinds = lines(recorder, "A").map(({ kind }) => kind);
  equal(kinds.slice(0, 254), Array.from({ length: 254 }, (_, i) => `k${i}`));
  equal(new Set(kinds.slice(254)), new Set(["k299"]));
});
