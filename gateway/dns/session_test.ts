import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type DnsQuery, RCODES, TYPES } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import { type Effect, type Refusal, Resolver, type ResolverSettings, type Verdict } from "./session.ts";
import { address, alias, inWords, queryFor, responseFor, soa } from "./testing/messages.ts";

const REFUSAL: Refusal = {
  rule: "dns.default-deny",
  reason: "No rule allows this name",
  rcode: RCODES.refused,
  extendedError: 18,
};
const ASKER = { source: "10.20.0.11", box: "10.20.0.1", maxBytes: 1_232 };
const HOUR_MS = 3_600_000;

/** A resolver with two upstreams; "own" is answered, "never" refused, "local" leads into a private network. */
function resolver(more: Partial<ResolverSettings> = {}): Resolver<string> {
  return new Resolver<string>({
    judge: (name): Verdict =>
      name === "never"
        ? { refuse: REFUSAL }
        : name === "own"
        ? { own: [Uint8Array.of(10, 20, 0, 1), new Uint8Array(16)] }
        : { lookUp: true },
    judgeAddresses: (name) => name === "local" ? { ...REFUSAL, rule: "dns.rebinding" } : undefined,
    mayLookUp: () => true,
    upstreams: 2,
    staleSeconds: 3_600,
    ...more,
  });
}

/** The effects in words: answers by receiver, questions by upstream. */
function told(effects: readonly Effect<string>[]): string[] {
  return effects.map((effect) => {
    switch (effect.do) {
      case "answer":
        return `${effect.to}: ${effect.outcome} ${inWords(effect.bytes)}`;
      case "ask":
        return `ask ${effect.upstream} ${effect.name}`;
      case "refused":
        return `refused ${effect.source} ${effect.name} ${effect.by.rule}`;
      case "upstream":
        return `${effect.state} ${effect.upstream}`;
    }
  });
}

const receive = (to: Resolver<string>, query: DnsQuery, who: string, now: number) =>
  told(to.receive(query, ASKER, who, now));
const GOOD = responseFor("a", [address("a", "203.0.113.7", 300)]);

Deno.test("dns resolver: looked up, kept, and given out with the seconds that are left", () => {
  const names = resolver();
  equal(receive(names, queryFor("a"), "x", 0), ["ask 0 a"]);
  equal(told(names.answered("1 a", 0, GOOD, 50)), ["x: looked-up code 0 203.0.113.7 ttl 300"]);
  equal(receive(names, queryFor("a"), "y", 100_999), ["y: cached code 0 203.0.113.7 ttl 200"]);
  equal(receive(names, queryFor("a"), "z", 300_050), ["ask 0 a"]);
});

Deno.test("dns resolver: those who ask the same wait for one question", () => {
  const names = resolver();
  equal(receive(names, queryFor("a"), "x", 0), ["ask 0 a"]);
  equal(receive(names, queryFor("a", TYPES.A, { id: 9 }), "y", 1), []);
  equal(told(names.answered("1 a", 0, GOOD, 5)).map((text) => text[0]), ["x", "y"]);
});

Deno.test("dns resolver: as many wait as the limit, one more is told at once", () => {
  const names = resolver();
  for (let count = 0; count < DNS_LIMITS.waiters; count++) names.receive(queryFor("a"), ASKER, "x", 0);
  equal(receive(names, queryFor("a"), "late", 1), ["late: failed code 2"]);
  equal(names.answered("1 a", 0, GOOD, 2).length, DNS_LIMITS.waiters);
});

Deno.test("dns resolver: as many questions are on their way as the limit, one more is told at once", () => {
  const names = resolver();
  for (let count = 0; count < DNS_LIMITS.pending; count++) names.receive(queryFor(`n${count}`), ASKER, "x", 0);
  equal(receive(names, queryFor("one-more"), "late", 1), ["late: failed code 2"]);
  equal(receive(names, queryFor("n0"), "y", 1), []);
});

