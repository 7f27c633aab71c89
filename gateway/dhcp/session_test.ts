import { deepStrictEqual as equal } from "node:assert/strict";
import type { Lease } from "./lease.ts";
import { DHCP_LIMITS } from "./limits.ts";
import { OPTION, RELAY } from "./options.ts";
import { inShort, ip, KNOWN, macOf, packet, replies, SessionRig, SETTINGS } from "./testing/session_rig.ts";

const lease = (last: number, more: Partial<Lease> = {}): Lease => ({
  ...{ zone: "ot", address: ip(last), mac: macOf(0x12), state: "bound", kind: "pool" },
  ...{ since: 0, renewedAt: Date.UTC(2026, 0, 1) - 1_000, expiresAt: Date.UTC(2026, 0, 1) + 3_600_000 },
  ...more,
});

Deno.test("dhcp session: a reserved station gets its address, stored before the ACK", () => {
  const rig = new SessionRig();
  rig.storesAtOnce = false;
  equal(inShort(rig.say()), ["offer .11"]);
  const request = { type: "request", server: ip(1), requested: ip(11) } as const;
  equal(inShort(rig.say(request)), ["store .11 bound"]);
  equal(inShort(rig.say(request)), [], "a repeat waits for the same disk");
  equal(inShort(rig.settle()), ["ack .11", "tell granted"]);
  equal(rig.leases.get(ip(11))?.expiresAt, rig.wall + 604_800_000);
});

Deno.test("dhcp session: what cannot be stored is not acknowledged, and the next request is", () => {
  const rig = new SessionRig();
  rig.storesAtAll = false;
  rig.say();
  const request = { type: "request", server: ip(1), requested: ip(11) } as const;
  equal(inShort(rig.say(request)), ["store .11 bound"]);
  equal(rig.leases.get(ip(11)), undefined);
  rig.storesAtAll = true;
  equal(inShort(rig.say(request)), ["store .11 bound", "ack .11", "tell granted"]);
});

Deno.test("dhcp session: an ACK says lease time, renewal long before its end, and what was asked for", () => {
  const reply = new SessionRig().bind({ asks: [OPTION.router] })!;
  const number = (code: number) => new DataView(reply.message.options.get(code)!.buffer).getUint32(0);
  equal(
    [OPTION.leaseSeconds, OPTION.renewalSeconds, OPTION.rebindingSeconds].map(number),
    [604_800, 1_800, 529_200],
  );
  equal(number(OPTION.serverId), ip(1));
  equal([reply.message.options.has(OPTION.router), reply.message.options.has(OPTION.ntp)], [true, false]);
  equal(new SessionRig().bind()!.message.options.has(OPTION.ntp), true, "who asks for nothing gets all");
});

Deno.test("dhcp session: known devices without a reservation share the pool, in order, then nobody gets one", () => {
  const known = [1, 2, 3, 4].map((last) => ({ name: `d${last}`, isStation: false, mac: macOf(last) }));
  const rig = new SessionRig({}, { known });
  equal([1, 2, 3].map((last) => rig.bind({ mac: macOf(last) })?.message.yiaddr), [ip(100), ip(101), ip(102)]);
  equal(inShort(rig.say({ mac: macOf(4) })), ["tell exhausted"]);
  rig.pass(3_601_000);
  equal(rig.bind({ mac: macOf(4) })?.message.yiaddr, ip(100), "the one that is free for longest");
});

Deno.test("dhcp session: a device gets back what it had, also when it is over", () => {
  const rig = new SessionRig({}, { leases: [lease(102, { expiresAt: 1 })] });
  equal(inShort(rig.say({ mac: macOf(0x12) })), ["offer .102"]);
  equal(inShort(rig.say({ mac: macOf(0x13), requested: ip(101) })), ["offer .101"], "what it wants, if it is free");
});

Deno.test("dhcp session: an unknown device is told nothing and told of", () => {
  const rig = new SessionRig();
  const [effect, ...others] = rig.say({ mac: macOf(0x99), hostname: "who" });
  equal(others, []);
  equal(effect, {
    do: "tell",
    fact: {
      ...{ kind: "refused", rule: "dhcp.unknown", reason: "nobody knows it", mac: macOf(0x99), zone: "ot" },
      ...{ fingerprint: "", hostname: "who" },
    },
  });
  equal(inShort(rig.say({ mac: macOf(0x99), type: "request", requested: ip(100) })), ["tell refused"]);
});

