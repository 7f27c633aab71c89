import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { UpstreamChange, UpstreamNetwork } from "../../core/upstream_api.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { type ChangeFacts, changeUpstream, readUpstream, setNetwork } from "./upstream_change.ts";
import type { UpstreamRecord } from "./upstream_record.ts";

const FACTS: ChangeFacts = {
  stationId: "CP001",
  url: "wss://csms.example/ocpp",
  configuredProfile: 2,
  organization: "Garage",
  now: 5,
};
const PLAIN: ChangeFacts = { ...FACTS, url: "ws://csms.example/ocpp", configuredProfile: 1 };
const CERTIFICATE = { chainPem: "chain", keyPem: "key", notAfter: 9 };
const HEX = "000102030405060708090a0b0c0d0e0f10111213";
const base64 = (value: string | Uint8Array): string => Buffer.from(value).toString("base64");
const change = (record: UpstreamRecord, setting: UpstreamChange["setting"], value: string, facts = FACTS) =>
  changeUpstream(record, { setting, value }, facts);
const reasonOf = ({ result }: { readonly result: { readonly status: string; readonly reason?: string } }) =>
  result.status === "rejected" ? result.reason! : result.status;

Deno.test("upstream change: a password becomes the new credential, the one before is kept", () => {
  const kept = { profile: 2, password: "old", at: 1 } as const;
  const { record, result, isNewCredential } = change({ kept }, "password", "0123456789abcdef");
  equal(result, { status: "accepted" });
  equal(isNewCredential, true);
  equal(record, { kept, fresh: { profile: 2, password: base64("0123456789abcdef"), at: 5 } });
});

Deno.test("upstream change: an AuthorizationKey is tried as bytes and as its digits (Q7)", () => {
  const { record } = changeUpstream({}, { setting: "password", value: HEX, isHex: true }, FACTS);
  equal(record.fresh?.password, base64(Buffer.from(HEX, "hex")));
  equal(record.fresh?.passwordAsText, base64(HEX));
  const text = changeUpstream(record, { setting: "password", value: "no hex digits at all", isHex: true }, FACTS);
  equal([text.record.fresh?.password, text.record.fresh?.passwordAsText], [base64("no hex digits at all"), undefined]);
});

Deno.test("upstream change: a password has 16 to 40 bytes (O-05)", () => {
  const { passwordBytesMin: min, passwordBytesMax: max } = UPSTREAM_LIMITS;
  for (const length of [min, max]) equal(change({}, "password", "x".repeat(length)).result.status, "accepted");
  for (const length of [0, min - 1, max + 1]) {
    const { record, result } = change({}, "password", "x".repeat(length));
    equal([record, result.status], [{}, "rejected"]);
  }
  equal(change({}, "password", "ä".repeat(max / 2 + 1)).result.status, "rejected");
});

Deno.test("upstream change: with security profile 3 in force there is no password to set", () => {
  const kept = { profile: 3, certificate: CERTIFICATE, at: 1 } as const;
  ok(reasonOf(change({ kept }, "password", "0123456789abcdef")).includes("profile 3"));
});

Deno.test("upstream change: security profile 3 needs a certificate, and takes it into use", () => {
  ok(reasonOf(change({}, "profile", "3")).includes("no certificate"));
  const { record, isNewCredential } = change({ certificate: CERTIFICATE }, "profile", "3");
  equal(record, { fresh: { profile: 3, certificate: CERTIFICATE, at: 5 } });
  equal(isNewCredential, true);
});

Deno.test("upstream change: a security profile is never lowered, whatever is written (O-02)", () => {
  const kept = { profile: 3, certificate: CERTIFICATE, at: 1 } as const;
  for (const value of ["0", "1", "2"]) ok(reasonOf(change({ kept }, "profile", value)).includes("never lowered"));
  for (const value of ["", "4", "-1", "two", "3x"]) {
    ok(reasonOf(change({ kept }, "profile", value)).includes("no security profile"), value);
  }
  equal(change({ kept }, "profile", " 3 "), { record: { kept }, result: { status: "accepted" } });
});

Deno.test("upstream change: a way without TLS gets no profile that needs it", () => {
  for (const value of ["2", "3"]) {
    ok(reasonOf(change({ certificate: CERTIFICATE }, "profile", value, PLAIN)).includes("no TLS"));
  }
  equal(change({}, "profile", "1", PLAIN).result.status, "accepted");
  const unproven: ChangeFacts = { ...PLAIN, configuredProfile: 0 };
  equal(change({}, "profile", "1", unproven).record.fresh?.profile, 1);
});

