import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { OCPP_VERSIONS, parseFrame } from "../codec.ts";
import { badgeAsked, badgesPutOnList, isStartOrder } from "./badge_readers.ts";
import { OCPP_BADGE_LIMITS } from "./limits.ts";

const call = (action: string, payload: unknown) => parseFrame(JSON.stringify([2, "1", action, payload]));
const signed = (payload: unknown) => ({
  payload: Buffer.from(JSON.stringify(payload)).toString("base64url"),
  signatures: [{ protected: "e30", signature: "AA" }],
});
const token = (idToken: unknown, type = "ISO14443") => ({ idToken: { idToken, type } });

for (const action of ["RemoteStartTransaction", "RequestStartTransaction", "ReserveNow", "RequestBatterySwap"]) {
  Deno.test(`badge readers: ${action} lets a badge start, signed too`, () => {
    deepEqual([isStartOrder(action), isStartOrder(`${action}-Signed`)], [true, true]);
  });
}
for (
  const action of [
    "CancelReservation",
    "RemoteStopTransaction",
    "SendLocalList",
    "DataTransfer",
    "Authorize",
    "remotestarttransaction",
  ]
) {
  Deno.test(`badge readers: ${action} lets nobody start`, () => equal(isStartOrder(action), false));
}

const ASKED_16: readonly (readonly [payload: unknown, badge: string | undefined])[] = [
  [{ idTag: "04A1" }, "04A1"],
  [{ idTag: 4711 }, "4711"],
  [{ idTag: "" }, undefined],
  [{ idTag: null }, undefined],
  [{ idTag: { idToken: "B" } }, undefined],
  [token("04A1"), undefined],
  [[], undefined],
  ["04A1", undefined],
];
for (const [payload, badge] of ASKED_16) {
  Deno.test(`badge readers: 1.6 asks about ${JSON.stringify(payload)}: ${badge}`, () =>
    equal(badgeAsked("ocpp1.6", call("Authorize", payload)), badge));
}
for (const version of OCPP_VERSIONS.filter((one) => one !== "ocpp1.6")) {
  for (const type of ["Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "VIN"]) {
    Deno.test(`badge readers: ${version} asks about an idToken of type ${type}`, () =>
      equal(badgeAsked(version, call("Authorize", token("04A1", type))), "04A1"));
  }
  Deno.test(`badge readers: ${version} asks about nothing without authorisation, about a number as its text`, () => {
    equal(badgeAsked(version, call("Authorize", token("", "NoAuthorization"))), undefined);
    equal(badgeAsked(version, call("Authorize", { idTag: "04A1" })), undefined);
    equal(badgeAsked(version, call("Authorize", token(4711))), "4711");
  });
  Deno.test(`badge readers: ${version} finds the badge inside a signed message`, () => {
    equal(badgeAsked(version, call("Authorize-Signed", signed(token("04A1")))), "04A1");
    equal(badgeAsked(version, call("Authorize-Signed", { payload: "!" })), undefined);
    // what two receivers could read differently is read as it stands
    equal(badgeAsked(version, call("Authorize-Signed", token("04A1"))), "04A1");
  });
}

const info = (status?: string) => status === undefined ? {} : { idTagInfo: { status }, idTokenInfo: { status } };
for (const version of OCPP_VERSIONS) {
  const entry = (badge: unknown, status?: string) => ({
    ...version === "ocpp1.6" ? { idTag: badge } : token(badge),
    ...info(status),
  });
  const list = (...entries: unknown[]) => call("SendLocalList", { localAuthorizationList: entries });
  Deno.test(`badge readers: ${version}: a list puts on what it accepts; what it takes off, blocks or garbles does not count`, () => {
    const given = list(
      ...[entry("A", "Accepted"), entry("B"), entry("C", "Blocked"), entry("D", "Accepted"), entry("", "Accepted")],
      ...[null, 7, "A", entry({}, "Accepted")],
    );
    deepEqual(badgesPutOnList(version, given), ["A", "D"]);
    deepEqual(badgesPutOnList(version, call("SendLocalList", {})), []);
    deepEqual(badgesPutOnList(version, call("SendLocalList", { localAuthorizationList: "A" })), []);
  });
  Deno.test(`badge readers: ${version}: as many entries as the limit are looked at, one more is not`, () => {
    const many = Array.from({ length: OCPP_BADGE_LIMITS.listed + 1 }, (_, at) => entry(`B${at}`, "Accepted"));
    equal(badgesPutOnList(version, list(...many)).length, OCPP_BADGE_LIMITS.listed);
  });
}