Deno.test("dhcp session: an unknown device that is to be refused hears NAK to its REQUEST, nothing to its DISCOVER", () => {
  const judge = () => ({ treatment: "nak", rule: "dhcp.unknown", reason: "no" } as const);
  const rig = new SessionRig({ judge });
  equal(inShort(rig.say({ mac: macOf(0x99) })), ["tell refused"]);
  equal(inShort(rig.say({ mac: macOf(0x99), type: "request", requested: ip(100) })), ["tell refused", "nak"]);
});

Deno.test("dhcp session: in quarantine there is a short lease of its own pool, without a router", () => {
  const judge = () => ({ treatment: "quarantine", rule: "dhcp.quarantined" } as const);
  const rig = new SessionRig({ judge }, { known: [] });
  const reply = rig.bind({ mac: macOf(0x99) })!;
  equal(reply.message.yiaddr, ip(240));
  equal(reply.message.options.has(OPTION.router), false);
  equal([...reply.message.options.get(OPTION.leaseSeconds)!], [0, 0, 0, 120]);
  equal(inShort(rig.say({ mac: macOf(0x98), type: "request", requested: ip(100) })), ["nak"], "the pool of others");
});

Deno.test("dhcp session: a device that was adopted leaves quarantine at its next renewal", () => {
  const judge: typeof SETTINGS.judge = (_, isKnown) =>
    isKnown ? { treatment: "serve", rule: "k" } : { treatment: "quarantine", rule: "q" };
  const rig = new SessionRig({ judge }, { known: [] });
  rig.bind({ mac: macOf(0x12) });
  rig.session.setKnown(KNOWN);
  equal(inShort(rig.say({ mac: macOf(0x12), type: "request", ciaddr: ip(240) })), ["nak"]);
  equal(rig.bind({ mac: macOf(0x12) })?.message.yiaddr, ip(100));
});

for (
  const [name, said, gives] of [
    ["renews its own address", { ciaddr: ip(100) }, ["store .100 bound", "ack .100", "tell granted"]],
    ["comes back with it after a reboot", { requested: ip(100) }, ["store .100 bound", "ack .100", "tell granted"]],
    ["wants an address of another network", { requested: 0xc0a80005 }, ["nak"]],
    ["renews an address of another network", { ciaddr: 0xc0a80005 }, ["nak"]],
    ["wants an address outside of the pool", { requested: ip(50) }, ["nak"]],
    ["wants this box's own address", { requested: ip(1) }, ["nak"]],
    ["wants another device's lease", { requested: ip(101) }, ["nak"]],
    ["wants a station's address", { requested: ip(11) }, ["tell changed", "nak"]],
    ["wants a declined address", { requested: ip(102) }, ["nak"]],
    ["wants nothing", {}, []],
    ["takes another server's offer", { requested: ip(100), server: ip(77) }, ["tell foreign-server"]],
  ] as const
) {
  Deno.test(`dhcp session: a known device ${name}`, () => {
    const leases = [lease(100), lease(101, { mac: macOf(0x13) }), lease(102, { mac: macOf(0x55), state: "declined" })];
    equal(inShort(new SessionRig({}, { leases }).say({ mac: macOf(0x12), type: "request", ...said })), gives);
  });
}

Deno.test("dhcp session: a reserved station that insists on another address is refused", () => {
  equal(inShort(new SessionRig().say({ type: "request", requested: ip(100) })), ["nak"]);
});

Deno.test("dhcp session: after a lost table a known device keeps its address when it is free", () => {
  const rig = new SessionRig();
  equal(inShort(rig.say({ mac: macOf(0x12), type: "request", ciaddr: ip(102) })), [
    ...["store .102 bound", "ack .102", "tell granted"],
  ]);
});

Deno.test("dhcp session: an offer is held for its device and forgotten after its time", () => {
  const rig = new SessionRig({ pool: { from: ip(100), to: ip(100) } });
  equal(inShort(rig.say({ mac: macOf(0x12) })), ["offer .100"]);
  equal(inShort(rig.say({ mac: macOf(0x13) })), ["tell exhausted"]);
  equal(inShort(rig.say({ mac: macOf(0x13), type: "request", requested: ip(100) })), ["nak"]);
  rig.pass(DHCP_LIMITS.offerMs);
  equal(inShort(rig.say({ mac: macOf(0x13) })), ["offer .100"]);
});

