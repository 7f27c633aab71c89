import { deepEqual, equal } from "node:assert/strict";
import {
  decideGrant,
  decidePublished,
  type GrantFacts,
  plainAddress,
  protocolFor,
  type PublishedFacts,
} from "./firmware_grant.ts";

const GRANT: NonNullable<GrantFacts["grant"]> = {
  stationId: "CP001",
  protocol: "https",
  fileName: "fw.deb",
  state: "open",
  expiresAt: 2_000,
  budgetBytes: 300,
  sentBytes: 100,
};
const FACTS: GrantFacts = {
  grant: GRANT,
  protocol: "https",
  fileName: "fw.deb",
  source: "10.20.0.11",
  addresses: ["10.20.0.11"],
  now: 1_000,
};

Deno.test("firmware grant: its station may use it, for as many bytes as are left", () => {
  deepEqual(decideGrant(FACTS), { effect: "allow", leftBytes: 200 });
});

// what differs, and the rule that refuses; the last column: whether it is worth a security event
const REFUSED: readonly (readonly [what: string, facts: Partial<GrantFacts>, rule: string, isAttack: boolean])[] = [
  ["a token of nobody", { grant: undefined as never }, "firmware.grant-unknown", true],
  ["another address", { source: "10.20.0.12" }, "firmware.grant-holder", true],
  ["an address that only begins alike", { source: "10.20.0.110" }, "firmware.grant-holder", true],
  ["a station whose address nobody knows", { addresses: [] }, "firmware.grant-holder", true],
  ["another station's certificate", { commonName: "CP002" }, "firmware.grant-holder", true],
  ["a certificate in another case", { commonName: "cp001" }, "firmware.grant-holder", true],
  ["a certificate that begins alike", { commonName: "CP0011" }, "firmware.grant-holder", true],
  ["another protocol", { protocol: "http" }, "firmware.grant-protocol", true],
  ["another file name", { fileName: "fw.bin" }, "firmware.grant-name", false],
  ["a closed grant", { grant: { ...GRANT, state: "closed" } }, "firmware.grant-closed", false],
  ["the moment it ends", { now: 2_000 }, "firmware.grant-expired", false],
  ["the last byte used", { grant: { ...GRANT, sentBytes: 300 } }, "firmware.grant-spent", false],
  ["more than the budget used", { grant: { ...GRANT, sentBytes: 301 } }, "firmware.grant-spent", false],
];
for (const [what, facts, rule, isAttack] of REFUSED) {
  Deno.test(`firmware grant: ${what} is refused by ${rule}`, () => {
    const { grant, ...rest } = { ...FACTS, ...facts };
    const verdict = decideGrant(grant === undefined ? rest : { ...rest, grant });
    equal(verdict.effect, "deny");
    if (verdict.effect === "deny") deepEqual([verdict.rule, verdict.isAttack], [rule, isAttack]);
  });
}

Deno.test("firmware grant: the bounds themselves are still inside", () => {
  deepEqual(decideGrant({ ...FACTS, now: 1_999 }).effect, "allow");
  deepEqual(decideGrant({ ...FACTS, grant: { ...GRANT, sentBytes: 299 } }), { effect: "allow", leftBytes: 1 });
});

Deno.test("firmware grant: a certificate counts before the address: DHCP may have moved the station", () => {
  deepEqual(decideGrant({ ...FACTS, commonName: "CP001", source: "10.20.0.99", addresses: [] }).effect, "allow");
});

Deno.test("firmware grant: a file that is not named yet is not judged by its name", () => {
  const { fileName: _none, ...unnamed } = FACTS;
  deepEqual(decideGrant(unnamed).effect, "allow");
});

Deno.test("firmware grant: one of several addresses is enough, in whichever form", () => {
  const addresses = ["10.20.0.5", "10.20.0.11"];
  deepEqual(decideGrant({ ...FACTS, addresses, source: "::ffff:10.20.0.11" }).effect, "allow");
  deepEqual(decideGrant({ ...FACTS, addresses: ["FD00::11"], source: "fd00::11" }).effect, "allow");
  equal(plainAddress("::FFFF:10.0.0.1"), "10.0.0.1");
  equal(plainAddress("::ffff:abcd"), "::ffff:abcd");
});

// who a wrong holder is decides before what the grant's state is: a thief learns nothing of it
Deno.test("firmware grant: somebody else's closed grant is a theft, not a closed grant", () => {
  const verdict = decideGrant({ ...FACTS, source: "10.20.0.12", grant: { ...GRANT, state: "closed" } });
  equal(verdict.effect === "deny" && verdict.rule, "firmware.grant-holder");
});

