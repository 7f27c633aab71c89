import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { OCPP_LIMITS } from "./limits.ts";
import { Liveness } from "./liveness.ts";

Deno.test("liveness: a silent leg is pinged once per period, a talking one never", () => {
  const liveness = new Liveness(60_000, 0);
  liveness.heard("csms", 30_000);
  equal([liveness.tick(59_999).pingStation, liveness.tick(60_000).pingStation], [false, true]);
  equal([liveness.tick(60_001).pingStation, liveness.tick(119_999).pingStation], [false, false]);
  equal(liveness.tick(120_000), { pingStation: true, pingCsms: false, stationDead: false, csmsDead: false });
  equal([liveness.tick(180_999).csmsDead, liveness.tick(211_000).csmsDead], [false, true]);
});

Deno.test("liveness: a station that answers pings is dead after three silent periods", () => {
  const liveness = new Liveness(60_000, 0);
  ok(liveness.heardPong("station", liveness.mark, 0));
  equal(liveness.tick(180_999).stationDead, false);
  equal(liveness.tick(181_000).stationDead, true);
});

Deno.test("liveness: a station that never answers pings is given its heartbeats, three times over (Q10, Q11)", () => {
  const liveness = new Liveness(60_000, 0);
  const idle = OCPP_LIMITS.idleWithoutPongSeconds * 1_000;
  equal([liveness.tick(idle - 1).stationDead, liveness.tick(idle).stationDead], [false, true]);
  liveness.expectHeartbeat(86_400);
  equal([liveness.tick(idle).stationDead, liveness.tick(3 * 86_400_000).stationDead], [false, true]);
});

Deno.test("liveness: any traffic is a sign of life, a relayed pong is not taken for ours", () => {
  const liveness = new Liveness(60_000, 0);
  liveness.heardPong("station", liveness.mark, 0);
  for (let at = 100_000; at < 1_000_000; at += 100_000) {
    liveness.heard("station", at);
    equal(liveness.tick(at + 50_000).stationDead, false);
  }
  equal(liveness.heardPong("station", new TextEncoder().encode("theirs"), 1), false);
});

Deno.test("liveness: pings of a peer are bounded between two sweeps", () => {
  const liveness = new Liveness(60_000, 0);
  for (let i = 0; i < 20; i++) ok(liveness.heardPing("station", 0));
  ok(!liveness.heardPing("station", 0));
  ok(liveness.heardPing("csms", 0));
  liveness.tick(1_000);
  ok(liveness.heardPing("station", 1_000));
});

Deno.test("liveness: with pings off silence is never death", () => {
  const liveness = new Liveness(0, 0);
  equal(liveness.tick(1e12), { pingStation: false, pingCsms: false, stationDead: false, csmsDead: false });
});
