import { deepStrictEqual as equal } from "node:assert/strict";
import { inShort, ip, macOf, SessionRig } from "./testing/session_rig.ts";

const PROBE = { conflictProbeMs: 200 };

Deno.test("dhcp probe: a new address is asked for first, and offered when nobody says it has it", () => {
  const rig = new SessionRig(PROBE);
  equal(inShort(rig.say()), ["probe .11"]);
  equal(rig.say(), [], "a repeat starts no second probe");
  equal(rig.pass(199), []);
  equal(inShort(rig.pass(1)), ["offer .11"]);
  equal(rig.pass(1_000), []);
  equal(inShort(rig.say()), ["offer .11"], "a repeat gets the same offer at once");
});

Deno.test("dhcp probe: a lease that is held is not asked for again", () => {
  const rig = new SessionRig(PROBE);
  rig.say();
  rig.pass(200);
  rig.say({ type: "request", server: ip(1), requested: ip(11) });
  equal(inShort(rig.say()), ["offer .11"]);
});

Deno.test("dhcp probe: the device itself may have the address already", () => {
  const rig = new SessionRig(PROBE);
  rig.say();
  equal(inShort(rig.claim(ip(11), macOf(0x11))), ["offer .11"]);
});

Deno.test("dhcp probe: a pool address that somebody has is set aside, and the next one is asked for", () => {
  const rig = new SessionRig(PROBE);
  equal(inShort(rig.say({ mac: macOf(0x12) })), ["probe .100"]);
  equal(inShort(rig.claim(ip(100), macOf(0x66))), ["tell conflict", "store .100 declined", "probe .101"]);
  equal(inShort(rig.pass(200)), ["offer .101"]);
  equal(rig.leases.get(ip(100))?.mac, macOf(0x66), "the alarm names who has it");
  rig.pass(600_001);
  equal(inShort(rig.say({ mac: macOf(0x13), requested: ip(100) })), ["probe .100"], "its probation is over");
});

Deno.test("dhcp probe: a claim that comes after the offer takes it back", () => {
  const rig = new SessionRig(PROBE);
  rig.say({ mac: macOf(0x12) });
  rig.pass(200);
  equal(inShort(rig.claim(ip(100), macOf(0x66))), ["tell conflict", "store .100 declined"]);
  equal(inShort(rig.say({ mac: macOf(0x12), type: "request", server: ip(1), requested: ip(100) })), ["nak"]);
});

Deno.test("dhcp probe: a reservation is offered although somebody has it, and told", () => {
  const rig = new SessionRig(PROBE);
  rig.say();
  const effects = rig.claim(ip(11), macOf(0x66));
  equal(inShort(effects), ["tell conflict", "offer .11"]);
  equal(effects[0], {
    do: "tell",
    fact: { kind: "conflict", zone: "ot", address: ip(11), mac: macOf(0x11), claimedBy: macOf(0x66), device: "CP011" },
  });
});

Deno.test("dhcp probe: claims of addresses that nobody asked for are not ours", () => {
  const rig = new SessionRig(PROBE);
  equal(rig.claim(ip(100), macOf(0x66)), []);
});