const EXCEPTIONS = [
  { protocol: "sftp", models: ["compleo/eBox*"] },
  { protocol: "http", models: ["esp/*", "beny/BCP-A2N"] },
  { protocol: "ftp", models: ["*"] },
] as const;
const CHOICES: readonly (readonly [vendor: string | undefined, model: string | undefined, protocol: string])[] = [
  ["compleo", "eBox smart", "sftp"],
  ["Compleo", "EBOX", "sftp"],
  ["compleo", "Duo", "ftp"],
  ["esp", "anything", "http"],
  ["beny", "BCP-A2N", "http"],
  ["beny", "BCP-A2N-L", "ftp"],
  [undefined, undefined, "ftp"],
];
for (const [vendor, model, protocol] of CHOICES) {
  Deno.test(`firmware grant: files of ${vendor ?? "no vendor"}/${model ?? "no model"} travel by ${protocol}`, () => {
    equal(protocolFor({ vendor, model }, EXCEPTIONS), protocol);
  });
}

Deno.test("firmware grant: HTTPS unless an exception names the model", () => {
  equal(protocolFor({ vendor: "bender", model: "CC613" }, []), "https");
  equal(protocolFor({ vendor: "bender", model: "CC613" }, EXCEPTIONS.slice(0, 2)), "https");
  equal(protocolFor({ model: "CC613" }, [{ protocol: "ftp", models: ["/CC613"] }]), "ftp");
});

// images that a CSMS had published: one URL for all stations
const IMAGE = { fileName: "fw.deb", sizeBytes: 50 };
const STATION = { id: "CP001", protocol: "https", fitsImage: true } as const;
const PUBLISHED: PublishedFacts = {
  station: STATION,
  image: IMAGE,
  protocol: "https",
  fileName: "fw.deb",
  source: "10.20.0.11",
  now: 1_000,
};

Deno.test("firmware grant: a station that a published image is made for may begin, and goes on within its grant", () => {
  deepEqual(decidePublished(PUBLISHED), { effect: "allow", leftBytes: 50 });
  deepEqual(decidePublished({ ...PUBLISHED, grant: GRANT }), { effect: "allow", leftBytes: 200 });
  const { fileName: _none, ...unnamed } = PUBLISHED;
  equal(decidePublished(unnamed).effect, "allow");
});

Deno.test("firmware grant: of a published image a grant whose time is over makes room for another one", () => {
  for (const more of [{}, { state: "closed" }, { sentBytes: 300 }] as const) {
    deepEqual(decidePublished({ ...PUBLISHED, grant: { ...GRANT, ...more }, now: 2_000 }), {
      effect: "allow",
      leftBytes: 50,
    });
  }
});

const UNPUBLISHED: readonly (readonly [string, Partial<PublishedFacts>, string, boolean])[] = [
  ["nobody of the inventory", { station: undefined as never }, "firmware.grant-holder", true],
  ["a station of another model", { station: { ...STATION, fitsImage: false } }, "firmware.grant-model", false],
  ["a station that fetches otherwise", { station: { ...STATION, protocol: "sftp" } }, "firmware.grant-protocol", false],
  ["another protocol than the station's", { protocol: "ftp" }, "firmware.grant-protocol", false],
  ["another file", { fileName: "fw.debx" }, "firmware.grant-name", false],
  ["a grant that was closed", { grant: { ...GRANT, state: "closed" } }, "firmware.grant-closed", false],
  ["a grant that is spent", { grant: { ...GRANT, sentBytes: 300 } }, "firmware.grant-spent", false],
  [
    "a grant that is spent, one moment before its end",
    {
      grant: { ...GRANT, sentBytes: 300 },
      now: 1_999,
    },
    "firmware.grant-spent",
    false,
  ],
];
for (const [what, facts, rule, isAttack] of UNPUBLISHED) {
  Deno.test(`firmware grant: a published image is refused to ${what}`, () => {
    const verdict = decidePublished({ ...PUBLISHED, ...facts });
    deepEqual(verdict.effect === "deny" && [verdict.rule, verdict.isAttack], [rule, isAttack]);
  });
}

Deno.test("firmware grant: who asks is decided before what is asked: a stranger learns neither model nor name", () => {
  const verdict = decidePublished({ ...PUBLISHED, station: undefined as never, protocol: "ftp", fileName: "x" });
  equal(verdict.effect === "deny" && verdict.rule, "firmware.grant-holder");
});
