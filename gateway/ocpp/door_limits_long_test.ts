import { deepStrictEqual as equal, ok } from "node:assert/strict";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../../tests/support/ocpp_rig.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { makeTestCertificate } from "../../tests/support/test_ca.ts";
import type { Admission } from "../core/control_api.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { startOcpp } from "./service.ts";
import { checkServerIdentity } from "./upstream.ts";

/** A conduit whose clock stands still, so that no limit recovers; `admit` says what control thinks of everyone. */
async function withDoor(
  admit: () => Admission | Promise<Admission>,
  run: (url: string, control: FakeControl, csms: FakeCsms) => Promise<void>,
): Promise<void> {
  const csms = new FakeCsms(), control = new FakeControl(admit as () => Admission);
  const service = await startOcpp({ ...workerContext(control, [PLAIN]), clock: new ManualTime() });
  try {
    await run(service.listening!["ocpp:plain"]!, control, csms);
  } finally {
    await service.drain(1_000);
    await csms.close();
  }
}

Deno.test("invariant 9: so many wrong guesses at one station reach control, one more does not; another station's do", () =>
  withDoor(() => ({ admit: false, rule: "admission.credential", status: 401 }), async (url, control) => {
    const guess = (id: string, i: number) => connectStation(`${url}/ocpp/${id}`, { localAddress: `127.0.7.${i + 1}` });
    for (let i = 0; i < OCPP_LIMITS.identityFailuresBurst; i++) equal(await guess("CP001", i), 401);
    equal(await guess("CP001", 100), 429);
    equal(control.attempts.length, OCPP_LIMITS.identityFailuresBurst);
    equal(await guess("CP002", 100), 401);
  }));

Deno.test("ocpp door: so many upgrades are decided at one time, one more is told to come back", async () => {
  const { promise, resolve } = Promise.withResolvers<Admission>();
  await withDoor(() => promise, async (url, control) => {
    const perSource = OCPP_LIMITS.sourceAttemptsBurst - 1;
    const knock = (i: number) =>
      connectStation(`${url}/ocpp/CP${i}`, { localAddress: `127.0.8.${1 + Math.floor(i / perSource)}` });
    const waiting = Array.from({ length: OCPP_LIMITS.upgradesInFlight }, (_, i) => knock(i));
    await until(() => control.attempts.length === OCPP_LIMITS.upgradesInFlight);
    equal(await knock(OCPP_LIMITS.upgradesInFlight), 503);
    resolve({ admit: false, rule: "admission.unknown-station", status: 404 });
    ok((await Promise.all(waiting)).every((status) => status === 404));
    equal(await knock(OCPP_LIMITS.upgradesInFlight), 404, "there is room again");
  });
});

Deno.test("ocpp door: who sends more than it may before its answer is refused, and at the limit it is not", async () => {
  const { promise, resolve } = Promise.withResolvers<Admission>();
  await withDoor(() => promise, async (url, control) => {
    const { hostname, port } = new URL(url);
    const head = [
      "GET /ocpp/CP001 HTTP/1.1",
      `Host: ${hostname}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
      "",
      "",
    ].join("\r\n");
    const open = async (early: number) => {
      const known = control.attempts.length;
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(new TextEncoder().encode(head));
      await until(() => control.attempts.length > known);
      for (let left = early; left > 0;) left -= await connection.write(new Uint8Array(left));
      return connection;
    };
    const statusOf = async (connection: Deno.Conn) => {
      const bytes = new Uint8Array(100), length = await connection.read(bytes) ?? 0;
      connection.close();
      return new TextDecoder().decode(bytes.subarray(0, length)).slice(9, 12);
    };
    const atLimit = await open(OCPP_LIMITS.earlyBytes);
    equal(await statusOf(await open(OCPP_LIMITS.earlyBytes + 1)), "400");
    resolve({ admit: false, rule: "admission.unknown-station", status: 404 });
    equal(await statusOf(atLimit), "404");
  });
});

Deno.test("ocpp door: a station that proved itself keeps its way in while others guess at its password", async () => {
  const csms = new FakeCsms();
  const upstream = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const control = new FakeControl(({ stationId, source }) =>
    source === "127.0.7.1"
      ? admission(upstream, stationId, { upstream: { csms: "main", graceSeconds: 0, url: upstream } })
      : { admit: false, rule: "admission.credential", status: 401 }
  );
  const service = await startOcpp({ ...workerContext(control, [PLAIN]), clock: new ManualTime() });
  const come = (localAddress: string) =>
    connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`, { localAddress });
  const first = await come("127.0.7.1");
  for (let i = 0; i < OCPP_LIMITS.identityFailuresBurst; i++) equal(await come("127.0.7.2"), 401);
  equal(await come("127.0.7.2"), 429);
  const again = await come("127.0.7.1");
  for (const peer of [first, again]) {
    ok(peer instanceof Peer, `refused with ${peer}`);
    peer.socket.terminate();
  }
  await service.drain(1_000);
  await csms.close();
});

Deno.test("invariant 3: a CSMS with a certificate of version 1 is refused, whatever CA is trusted (F1)", () => {
  const names = { subject: [["CN", "csms.example"]] as const };
  const certificate = (version: 1 | 3) => {
    const { der } = makeTestCertificate({ ...names, version });
    return { raw: der, subject: { CN: "csms.example" } } as never;
  };
  equal((checkServerIdentity("csms.example", certificate(1)) as { code?: string }).code, "CERT_UNTRUSTED");
  equal(checkServerIdentity("csms.example", certificate(3)), undefined);
  ok(checkServerIdentity("other.example", certificate(3)) instanceof Error);
});
