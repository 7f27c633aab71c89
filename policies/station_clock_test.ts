import { inWords, judgeStationClock, offsetOfHttpDate, type StationClockFacts } from "./station_clock.ts";

function equal(actual: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

const NOW = Date.UTC(2026, 10, 21);
const DAY = 86_400;
const CERTIFICATE = { name: "ocpp", notBefore: NOW - 10 * DAY * 1_000, notAfter: NOW + 80 * DAY * 1_000 };

function verdict(offsetSeconds: number, more: Partial<StationClockFacts> = {}): string {
  const facts = { offsetSeconds, limitSeconds: 60, now: NOW, certificates: [CERTIFICATE], marginHours: 48, ...more };
  const judged = judgeStationClock(facts);
  return judged.state === "right" ? "right" : `${judged.state}: ${judged.detail}`;
}

Deno.test("policy station clock: right at the limit, off one second beyond, both ways", () => {
  equal([verdict(60), verdict(-60)], ["right", "right"]);
  equal(verdict(61), "off: its clock is 61 seconds ahead");
  equal(verdict(-61), "off: its clock is 61 seconds behind");
});

Deno.test("policy station clock: before a certificate begins, and behind its end", () => {
  equal(verdict(-10 * DAY), "off: its clock is 10 days behind");
  equal(
    verdict(-10 * DAY - 1),
    "certificate: its clock is 10 days behind: to it the certificate of ocpp is not valid yet",
  );
  equal(verdict(80 * DAY + 1), "certificate: its clock is 80 days ahead: to it the certificate of ocpp has ended");
  const epoch = -Math.round(NOW / 1_000);
  equal(verdict(epoch), "certificate: its clock is 56 years behind: to it the certificate of ocpp is not valid yet");
});

Deno.test("policy station clock: told before the end, when the clock alone brings it near", () => {
  equal(verdict(78 * DAY), "off: its clock is 78 days ahead");
  equal(
    verdict(78 * DAY + 1),
    "certificate: its clock is 78 days ahead: to it the certificate of ocpp ends within 48 hours",
  );
  // at the right time the end is near too: that is another alarm's business
  equal(verdict(120, { now: CERTIFICATE.notAfter - DAY * 1_000 }), "off: its clock is 2 minutes ahead");
});

Deno.test("policy station clock: the first certificate that fails is named; without TLS there is none", () => {
  const other = { ...CERTIFICATE, name: "second", notAfter: NOW + DAY * 1_000 };
  equal(verdict(3 * DAY, { certificates: [CERTIFICATE, other] }).includes("second"), true);
  equal(verdict(-20 * DAY, { certificates: [] }), "off: its clock is 20 days behind");
});

Deno.test("policy station clock: times in words", () => {
  equal([1, 119, 120, 7_199, 7_200, 172_799, 172_800, 63_115_200].map(inWords), [
    "1 seconds",
    "119 seconds",
    "2 minutes",
    "119 minutes",
    "2 hours",
    "47 hours",
    "2 days",
    "2 years",
  ]);
});

Deno.test("policy station clock: the Date header of a page, and what is none", () => {
  const at = (text: string) => offsetOfHttpDate(text, 0);
  equal(at("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (
    const [text, ms] of [
      ["Sat, 21 Nov 2026 11:12:13 GMT", Date.UTC(2026, 10, 21, 11, 12, 13)],
      ["Thu, 29 Feb 2024 23:59:59 GMT", Date.UTC(2024, 1, 29, 23, 59, 59)],
      ["Fri, 01 Mar 2024 00:00:00 GMT", Date.UTC(2024, 2, 1)],
      ["Wed, 31 Dec 2025 00:00:00 GMT", Date.UTC(2025, 11, 31)],
      ["Mon, 01 Mar 2100 00:00:00 GMT", Date.UTC(2100, 2, 1)],
    ] as const
  ) equal([text, at(text)], [text, ms / 1_000]);
  equal(offsetOfHttpDate("Sat, 21 Nov 2026 00:01:00 GMT", NOW), 60);
  for (
    const bad of ["", "2026-11-21T00:00:00Z", "Sat, 21 Xxx 2026 00:00:00 GMT", "Sat, 21 Nov 1950 00:00:00 GMT", "soon"]
  ) equal([bad, at(bad)], [bad, undefined]);
  equal(offsetOfHttpDate(undefined, 0), undefined);
});