Deno.test("dns resolver: a client without look-ups left gets what is kept and nothing new", () => {
  let left = 1;
  const names = resolver({ mayLookUp: () => left-- > 0 });
  equal(receive(names, queryFor("a"), "x", 0), ["ask 0 a"]);
  names.answered("1 a", 0, GOOD, 1);
  equal(receive(names, queryFor("b"), "x", 2), ["x: failed code 2"]);
  equal(receive(names, queryFor("a"), "x", 3), ["x: cached code 0 203.0.113.7 ttl 300"]);
});

Deno.test("dns resolver: a refusal is answered with its rule and told, and nothing leaves the box", () => {
  const effects = resolver().receive(queryFor("never"), ASKER, "x", 0);
  equal(told(effects), ["x: refused code 5", "refused 10.20.0.11 never dns.default-deny"]);
  ok(
    effects[0]!.do === "answer" &&
      Buffer.from(effects[0]!.bytes).includes("dns.default-deny: No rule allows this name"),
  );
});

Deno.test("dns resolver: own answers by type; none of another type, and never looked up", () => {
  const names = resolver();
  equal(receive(names, queryFor("own"), "x", 0), ["x: own code 0 10.20.0.1 ttl 60"]);
  equal(receive(names, queryFor("own", TYPES.AAAA), "x", 0), ["x: own code 0 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 ttl 60"]);
  equal(receive(names, queryFor("own", TYPES.TXT), "x", 0), ["x: own code 0"]);
});

Deno.test("dns resolver: an answer that leads inside is refused as a whole and not kept", () => {
  const names = resolver();
  receive(names, queryFor("local"), "x", 0);
  const inside = responseFor("local", [address("local", "203.0.113.7"), address("local", "192.168.1.1")]);
  equal(told(names.answered("1 local", 0, inside, 1)), ["x: refused code 5", "refused 10.20.0.11 local dns.rebinding"]);
  equal(receive(names, queryFor("local"), "x", 2), ["ask 0 local"]);
});

Deno.test("dns resolver: the chain counts with its shortest time; strays are left out", () => {
  const names = resolver();
  receive(names, queryFor("a"), "x", 0);
  const chain = [alias("a", "b", 20), address("b", "203.0.113.7", 300), address("bank", "203.0.113.66")];
  equal(told(names.answered("1 a", 0, responseFor("a", chain), 0)), [
    "x: looked-up code 0 b ttl 20 203.0.113.7 ttl 300",
  ]);
  equal(receive(names, queryFor("a"), "x", 20_000), ["ask 0 a"]);
});

Deno.test("dns resolver: no such name is kept as long as the zone says, at most the limit", () => {
  for (
    const [minimum, seconds] of [[60, 60], [86_400, DNS_LIMITS.negativeTtlSeconds], [
      0,
      DNS_LIMITS.ttlMinSeconds,
    ]] as const
  ) {
    const names = resolver({ staleSeconds: 0 });
    receive(names, queryFor("a"), "x", 0);
    const none = responseFor("a", [], { rcode: RCODES.nxDomain, authority: [soa("test", minimum)] });
    equal(told(names.answered("1 a", 0, none, 0)), ["x: looked-up code 3"]);
    equal(receive(names, queryFor("a"), "x", seconds * 900)[0], "x: cached code 3");
    equal(receive(names, queryFor("a"), "x", seconds * 1_000), ["ask 0 a"]);
  }
});

Deno.test("dns resolver: TTLs beyond a day are cut to a day", () => {
  const names = resolver();
  receive(names, queryFor("a"), "x", 0);
  const forever = responseFor("a", [address("a", "203.0.113.7", 1_000_000)]);
  equal(told(names.answered("1 a", 0, forever, 0)), [
    `x: looked-up code 0 203.0.113.7 ttl ${DNS_LIMITS.ttlMaxSeconds}`,
  ]);
  equal(
    receive(names, queryFor("a"), "x", DNS_LIMITS.ttlMaxSeconds * 1_000 - 1).length,
    2,
    "given out, and asked anew",
  );
  equal(receive(names, queryFor("a"), "x", DNS_LIMITS.ttlMaxSeconds * 1_000), [], "waits for that question");
});

