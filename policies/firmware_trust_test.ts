import { deepEqual, equal, match } from "node:assert/strict";
import { type Finding, type ImageFacts, judgeImage, refusedAt, type TrustRule } from "./firmware_trust.ts";
import type { Evidence } from "./firmware_types.ts";

const good: Finding = { found: "good", detail: "seen" };
const bad: Finding = { found: "bad", detail: "broken" };
const absent: Finding = { found: "absent", detail: "none given" };
const expired: Finding = { found: "bad", detail: "it expired in 2024", aged: true };

const RULE: TrustRule = {
  vendor: "bender",
  evidence: [["tuf"], ["ocpp-signature"]],
  onUnverified: "refuse",
  formats: ["deb"],
  maxBytes: 1_000,
};

/** An image that nothing speaks for and nothing against. */
function facts(changes: Partial<ImageFacts> = {}, rule: Partial<TrustRule> = {}): ImageFacts {
  return {
    vendor: "bender",
    version: "5.33.2",
    fileName: "ebee_firmware_5.33.2.deb",
    sizeBytes: 1_000,
    sha256: "ab".repeat(32),
    rule: { ...RULE, ...rule },
    tuf: absent,
    vendorSha256: absent,
    md5: absent,
    certificate: absent,
    signature: absent,
    minisign: absent,
    releasedBy: [],
    ...changes,
  };
}

interface Case {
  readonly name: string;
  readonly facts: ImageFacts;
  readonly outcome: "verified" | "held" | "refused";
  readonly rule: string;
  readonly why: RegExp;
  /** The last step that was looked at. */
  readonly last?: string;
}

