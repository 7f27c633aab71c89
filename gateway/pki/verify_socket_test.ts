import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { TestCa } from "../../tests/support/test_ca.ts";
import type { PeerTrust } from "./verify_peer.ts";
import { type PeerSocket, type SocketVerdict, SocketVerifier } from "./verify_socket.ts";

const ca = new TestCa("CA of this listener");
const otherCa = new TestCa("CA of another listener");
const NOW = Date.now();

const trustIn = (...cas: TestCa[]): PeerTrust => ({
  clientCas: cas.map((each) => each.pem),
  denied: { fingerprints: [], serials: [] },
  organizations: ["Test CPO"],
});

const ruleOf = (verdict: SocketVerdict): string => verdict.ok ? "accepted" : verdict.rule;

const fake = (authorized: boolean, reused: boolean, raw?: Uint8Array): PeerSocket => ({
  authorized,
  isSessionReused: () => reused,
  getPeerCertificate: ((): unknown => raw ? { raw: Buffer.from(raw) } : {}) as PeerSocket["getPeerCertificate"],
});

Deno.test("verify_socket: authorized without a certificate is not a proof (F3)", () => {
  assert.equal(ruleOf(new SocketVerifier().verify(fake(true, false), trustIn(ca), NOW)), "peer.presented");
});

Deno.test("verify_socket: a certificate that only TLS refuses is refused", () => {
  const { der } = ca.client("CP001");
  assert.equal(ruleOf(new SocketVerifier().verify(fake(false, false, der), trustIn(ca), NOW)), "peer.authorized");
});

Deno.test("verify_socket: the oldest proof is forgotten one past the limit", () => {
  const { der } = ca.client("CP001");
  const verifier = new SocketVerifier(2);
  const trust = trustIn(ca);
  const see = (raw: Uint8Array) => verifier.verify(fake(true, false, raw), trust, NOW);
  const resume = (raw: Uint8Array) => ruleOf(verifier.verify(fake(true, true, raw), trust, NOW));
  see(der);
  see(ca.client("CP002").der);
  assert.equal(resume(der), "accepted");
  see(ca.client("CP003").der);
  assert.equal(resume(der), "peer.resumed-unproven");
});

Deno.test("verify_socket: a refused certificate of no CA of ours is marked as a stranger's, also when its session is resumed", () => {
  const verify = (authorized: boolean, reused: boolean, der: Uint8Array) => {
    const verdict = new SocketVerifier().verify(fake(authorized, reused, der), trustIn(ca), NOW);
    return [ruleOf(verdict), !verdict.ok && verdict.isStranger === true];
  };
  const maker = otherCa.client("X-4711");
  assert.deepEqual(verify(false, false, maker.der), ["peer.chain", true]);
  assert.deepEqual(verify(true, true, maker.der), ["peer.chain", true]);
  assert.deepEqual(verify(true, true, ca.client("CP001").der), ["peer.resumed-unproven", false]);
  assert.deepEqual(verify(false, false, ca.client("CP001", { version: 1 }).der), ["peer.version", false]);
});
