import { deepStrictEqual as equal, match, notEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { maskBadges } from "./badge_mask.ts";
import { stringMembers } from "./string_spans.ts";

const KEY = new Uint8Array(32).fill(7);
const mask = (action: string, text: string, key = KEY) => {
  const masked = maskBadges(action, new TextEncoder().encode(text), key);
  return masked && new TextDecoder().decode(masked);
};

Deno.test("badge mask: a badge becomes a pseudonym that fits an idTag; every other byte stays", () => {
  const text = '[2, "1","StartTransaction" ,{"connectorId":1.0,"idTag" : "DEADBEEF","meterStart":0,"x":"\\u00e4"}]';
  const masked = mask("StartTransaction", text)!;
  const pseudonym = /"idTag" : "([0-9a-f]+)"/.exec(masked)![1]!;
  equal(masked.replace(pseudonym, "DEADBEEF"), text);
  equal(pseudonym.length, 18);
  match(
    mask("Authorize", '[2,"2","Authorize",{"idTag":"DEADBEEF"}]')!,
    new RegExp(pseudonym),
    "equal for equal badges",
  );
  match(mask("Authorize", '[2,"2","Authorize",{"idTag":"D\\u0045ADBEEF"}]')!, new RegExp(pseudonym), "however written");
  notEqual(mask("Authorize", text, new Uint8Array(32).fill(8)), masked, "another key, other pseudonyms");
});

Deno.test("badge mask: badges, contracts and vehicles of OCPP 2.x, at any depth", () => {
  const text = '[2,"1","TransactionEvent",{"idToken":{"idToken":"RFID1","type":"ISO14443","additionalInfo":' +
    '[{"additionalIdToken":"RFID2","type":"x"}]},"evse":{"id":1},"certificate":"-----BEGIN","vehicleId":"VIN3"}]';
  const masked = mask("TransactionEvent", text)!;
  for (const secret of ["RFID1", "RFID2", "BEGIN", "VIN3"]) ok(!masked.includes(secret), secret);
  ok(masked.includes('"type":"ISO14443"') && masked.includes('"evse":{"id":1}'));
});

Deno.test("badge mask: an escaped name hides no badge", () => {
  ok(!mask("Authorize", '[2,"1","Authorize",{"\\u0069dTag":"DEADBEEF"}]')!.includes("DEADBEEF"));
});

Deno.test("invariant 15: signed meter data in a masked message is byte-identical", () => {
  const signed = '{"signedMeterData":"T0NNRnx7IklEIjoiREVBREJFRUYifXw=","encodingMethod":"OCMF","publicKey":"idTag"}';
  const text =
    `[2,"1","TransactionEvent",{"idToken":{"idToken":"X","type":"c"},"meterValue":[{"sampledValue":[{"value":` +
    `1.50,"signedMeterValue":${signed}}]}]}]`;
  const masked = mask("TransactionEvent", text)!;
  ok(masked.includes(signed) && masked.includes('"value":1.50'));
  const plain =
    '[2,"1","MeterValues",{"meterValue":[{"sampledValue":[{"value":"OCMF|{}|{}","format":"SignedData"}]}]}]';
  equal(mask("MeterValues", plain), plain);
});

Deno.test("badge mask: what cannot be looked into is not copied", () => {
  equal(mask("DataTransfer", '[2,"1","DataTransfer",{"vendorId":"x","data":"DEADBEEF"}]'), undefined);
  equal(mask("Authorize-Signed", '[2,"1","Authorize-Signed",{"payload":"eyJ"}]'), undefined);
});

Deno.test("string spans: any JSON: exactly the text members of that name, and the text between is untouched", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(value, fc.string(), (inner, secret) => {
      const wrapped = [2, "id", "Authorize", { idTag: secret, a: inner, b: [{ idTag: secret }] }];
      const bytes = new TextEncoder().encode(JSON.stringify(wrapped, null, 1));
      const found = stringMembers(bytes, (name) => name === "idTag");
      const count = (part: unknown): number =>
        typeof part !== "object" || part === null ? 0 : Object.entries(part).reduce(
          (sum, [name, child]) => sum + (name === "idTag" && typeof child === "string" ? 1 : 0) + count(child),
          0,
        );
      equal(found.length, count(wrapped));
      const back: unknown = JSON.parse(new TextDecoder().decode(maskBadges("Authorize", bytes, KEY)));
      if (secret !== "") ok(!JSON.stringify(back).includes(`"idTag":${JSON.stringify(secret)}`));
    }),
    { seed: 74, numRuns: 500 },
  );
});
