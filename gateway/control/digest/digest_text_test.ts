import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type AuditDigest, DIGEST_PARTS, DigestCounter } from "../../../policies/audit_digest.ts";
import { digestDelivery, digestText, type TimedDigest } from "./digest_text.ts";
import { DIGEST_LIMITS } from "./limits.ts";

const FROM = Date.UTC(2026, 10, 16, 7), TO = Date.UTC(2026, 10, 23, 7);
const lines = (count: number) => Array.from({ length: count }, (_, at) => ({ what: `rule.${at}`, count: 1, by: [] }));

function timed(parts: Partial<AuditDigest["parts"]> = {}, more: Partial<TimedDigest> = {}): TimedDigest {
  const none = new DigestCounter().digest();
  const digest = { records: 7, parts: { ...none.parts, ...parts } };
  return { site: "Main Street", from: FROM, to: TO, digest, review: undefined, ...more };
}
const webhook = (digest: TimedDigest) =>
  JSON.parse((digestDelivery({ id: "hook", by: "webhook" } as never, digest, "n-1") as { body: string }).body);

Deno.test("digest text: every part is named, so that none is said and not left out", () => {
  const text = digestText(timed());
  equal(text.split("\n").filter((line) => line.endsWith(": none")).length, DIGEST_PARTS.length);
  match(text, /^Main Street: 7 records from 2026-11-16T07:00:00Z to 2026-11-23T07:00:00Z\n/);
  match(
    text,
    /Nobody has reviewed the audit chain yet\. Read it with `audit export`, then say so with `audit review`\.$/,
  );
});

Deno.test("digest text: as many lines of a part as are written, and one more, which is counted", () => {
  const whole = digestText(timed({ refusals: lines(DIGEST_LIMITS.lines) }));
  equal(whole.includes("more kinds"), false);
  ok(whole.includes(`rule.${DIGEST_LIMITS.lines - 1}`));
  const cut = digestText(timed({ refusals: lines(DIGEST_LIMITS.lines + 1) }));
  match(cut, /and 1 more kinds/);
  equal(cut.includes(`rule.${DIGEST_LIMITS.lines} `), false);
});

Deno.test("digest text: counts stand in a column, with who it was about most", () => {
  const refusals = [{ what: "modbus.default", count: 311, by: ["ems", "and 2 more"] }, { what: "a", count: 1, by: [] }];
  match(
    digestText(timed({ refusals })),
    /Refused, by rule:\n {5}311 {2}modbus\.default \(ems, and 2 more\)\n {7}1 {2}a\n/,
  );
});

Deno.test("digest text: who reviewed last stands with the day", () => {
  const review = { who: "ida", at: FROM, sequence: 12 };
  match(digestText(timed({}, { review })), /Last reviewed by ida on 2026-11-16\. Read it/);
  deepEqual(webhook(timed({}, { review })).reviewed, { who: "ida", at: "2026-11-16T07:00:00Z" });
});

Deno.test("digest delivery: a webhook gets JSON with its id, times and all parts, each cut as the text is", () => {
  const body = webhook(timed({ firmware: lines(DIGEST_LIMITS.lines + 5) }));
  deepEqual([body.id, body.notice, body.site, body.records], ["n-1", "digest", "Main Street", 7]);
  deepEqual([body.from, body.to, "reviewed" in body], ["2026-11-16T07:00:00Z", "2026-11-23T07:00:00Z", false]);
  deepEqual(Object.keys(body.parts), [...DIGEST_PARTS]);
  equal(body.parts.firmware.length, DIGEST_LIMITS.lines);
});

Deno.test("digest delivery: a mail gets the text, with site, count and day in its subject", () => {
  const mail = digestDelivery({ id: "ops-mail", by: "mail" } as never, timed(), "n-1");
  deepEqual(mail, {
    ...{ kind: "mail", sink: "ops-mail", text: digestText(timed()) },
    subject: "[Main Street] audit digest: 7 records until 2026-11-23",
  });
});