Deno.test("upstream change: an organization of 1 to 64 plain characters", () => {
  const { organizationChars: max } = UPSTREAM_LIMITS;
  equal(change({}, "organization", "G".repeat(max)).record.organization?.length, max);
  for (const bad of ["", "  ", "G".repeat(max + 1), "a\nb"]) {
    equal(change({}, "organization", bad).result.status, "rejected");
  }
});

Deno.test("upstream change: identity and way stay; the same value is accepted", () => {
  equal(change({}, "identity", "CP001").result.status, "accepted");
  ok(reasonOf(change({}, "identity", "CP002")).includes("identity"));
  for (const same of ["wss://csms.example/ocpp", "wss://csms.example/ocpp/", "wss://csms.example:443/ocpp/CP001"]) {
    equal(change({}, "network", same).result.status, "accepted", same);
  }
  const others = [
    "wss://evil.example/ocpp",
    "ws://csms.example/ocpp",
    "wss://csms.example/ocpp?x",
    "wss://a@csms.example/ocpp",
    "2",
  ];
  for (const other of others) ok(reasonOf(change({}, "network", other)).includes("site.yaml"), other);
  ok(reasonOf(change({}, "active-network", "1")).includes("read only"));
});

const NETWORK: UpstreamNetwork = { slot: 2, url: "wss://csms.example/ocpp", securityProfile: 2 };

Deno.test("upstream network: a slot with the way that is there is kept, another way is not", () => {
  const { record, result } = setNetwork({}, { ...NETWORK, password: "0123456789abcdef" }, FACTS);
  equal(result.status, "accepted");
  equal(record.slots, { "2": { url: NETWORK.url, profile: 2, password: base64("0123456789abcdef") } });
  const bad: readonly Partial<UpstreamNetwork>[] = [
    { url: "wss://evil.example/ocpp" },
    { securityProfile: 1 },
    { securityProfile: 3 },
    { identity: "CP002" },
    { foreign: "a VPN" },
    { slot: 1.5 },
    { slot: -1 },
  ];
  for (const part of bad) {
    equal(setNetwork({}, { ...NETWORK, ...part }, FACTS).result.status, "rejected", JSON.stringify(part));
  }
});

Deno.test("upstream network: 8 slots, and a used one may be set again", () => {
  let record: UpstreamRecord = {};
  for (let slot = 0; slot < UPSTREAM_LIMITS.networkSlots; slot++) {
    record = setNetwork(record, { ...NETWORK, slot }, FACTS).record;
  }
  equal(setNetwork(record, { ...NETWORK, slot: 99 }, FACTS).result.status, "rejected");
  equal(setNetwork(record, { ...NETWORK, slot: 0 }, FACTS).result.status, "accepted");
});

Deno.test("upstream network: the priority takes a slot into use at the next connection", () => {
  const slots = { "2": { url: NETWORK.url, profile: 3, password: undefined } } as unknown as NonNullable<
    UpstreamRecord["slots"]
  >;
  const waiting: UpstreamRecord = { certificate: CERTIFICATE, slots };
  const { record, result } = change(waiting, "priority", "2,1");
  equal(result, { status: "reboot" });
  equal([record.priority, record.fresh?.profile], ["2,1", 3]);
  ok(reasonOf(change(waiting, "priority", "7")).includes('slot "7"'));
  equal(change({}, "priority", "1").record, { priority: "1" });
  const secret = { "2": { url: NETWORK.url, profile: 2, password: base64("0123456789abcdef") } };
  equal(change({ slots: secret }, "priority", "2").record.fresh?.password, base64("0123456789abcdef"));
  const short = { "2": { url: NETWORK.url, profile: 2, password: base64("short") } };
  const refused = change({ slots: short }, "priority", "2");
  equal([refused.result.status, refused.record], ["rejected", { slots: short }]);
});

Deno.test("upstream settings: the CSMS reads what it set, and no secret", () => {
  const kept = { profile: 2, password: base64("0123456789abcdef"), at: 1 } as const;
  const read = readUpstream({ kept, organization: "Own", priority: "2,1" }, FACTS);
  equal(read, { identity: "CP001", organization: "Own", profile: 2, url: FACTS.url, priority: "2,1", activeSlot: 2 });
  equal(readUpstream({}, FACTS), { ...read, organization: "Garage", priority: "1", activeSlot: 1 });
  ok(!JSON.stringify(read).includes("MDEy"));
});

Deno.test("upstream network: a URL of nothing but slashes, as long as a message may be, is refused at once", () => {
  const url = `wss://csms.example/${"/".repeat(1_000_000)}x`; // minutes, where each slash is a new beginning
  equal(change({}, "network", url).result.status, "rejected");
  equal(change({}, "network", `${FACTS.url}///`).result.status, "accepted");
});