Deno.test("dhcp session: offers at the limit are held, one past it is not answered", () => {
  const known = Array.from({ length: DHCP_LIMITS.offers + 1 }, (_, at) => ({
    ...{
      name: `d${at}`,
      isStation: false,
      mac: `02:01:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`,
    },
  }));
  const rig = new SessionRig({ subnet: { from: ip(0), to: ip(0xffff) }, pool: { from: ip(0x100), to: ip(0xfffe) } }, {
    known,
  });
  for (const { mac } of known.slice(0, -1)) equal(rig.say({ mac }).length, 1);
  equal(rig.say({ mac: known.at(-1)!.mac }), []);
  rig.pass(DHCP_LIMITS.offerMs);
  equal(rig.say({ mac: known.at(-1)!.mac }).length, 1);
});

Deno.test("dhcp session: answers that wait for the disk are bounded; one past the limit asks again", () => {
  const known = Array.from({ length: DHCP_LIMITS.waitingCommits + 1 }, (_, at) => ({
    ...{
      name: `d${at}`,
      isStation: false,
      mac: `02:01:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`,
    },
  }));
  const rig = new SessionRig({ subnet: { from: ip(0), to: ip(0xffff) }, pool: { from: ip(0x100), to: ip(0xfffe) } }, {
    known,
  });
  rig.storesAtOnce = false;
  known.forEach(({ mac }, at) => {
    const effects = rig.say({ mac, type: "request", requested: ip(0x100 + at) });
    equal(effects.length, at < DHCP_LIMITS.waitingCommits ? 1 : 0);
  });
});

Deno.test("dhcp session: DECLINE puts the address on probation and is told", () => {
  const rig = new SessionRig({}, { leases: [lease(100)] });
  equal(inShort(rig.say({ mac: macOf(0x12), type: "decline", requested: ip(100), server: ip(1) })), [
    ...["tell conflict", "store .100 declined"],
  ]);
  equal(inShort(rig.say({ mac: macOf(0x12) })), ["offer .101"]);
  equal(inShort(rig.say({ mac: macOf(0x13), type: "decline", requested: ip(100) })), [], "it never had it");
});

Deno.test("dhcp session: a device that declines everything empties no pool: at the limit its word counts, one past it no more", () => {
  const rig = new SessionRig({ pool: { from: ip(100), to: ip(109) } });
  const mac = macOf(0x12);
  for (let count = 0; count <= DHCP_LIMITS.declines; count++) {
    const address = rig.bind({ mac })!.message.yiaddr;
    const effects = inShort(rig.say({ mac, type: "decline", requested: address, server: ip(1) }));
    equal(effects.length, count < DHCP_LIMITS.declines ? 2 : 1, `decline ${count}`);
  }
});

Deno.test("dhcp session: an unknown device that wants a station's address is told of as what it may be", () => {
  equal(inShort(new SessionRig().say({ mac: macOf(0x99), requested: ip(11) })), ["tell refused", "tell changed"]);
});

Deno.test("dhcp session: a reservation that is declined stays the station's", () => {
  const rig = new SessionRig();
  rig.bind();
  equal(inShort(rig.say({ type: "decline", requested: ip(11), server: ip(1) })), ["tell conflict"]);
  equal(inShort(rig.say()), ["offer .11"]);
});

Deno.test("dhcp session: RELEASE ends a lease, and only its own device's", () => {
  const rig = new SessionRig({}, { leases: [lease(100)] });
  equal(inShort(rig.say({ mac: macOf(0x13), type: "release", ciaddr: ip(100) })), []);
  equal(inShort(rig.say({ mac: macOf(0x12), type: "release", ciaddr: ip(100) })), [
    "store .100 released",
    "tell released",
  ]);
  equal(inShort(rig.say({ mac: macOf(0x13), type: "request", requested: ip(100) })), [
    ...["store .100 bound", "ack .100", "tell granted"],
  ]);
});

Deno.test("dhcp session: INFORM gets options and no lease", () => {
  const rig = new SessionRig();
  const [reply] = replies(rig.say({ type: "inform", ciaddr: ip(50) }));
  equal([reply!.message.yiaddr, reply!.message.options.has(OPTION.leaseSeconds)], [0, false]);
  equal(reply!.to, { mac: macOf(0x11), address: ip(50), port: 68 });
  equal(rig.leases.size, 0);
  equal(rig.say({ type: "inform", ciaddr: 0xc0a80005 }), [], "another network");
});

Deno.test("dhcp session: words of servers and messages without a type are not answered", () => {
  const rig = new SessionRig();
  for (const type of ["offer", "ack", "nak"] as const) equal(rig.say({ type }), []);
  const { message, ...rest } = packet();
  equal(rig.session.receive({ ...rest, message: { ...message, op: "reply" } }, rig.now), []);
  equal(rig.session.receive({ ...rest, message: { ...message, options: new Map() } }, rig.now), []);
});