Deno.test("dns resolver: a name in use is fetched anew before its time is over", () => {
  const names = resolver();
  receive(names, queryFor("a"), "x", 0);
  names.answered("1 a", 0, GOOD, 0);
  equal(receive(names, queryFor("a"), "x", 270_000), ["x: cached code 0 203.0.113.7 ttl 30"]);
  equal(receive(names, queryFor("a"), "x", 270_001), ["x: cached code 0 203.0.113.7 ttl 30", "ask 0 a"]);
  equal(receive(names, queryFor("a"), "x", 270_002).length, 1, "asked once");
  equal(told(names.answered("1 a", 0, responseFor("a", [address("a", "203.0.113.8")]), 271_000)), []);
  equal(receive(names, queryFor("a"), "x", 299_999), ["x: cached code 0 203.0.113.8 ttl 272"]);
});

Deno.test("dns resolver: while upstreams are slow an old answer is given after a while", () => {
  const names = resolver();
  receive(names, queryFor("a"), "x", 0);
  names.answered("1 a", 0, GOOD, 0);
  equal(receive(names, queryFor("a"), "x", 400_000), ["ask 0 a"]);
  equal(told(names.tick(400_000 + DNS_LIMITS.staleAfterMs - 1)), ["ask 1 a"]);
  equal(told(names.tick(400_000 + DNS_LIMITS.staleAfterMs)), ["x: stale code 0 203.0.113.7 ttl 30"]);
  equal(told(names.answered("1 a", 1, GOOD, 403_000)), [], "kept for the next one");
  equal(receive(names, queryFor("a"), "y", 403_001), ["y: cached code 0 203.0.113.7 ttl 300"]);
});

Deno.test("dns resolver: while upstreams are gone an old answer is given at once, for as long as it may", () => {
  const names = resolver();
  receive(names, queryFor("a"), "x", 0);
  names.answered("1 a", 0, GOOD, 0);
  receive(names, queryFor("a"), "x", 400_000);
  equal(told(names.failed("1 a", 0, "gone", 400_001)), ["ask 1 a"]);
  equal(told(names.failed("1 a", 1, "gone", 400_002)), ["x: stale code 0 203.0.113.7 ttl 30"]);
  equal(receive(names, queryFor("a"), "y", 400_003), ["y: stale code 0 203.0.113.7 ttl 30", "ask 0 a"]);
  equal(receive(names, queryFor("b"), "y", 400_004), ["ask 0 b"]);
  equal(told(names.failed("1 b", 0, "gone", 400_005)), ["ask 1 b"]);
  equal(told(names.failed("1 b", 1, "gone", 400_006)), ["y: failed code 2"]);
  names.failed("1 a", 0, "gone", 400_007);
  names.failed("1 a", 1, "gone", 400_008);
  equal(receive(names, queryFor("a"), "y", 300_000 + HOUR_MS), ["ask 0 a"]);
});

Deno.test("dns resolver: what no rule is asked about", () => {
  const names = resolver();
  const [update] = names.receive(queryFor("a", TYPES.A, { opcode: 5 }), ASKER, "x", 0);
  equal(update!.do === "answer" && [update!.bytes[2]! >> 3 & 0xf, update!.bytes[3]! & 0xf], [5, RCODES.notImp]);
  equal(receive(names, queryFor("a", TYPES.A, { class: 3 }), "x", 0), ["x: unsupported code 5"]);
  const newer = queryFor("a", TYPES.A, { edns: { version: 1, udpBytes: 1_232 } });
  equal(receive(names, newer, "x", 0), ["x: unsupported code 16"]);
});

Deno.test("dns resolver: new rules about addresses hold for what was kept", () => {
  const names = resolver();
  receive(names, queryFor("a"), "x", 0);
  names.answered("1 a", 0, GOOD, 0);
  names.reconfigure({
    judge: () => ({ lookUp: true }),
    judgeAddresses: () => REFUSAL,
    mayLookUp: () => true,
    upstreams: 2,
    staleSeconds: 0,
  });
  equal(receive(names, queryFor("a"), "x", 1), ["ask 0 a"]);
  equal(told(names.answered("1 a", 0, GOOD, 2)), ["x: refused code 5", "refused 10.20.0.11 a dns.default-deny"]);
});
