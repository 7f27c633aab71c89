import { strict as assert } from "node:assert";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { runSClient, type SClientOptions } from "../support/s_client.ts";
import { forgeKeyPem, TestCa, type TestCertificate } from "../support/test_ca.ts";
import type { PeerTrust } from "../../gateway/pki/verify_peer.ts";
import { type SocketVerdict, SocketVerifier } from "../../gateway/pki/verify_socket.ts";

const ca = new TestCa("CA of this listener");
const otherCa = new TestCa("CA of another listener");
const identity = ca.server(["localhost"]);
const NOW = Date.now();

const trustIn = (...cas: TestCa[]): PeerTrust => ({
  clientCas: cas.map((each) => each.pem),
  denied: { fingerprints: [], serials: [] },
  organizations: ["Test CPO"],
});

interface Listener extends AsyncDisposable {
  readonly port: number;
  readonly verdicts: (SocketVerdict & { readonly resumed: boolean; readonly authorized: boolean })[];
}

async function listen(trust: PeerTrust, verifier = new SocketVerifier()): Promise<Listener> {
  const verdicts: Listener["verdicts"] = [];
  const options = { cert: identity.certPem, key: identity.keyPem, ca: [...trust.clientCas], requestCert: true };
  const server: Server = createServer({ ...options, rejectUnauthorized: false }, (socket) => {
    const verdict = verifier.verify(socket, trust, NOW);
    verdicts.push({ ...verdict, resumed: socket.isSessionReused(), authorized: socket.authorized });
    socket.on("error", () => socket.destroy());
    socket.end("over\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, verdicts, [Symbol.asyncDispose]: close };
}

const ruleOf = (verdict: SocketVerdict | undefined): string =>
  verdict?.ok ? "accepted" : verdict?.rule ?? "no handshake";

async function connect(listener: Listener, options: Omit<SClientOptions, "port">): Promise<string> {
  const before = listener.verdicts.length;
  await runSClient({ port: listener.port, ...options });
  return ruleOf(listener.verdicts[before]);
}

const asFile = ({ certPem, keyPem }: TestCertificate) => ({ certPem, keyPem });

for (const version of ["tls1_2", "tls1_3"] as const) {
  Deno.test(`invariant 2: peers are judged on every full handshake, ${version}`, async () => {
    await using listener = await listen(trustIn(ca));
    const v3 = ca.client("CP001");
    const v1 = ca.client("CP001", { version: 1 });
    assert.equal(await connect(listener, { version, ...asFile(v3) }), "accepted");
    assert.equal(await connect(listener, { version }), "peer.presented");
    assert.equal(await connect(listener, { version, ...asFile(otherCa.client("CP001")) }), "peer.chain");
    assert.equal(await connect(listener, { version, ...asFile(v1) }), "peer.version");
    assert.equal(
      await connect(listener, { version, certPem: v3.certPem, keyPem: forgeKeyPem(v3.spki) }),
      "no handshake",
    );
  });

  Deno.test(`invariant 2: a v1 certificate with a random key is refused, also resumed, ${version}`, async () => {
    await using listener = await listen(trustIn(ca));
    const v1 = ca.client("CP001", { version: 1 });
    const session = await Deno.makeTempFile();
    const thief = { version, certPem: v1.certPem, keyPem: forgeKeyPem(v1.spki) };
    assert.equal(await connect(listener, { ...thief, sessionOut: session }), "peer.version");
    assert.equal(await connect(listener, { version, sessionIn: session }), "peer.resumed-unproven");
    const [full, resumed] = listener.verdicts;
    // The facts that make this check needed (F1, F2): the handshake went through, and resumption calls it authorized.
    assert.deepEqual([full!.resumed, full!.authorized], [false, false]);
    assert.deepEqual([resumed!.resumed, resumed!.authorized], [true, true]);
    await Deno.remove(session);
  });

  Deno.test(`invariant 2: a resumed session is judged anew by its own listener's trust, ${version}`, async () => {
    const trust = trustIn(ca);
    const verifier = new SocketVerifier();
    await using listener = await listen(trust, verifier);
    await using stranger = await listen(trustIn(otherCa), verifier);
    const session = await Deno.makeTempFile();
    const leaf = ca.client("CP001");
    assert.equal(await connect(listener, { version, ...asFile(leaf), sessionOut: session }), "accepted");
    assert.equal(await connect(listener, { version, sessionIn: session }), "accepted");
    assert.equal(await connect(stranger, { version, sessionIn: session }), "peer.chain");
    assert.equal(stranger.verdicts[0]!.authorized, true);
    const revoked = { ...trust, denied: { fingerprints: [], serials: [leaf.serial] } };
    await using after = await listen(revoked, verifier);
    assert.equal(await connect(after, { version, sessionIn: session }), "peer.revoked");
    assert.equal(after.verdicts[0]!.resumed, true);
    await Deno.remove(session);
  });

  Deno.test(`invariant 2: a chain with an intermediate holds when resumed, ${version}`, async () => {
    await using listener = await listen(trustIn(ca));
    const session = await Deno.makeTempFile();
    const intermediate = ca.intermediate("Below");
    const leaf = intermediate.client("CP007");
    const chained = { ...asFile(leaf), chainPem: intermediate.pem };
    assert.equal(await connect(listener, { version, ...chained, sessionOut: session }), "accepted");
    assert.equal(await connect(listener, { version, sessionIn: session }), "accepted");
    assert.deepEqual(listener.verdicts.map(({ resumed }) => resumed), [false, true]);
    await Deno.remove(session);
  });
}
