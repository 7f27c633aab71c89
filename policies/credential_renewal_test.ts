import { strict as assert } from "node:assert";
import { type RenewalFacts, renewalRefusals } from "./credential_renewal.ts";

const FACTS: RenewalFacts = {
  version: "ocpp1.6",
  securityProfile: 2,
  password: "stored",
  isQuarantined: false,
  relaysCredential: false,
  isUnderWay: false,
};

const CASES: readonly [string, Partial<RenewalFacts>, readonly string[]][] = [
  ["a connected station with a password of the gateway's", {}, []],
  ["in plain text, too: it is the password that travels there", { securityProfile: 1 }, []],
  ["one with no password of its own yet", { password: "none", isQuarantined: true }, []],
  ["a station that is away", { version: undefined }, ["renewal.away"]],
  ["a station without credential", { securityProfile: 0 }, ["renewal.profile"]],
  ["a station with a certificate", { securityProfile: 3 }, ["renewal.profile"]],
  ["a password that is the person's own", { password: "file" }, ["renewal.file"]],
  ["a password that the CSMS sees", { relaysCredential: true }, ["renewal.upstream"]],
  ["a factory's password, although the CSMS would see it: it must not stay", {
    relaysCredential: true,
    isQuarantined: true,
  }, []],
  ["a station that is being changed", { isUnderWay: true }, ["renewal.running"]],
  [
    "everything at once is said at once",
    { version: undefined, password: "file", relaysCredential: true, isUnderWay: true },
    ["renewal.running", "renewal.away", "renewal.file", "renewal.upstream"],
  ],
];

for (const [name, changes, rules] of CASES) {
  Deno.test(`credential renewal: ${name}`, () => {
    const refusals = renewalRefusals({ ...FACTS, ...changes });
    assert.deepEqual(refusals.map(({ rule }) => rule), rules);
    assert.ok(refusals.every(({ reason, hint }) => reason !== "" && hint !== ""));
  });
}
