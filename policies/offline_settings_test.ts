import { equal, ok } from "node:assert/strict";
import { exposureOf, isOn, OFFLINE_SETTINGS, type OfflineExposure } from "./offline_settings.ts";
import type { Evidence } from "./posture_types.ts";

const value = (text: string): Evidence => ({ is: "value", value: text, at: 0 });
const absent: Evidence = { is: "absent", at: 0 };
const unread: Evidence = { is: "unknown", why: "it did not answer" };

const ON: readonly (readonly [evidence: Evidence | undefined, isOn: boolean | undefined])[] = [
  [value("true"), true],
  [value(" TRUE "), true],
  [value("1"), true],
  [value("false"), false],
  [value("0"), false],
  [value("False"), false],
  [value(""), undefined],
  [value("yes"), undefined],
  [absent, false],
  [unread, undefined],
  [undefined, undefined],
];
for (const [evidence, expected] of ON) {
  Deno.test(`offline settings: ${JSON.stringify(evidence)} is ${expected === undefined ? "not known" : expected}`, () =>
    equal(isOn(evidence), expected));
}

type Row = readonly [unknown: Evidence, offline: Evidence, cache: Evidence, list: Evidence, exposure: OfflineExposure];
const on = value("true"), off = value("false");
const EXPOSURES: readonly Row[] = [
  [on, off, off, off, "everybody"],
  [on, unread, unread, unread, "everybody"],
  [off, on, on, off, "known"],
  [off, on, off, on, "known"],
  [off, on, on, on, "known"],
  [absent, on, on, absent, "known"],
  [off, on, unread, on, "known"],
  [off, on, on, unread, "known"],
  [off, on, off, off, "nobody"],
  [off, on, absent, absent, "nobody"],
  [off, off, on, on, "nobody"],
  [off, off, unread, unread, "nobody"],
  [unread, off, off, off, "unknown"],
  [off, unread, on, on, "unknown"],
  [off, on, unread, off, "unknown"],
  [off, on, off, unread, "unknown"],
  [off, on, unread, unread, "unknown"],
];
for (const [unknown, offline, cache, list, exposure] of EXPOSURES) {
  const named = { "unknown-offline": unknown, "local-authorize-offline": offline, cache, "local-list": list };
  const words = Object.values(named).map((one) => one.is === "value" ? one.value : one.is).join(", ");
  Deno.test(`EV-24 offline settings: unknown, offline, cache, list ${words}: cut off, ${exposure} charges`, () =>
    equal(exposureOf(named), exposure));
}

Deno.test("offline settings: nothing was read, so nothing is promised", () => equal(exposureOf({}), "unknown"));

Deno.test("offline settings: each has an id of its own and a name in both versions; none touches the CSMS's list", () => {
  equal(new Set(OFFLINE_SETTINGS.map(({ id }) => id)).size, OFFLINE_SETTINGS.length);
  for (const { key, variable, meaning } of OFFLINE_SETTINGS) {
    ok(/^[A-Za-z]+$/.test(key) && /^[A-Za-z]+\.[A-Za-z]+$/.test(variable) && meaning.length > 20);
    ok(!/ListVersion|ListEntries|SendLocalList/i.test(`${key} ${variable}`));
  }
});