for (
  const [name, said, to] of [
    ["to its MAC before it has an address", {}, { mac: macOf(0x11), address: ip(11), port: 68 }],
    ["to all when it asks for that", { broadcast: true }, { mac: "ff:ff:ff:ff:ff:ff", address: 0xffffffff, port: 68 }],
    ["to the relay agent", { giaddr: ip(9), broadcast: true }, { mac: macOf(0x11), address: ip(9), port: 67 }],
  ] as const
) {
  Deno.test(`dhcp session: an offer goes ${name}`, () => {
    equal(replies(new SessionRig().say(said))[0]!.to, to);
  });
}

Deno.test("dhcp session: a renewal goes to the address it came from, a NAK to all", () => {
  const rig = new SessionRig();
  rig.bind();
  equal(replies(rig.say({ type: "request", ciaddr: ip(11) }))[0]!.to, { mac: macOf(0x11), address: ip(11), port: 68 });
  equal(replies(rig.say({ type: "request", ciaddr: ip(99) }))[0]!.to.address, 0xffffffff);
  const [relayed] = replies(rig.say({ type: "request", ciaddr: ip(99), giaddr: ip(9) }));
  equal([relayed!.to.address, relayed!.message.broadcast], [ip(9), true]);
});

Deno.test("dhcp session: option 82 and the client identifier come back with the reply", () => {
  const more = [[OPTION.relayInfo, Uint8Array.of(1, 1, 7)], [OPTION.clientId, Uint8Array.of(0, 1)]] as const;
  const { options } = replies(new SessionRig().say({ more }))[0]!.message;
  equal([options.get(OPTION.relayInfo), options.get(OPTION.clientId)], [more[0][1], more[1][1]]);
});

Deno.test("dhcp session: a reservation by port holds for whatever is plugged in there, and by id for a new MAC", () => {
  const known = [
    { name: "bay 7", isStation: true, circuitId: "65746837", address: ip(7) },
    { name: "bay 8", isStation: true, clientId: "ff01", address: ip(8) },
  ];
  const relayInfo = new Map([[RELAY.circuitId, new TextEncoder().encode("eth7")]]);
  const rig = new SessionRig({}, { known });
  equal(rig.bind({ mac: macOf(0x71), relayInfo })?.message.yiaddr, ip(7));
  const changed = rig.say({ mac: macOf(0x72), type: "request", requested: ip(7), relayInfo });
  equal(inShort(changed), ["store .7 bound", "ack .7", "tell granted", "tell changed"]);
  const more = [[OPTION.clientId, Uint8Array.of(0xff, 1)]] as const;
  equal(rig.bind({ mac: macOf(0x81), more })?.message.yiaddr, ip(8));
});

Deno.test("dhcp session: a station that asks otherwise than last time is told of", () => {
  const rig = new SessionRig();
  rig.bind({ asks: [1, 3, 6] });
  equal(inShort(rig.say({ type: "request", ciaddr: ip(11), asks: [1, 3, 6] })).at(-1), "tell granted");
  const effects = rig.say({ type: "request", ciaddr: ip(11), asks: [1, 28] });
  equal(effects.at(-1), {
    do: "tell",
    fact: { kind: "changed", zone: "ot", device: "CP011", what: "fingerprint", before: "1,3,6", after: "1,28" },
  });
});

Deno.test("dhcp session: a fallback lets devices keep what the other server gave, refuses nobody, gives nothing new", () => {
  const rig = new SessionRig({ mode: "fallback" }, { known: [], leases: [lease(77, { kind: "relayed" })] });
  const mac = macOf(0x12);
  equal(inShort(rig.say({ mac })), ["offer .77"]);
  equal(inShort(rig.say({ mac, type: "request", requested: ip(77), server: ip(1) })), [
    ...["store .77 bound", "ack .77", "tell granted"],
  ]);
  equal(rig.leases.get(ip(77))?.expiresAt, rig.wall + 600_000);
  equal(inShort(rig.say({ mac, type: "request", ciaddr: ip(77) })).includes("ack .77"), true);
  equal(rig.say({ mac, type: "request", ciaddr: ip(78) }), [], "no NAK: it is not ours to say");
  equal(inShort(rig.say({ mac: macOf(0x13) })), ["tell refused"]);
  equal(rig.say({ mac, type: "decline", requested: ip(77) }), []);
});
