import { strict as assert } from "node:assert";
import { reasonOfError } from "./handshake_failure.ts";
import { describeFailure } from "./handshake_failure.ts";
import { SourceLimiter } from "./source_limiter.ts";

const limiter = () => new SourceLimiter({ burst: 2, perSecond: 1, sources: 2 });

Deno.test("source limiter: a burst, then the rate, and never more than a burst saved up", () => {
  const each = limiter();
  const allowed = (now: number) => each.attempt("a", now).allowed;
  assert.deepEqual([allowed(0), allowed(0), allowed(0)], [true, true, false]);
  assert.deepEqual([allowed(999), allowed(1_000), allowed(1_000)], [false, true, false]);
  assert.deepEqual([allowed(60_000), allowed(60_000), allowed(60_000)], [true, true, false]);
});

Deno.test("source limiter: sources do not share, the quiet one is forgotten past the limit", () => {
  const each = limiter();
  for (const source of ["a", "a", "b", "b"]) assert.equal(each.attempt(source, 0).allowed, true);
  assert.equal(each.attempt("a", 0).allowed, false);
  assert.equal(each.attempt("c", 0).allowed, true); // "b" was quiet for longest
  assert.equal(each.attempt("a", 0).allowed, false);
  assert.equal(each.attempt("b", 0).allowed, true);
});

Deno.test("source limiter: refusals are told every ten seconds with the count of those before", () => {
  const each = new SourceLimiter({ burst: 1, perSecond: 0, sources: 1 });
  each.attempt("a", 0);
  assert.deepEqual(each.attempt("a", 0), { allowed: false, silent: false, before: 0 });
  assert.deepEqual(each.attempt("a", 9_999), { allowed: false, silent: true });
  assert.deepEqual(each.attempt("a", 10_000), { allowed: false, silent: false, before: 1 });
});

Deno.test("handshake failure: errors of the TLS library become reasons", () => {
  const error = (message: string, code?: string) =>
    Object.assign(new Error(message), code === undefined ? {} : { code });
  for (
    const [given, wanted] of [
      [
        error("unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        "InvalidChargePointCertificate",
      ],
      [error("peer is incompatible: NoKxGroupsInCommon"), "InvalidTLSCipherSuite"],
      [error("socket hang up", "ECONNRESET"), "ClosedByPeer"],
      [error("received corrupt message"), "HandshakeFailed"],
    ] as const
  ) {
    assert.equal(reasonOfError(given), wanted);
  }
});

Deno.test("handshake failure: what a peer wrote is printable and short in logs", () => {
  const fields = describeFailure({ source: "10.0.0.9", reason: "HandshakeFailed", detail: `a\n${"b".repeat(99)}` });
  assert.deepEqual(fields, { source: "10.0.0.9", reason: "HandshakeFailed", detail: `a?${"b".repeat(62)}` });
});
