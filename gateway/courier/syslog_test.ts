import assert from "node:assert/strict";
import { createServer } from "node:net";
import { systemTimers } from "../core/timers.ts";
import { ConnectProxy } from "../../tests/support/connect_proxy.ts";
import { FakeSiem } from "../../tests/support/fake_siem.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { makeTestCertificate, TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { COURIER_LIMITS } from "./limits.ts";
import { frameMessage, SyslogSender, type SyslogTarget } from "./syslog.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function targetOf(siem: FakeSiem, more: Partial<SyslogTarget> = {}): SyslogTarget {
  return { sink: "siem", host: "localhost", port: siem.port, ca: siem.ca.pem, ...more };
}

Deno.test("syslog framing: counts bytes, not characters", () => {
  assert.equal(decode(frameMessage("abc")), "3 abc");
  assert.equal(decode(frameMessage("\ufeffé")), "5 \ufeffé");
  assert.equal(decode(frameMessage("")), "0 ");
});

Deno.test("syslog framing: a message at the limit is framed, one byte more is refused", () => {
  assert.ok(frameMessage("x".repeat(COURIER_LIMITS.frameBytes)));
  assert.throws(() => frameMessage("x".repeat(COURIER_LIMITS.frameBytes + 1)), { code: "DELIVERY_REFUSED" });
});

Deno.test("syslog sender: sends in order over one connection", async () => {
  await using siem = await new FakeSiem().up();
  const sender = new SyslogSender(targetOf(siem), systemTimers);
  await Promise.all([sender.send(["a", "b"]), sender.send(["c"]), sender.send(["d"])]);
  await waitFor("four messages", () => siem.messages.length === 4);
  assert.deepEqual(siem.messages, ["a", "b", "c", "d"]);
  assert.equal(siem.connections, 1);
  sender.close();
});

Deno.test("syslog sender: after a cut connection the last frames come again before new ones", async () => {
  await using siem = await new FakeSiem().up();
  const sender = new SyslogSender(targetOf(siem), systemTimers);
  await sender.send(["a", "b"]);
  await waitFor("two messages", () => siem.messages.length === 2);
  siem.cut();
  await waitFor("the new message", async () => {
    await sender.send(["c"]).catch(() => {}); // the first may still hit the dead connection
    return siem.messages.includes("c");
  });
  assert.deepEqual(siem.messages.slice(0, 4), ["a", "b", "a", "b"]);
  sender.close();
});

Deno.test("syslog sender: a receiver that is down is an error, and served when it is back", async () => {
  await using siem = await new FakeSiem().up();
  await siem.down();
  const sender = new SyslogSender(targetOf(siem), systemTimers);
  await assert.rejects(sender.send(["a"]), { code: "DELIVERY_UNREACHABLE" });
  await siem.up();
  await sender.send(["a"]);
  await waitFor("the message", () => siem.messages.length === 1);
  sender.close();
});

Deno.test("syslog sender: sends again only a bounded number of frames", async () => {
  await using siem = await new FakeSiem().up();
  const sender = new SyslogSender(targetOf(siem), systemTimers);
  const all = Array.from({ length: COURIER_LIMITS.resendFrames + 10 }, (_, index) => `m${index}`);
  await sender.send(all);
  await waitFor("all", () => siem.messages.length === all.length);
  await siem.down();
  await siem.up();
  await waitFor("the last", async () => {
    await sender.send(["last"]).catch(() => {});
    return siem.messages.includes("last");
  });
  assert.equal(siem.messages[all.length], "m10");
  sender.close();
});

for (
  const { name, more, options } of [
    { name: "another CA", more: { ca: new TestCa("Other").pem }, options: {} },
    { name: "another name", more: {}, options: { names: ["siem.example"] } },
    { name: "no trusted CA at all", more: { ca: makeTestCertificate({}).certPem }, options: {} },
  ]
) {
  Deno.test(`syslog sender: sends nothing to a receiver with ${name}`, async () => {
    await using siem = await new FakeSiem(options).up();
    const sender = new SyslogSender(targetOf(siem, more), systemTimers);
    await assert.rejects(sender.send(["secret"]), { code: "DELIVERY_UNREACHABLE" });
    assert.deepEqual(siem.messages, []);
    sender.close();
  });
}

Deno.test("syslog sender: refuses an X.509 v1 certificate, whose key Deno does not check", async () => {
  const old = makeTestCertificate({ version: 1, subject: [["CN", "localhost"]] });
  const ca = new TestCa("SIEM CA");
  ca.server = () => old;
  await using siem = await new FakeSiem({ ca }).up();
  const sender = new SyslogSender(targetOf(siem, { ca: old.certPem }), systemTimers);
  await assert.rejects(sender.send(["secret"]), { code: "DELIVERY_UNREACHABLE" });
  assert.deepEqual(siem.messages, []);
  sender.close();
});

Deno.test("syslog sender: shows its client certificate to a receiver that wants one", async () => {
  const clients = new TestCa("Clients");
  await using siem = await new FakeSiem({ clientCa: clients.pem }).up();
  const { certPem: cert, keyPem: key } = clients.client("gw");
  const sender = new SyslogSender(targetOf(siem, { cert, key }), systemTimers);
  await sender.send(["a"]);
  await waitFor("the message", () => siem.messages.length === 1);
  sender.close();
});

Deno.test("syslog sender: a peer that never speaks TLS is given up in time", async () => {
  const time = new ManualTime();
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const sender = new SyslogSender({ sink: "siem", host: "127.0.0.1", port }, time);
  const sent = assert.rejects(sender.send(["a"]), { code: "DELIVERY_UNREACHABLE" });
  await waitFor("the connection", () => sockets.size === 1 && time.armed === 1);
  time.advance(COURIER_LIMITS.connectMs);
  await sent;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(time.armed, 0);
});

Deno.test("syslog sender: a closed one takes nothing more", async () => {
  await using siem = await new FakeSiem().up();
  const sender = new SyslogSender(targetOf(siem), systemTimers);
  await sender.send(["a"]);
  sender.close();
  await assert.rejects(sender.send(["b"]), { code: "DELIVERY_UNREACHABLE" });
  await waitFor("the goodbye", () => siem.messages.length === 1 && siem.torn === 0);
});

Deno.test("syslog sender: goes through the uplink's proxy", async () => {
  await using siem = await new FakeSiem().up();
  await using proxy = await ConnectProxy.up();
  const sender = new SyslogSender(targetOf(siem, { proxy: proxy.settings }), systemTimers);
  await sender.send(["a"]);
  await waitFor("the message", () => siem.messages.length === 1);
  assert.deepEqual(proxy.asked, [`localhost:${siem.port}`]);
  sender.close();
});