const signed = { certificate: good, signature: good };
const CASES: readonly Case[] = [
  {
    name: "the repository alone is enough by default",
    facts: facts({ tuf: good }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /^proved by tuf$/,
  },
  {
    name: "the vendor's signature alone is enough by default",
    facts: facts(signed),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /^proved by ocpp-signature$/,
  },
  {
    name: "nothing is not enough",
    facts: facts(),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /^nothing proves it: wanted tuf, or ocpp-signature$/,
  },
  {
    name: "a signature whose certificate was not there proves nothing",
    facts: facts({ signature: good }),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /nothing proves it/,
  },
  {
    name: "an unknown vendor is refused, whoever vouches for it",
    facts: { ...facts({ tuf: good, vendor: "acme" }), rule: undefined } as unknown as ImageFacts,
    outcome: "refused",
    rule: "firmware.vendor",
    why: /no profile of the vendor "acme": wanted one under firmware.vendors/,
    last: "vendor",
  },
  {
    name: "a file of another kind",
    facts: facts({ tuf: good, fileName: "image.exe" }),
    outcome: "refused",
    rule: "firmware.format",
    why: /image.exe: wanted a name that ends in .deb/,
    last: "format",
  },
  {
    name: "a name that only ends like the kind",
    facts: facts({ tuf: good, fileName: "imagedeb" }),
    outcome: "refused",
    rule: "firmware.format",
    why: /imagedeb/,
  },
  {
    name: "the end of a name in capitals",
    facts: facts({ tuf: good, fileName: "IMAGE.DEB" }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /tuf/,
  },
  {
    name: "one byte more than the vendor's most",
    facts: facts({ tuf: good, sizeBytes: 1_001 }),
    outcome: "refused",
    rule: "firmware.size",
    why: /1001 bytes: at most 1000/,
    last: "size",
  },
  {
    name: "an empty file",
    facts: facts({ tuf: good, sizeBytes: 0 }),
    outcome: "refused",
    rule: "firmware.size",
    why: /empty/,
  },
  {
    name: "downgrade: below the floor, though everything proves it",
    facts: facts({ tuf: good, ...signed, version: "5.20.1" }, { floor: "5.20.2" }),
    outcome: "refused",
    rule: "firmware.floor",
    why: /version 5.20.1 is below the floor 5.20.2/,
    last: "floor",
  },
  {
    name: "downgrade: a candidate of the floor is below it",
    facts: facts({ tuf: good, version: "5.20.2-rc1" }, { floor: "5.20.2" }),
    outcome: "refused",
    rule: "firmware.floor",
    why: /5.20.2-rc1/,
  },
  {
    name: "the floor itself is taken",
    facts: facts({ tuf: good, version: "5.20.2" }, { floor: "5.20.2" }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /tuf/,
  },
  {
    name: "numbers of versions count by value",
    facts: facts({ tuf: good, version: "5.100.0" }, { floor: "5.20.2" }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /tuf/,
  },
  {
    name: "a right MD5 proves nothing",
    facts: facts({ md5: good }),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /nothing proves it/,
  },
  {
    name: "a wrong MD5 ends it, though the repository vouches",
    facts: facts({ md5: bad, tuf: good }),
    outcome: "refused",
    rule: "firmware.md5",
    why: /broken/,
    last: "md5",
  },
  {
    name: "another hash than the vendor publishes",
    facts: facts({ vendorSha256: bad, tuf: good }),
    outcome: "refused",
    rule: "firmware.sha256",
    why: /broken/,
    last: "sha256",
  },
  {
    name: "the vendor's hash alone is not enough by default",
    facts: facts({ vendorSha256: good }),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /proved by vendor-sha256 alone: wanted tuf, or ocpp-signature/,
  },
  {
    name: "a repository that contradicts outweighs a good signature",
    facts: facts({ tuf: bad, ...signed }),
    outcome: "refused",
    rule: "firmware.tuf",
    why: /broken/,
    last: "tuf",
  },
  {
    name: "a bad signature outweighs the repository",
    facts: facts({ tuf: good, certificate: good, signature: bad }),
    outcome: "refused",
    rule: "firmware.signature",
    why: /broken/,
    last: "signature",
  },
  {
    name: "a certificate of somebody else outweighs the repository",
    facts: facts({ tuf: good, certificate: bad, signature: absent }),
    outcome: "refused",
    rule: "firmware.certificate",
    why: /broken/,
    last: "certificate",
  },
  {
    name: "an expired signer is refused",
    facts: facts({ certificate: expired, signature: good }),
    outcome: "refused",
    rule: "firmware.certificate",
    why: /2024/,
  },
  {
    name: "an expired signer is outweighed by a repository that vouches today",
    facts: facts({ tuf: good, certificate: expired, signature: good }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /^proved by tuf$/,
  },
  {
    name: "an expired signer is not outweighed by minisign",
    facts: facts({ minisign: good, certificate: expired, signature: good }, { evidence: [["minisign"]] }),
    outcome: "refused",
    rule: "firmware.certificate",
    why: /2024/,
  },
  {
    name: "a bad minisign signature",
    facts: facts({ tuf: good, minisign: bad }),
    outcome: "refused",
    rule: "firmware.minisign",
    why: /broken/,
    last: "minisign",
  },
  {
    name: "minisign where the profile takes it",
    facts: facts({ minisign: good }, { evidence: [["minisign"]] }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /^proved by minisign$/,
  },
  {
    name: "two proofs that are wanted together: one is missing",
    facts: facts({ tuf: good }, { evidence: [["tuf", "ocpp-signature"]] }),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /proved by tuf alone: wanted tuf and ocpp-signature/,
  },
  {
    name: "two proofs that are wanted together: both are there",
    facts: facts({ tuf: good, ...signed }, { evidence: [["tuf", "ocpp-signature"]] }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /^proved by tuf and ocpp-signature$/,
  },
  {
    name: "hold: nothing proves it, a person is asked",
    facts: facts({}, { onUnverified: "hold" }),
    outcome: "held",
    rule: "firmware.held",
    why: /0 of 2 persons have vouched/,
  },
  {
    name: "hold: a bad signature is refused all the same",
    facts: facts({ certificate: good, signature: bad }, { onUnverified: "hold" }),
    outcome: "refused",
    rule: "firmware.signature",
    why: /broken/,
  },
  {
    name: "hold: one person is not enough",
    facts: facts({ releasedBy: ["anna"] }, { onUnverified: "hold" }),
    outcome: "held",
    rule: "firmware.held",
    why: /1 of 2 persons/,
  },
  {
    name: "hold: two persons release it",
    facts: facts({ releasedBy: ["anna", "ben"] }, { onUnverified: "hold" }),
    outcome: "verified",
    rule: "firmware.released",
    why: /released by anna and ben by the vendor's hash/,
  },
  {
    name: "refuse: two persons alone do not help where no one asked for them",
    facts: facts({ releasedBy: ["anna", "ben"] }),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /proved by vendor-sha256 and two-person alone/,
  },
  {
    name: "vendor-sha256 with two persons: it waits for them",
    facts: facts({ vendorSha256: good }, { evidence: [["vendor-sha256", "two-person"]] }),
    outcome: "held",
    rule: "firmware.held",
    why: /0 of 2/,
  },
  {
    name: "vendor-sha256 with two persons: they bring the hash themselves",
    facts: facts({ releasedBy: ["anna", "ben"] }, { evidence: [["vendor-sha256", "two-person"]] }),
    outcome: "verified",
    rule: "firmware.evidence",
    why: /^proved by vendor-sha256 and two-person$/,
  },
  {
    name: "tuf with two persons: without the repository nobody is asked",
    facts: facts({}, { evidence: [["tuf", "two-person"]] }),
    outcome: "refused",
    rule: "firmware.evidence",
    why: /nothing proves it/,
  },
  {
    name: "tuf with two persons: the repository vouches, the persons are missing",
    facts: facts({ tuf: good }, { evidence: [["tuf", "two-person"]] }),
    outcome: "held",
    rule: "firmware.held",
    why: /proved by tuf alone/,
  },
];

for (const c of CASES) {
  Deno.test(`firmware trust: ${c.name}`, () => {
    const verdict = judgeImage(c.facts);
    deepEqual([verdict.outcome, verdict.rule], [c.outcome, c.rule]);
    match(verdict.why, c.why);
    equal(verdict.steps.at(-1)!.id, c.last ?? verdict.steps.at(-1)!.id);
    const end = { verified: "ok", held: "waiting", refused: "refused" } as const;
    equal(verdict.steps.at(-1)!.outcome, end[verdict.outcome]);
    equal(verdict.steps.slice(0, -1).some(({ outcome }) => outcome === "refused"), false);
  });
}

Deno.test("firmware trust: whatever is bad, no combination of proofs lets the image through", () => {
  const proofs = ["md5", "vendorSha256", "tuf", "certificate", "signature", "minisign"] as const;
  const all: readonly Evidence[] = ["tuf", "ocpp-signature", "vendor-sha256", "minisign", "two-person"];
  for (const name of proofs) {
    for (let others = 0; others < 2 ** proofs.length; others++) {
      const rest = Object.fromEntries(proofs.map((other, bit) => [other, others >> bit & 1 ? good : absent]));
      const given = facts({ ...rest, [name]: bad, releasedBy: ["anna", "ben"] }, {
        evidence: all.map((evidence) => [evidence]),
        onUnverified: "hold",
      });
      equal(judgeImage(given).outcome, "refused", `${name} bad, others ${others}`);
    }
  }
});

Deno.test("firmware trust: a refused image is proved by nothing", () => {
  deepEqual(judgeImage(facts({ tuf: good, minisign: bad })).evidence, []);
  deepEqual(judgeImage(facts({ tuf: good, ...signed })).evidence, ["tuf", "ocpp-signature"]);
});

Deno.test("firmware trust: what could not be looked at has one step, which refused it", () => {
  const verdict = refusedAt("size", "Size", "firmware.size", "more than 10 bytes");
  deepEqual([verdict.outcome, verdict.rule, verdict.why, verdict.steps.length], [
    "refused",
    "firmware.size",
    "more than 10 bytes",
    1,
  ]);
});
