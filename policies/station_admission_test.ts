import { type AdmissionFacts, decideAdmission } from "./station_admission.ts";

const PROFILE_2: AdmissionFacts = {
  stationId: "CP001",
  inventoryId: "CP001",
  wantedProfile: 2,
  lowestProfile: 2,
  tls: true,
  basicUser: "CP001",
  passwordProven: true,
  certificateCommonName: undefined,
  fromOwnAddress: true,
  sourceLimited: false,
  identityLimited: false,
  allowedProtocols: ["ocpp1.6"],
  offeredProtocols: ["ocpp1.6"],
};
const PROFILE_3: Partial<AdmissionFacts> = {
  wantedProfile: 3,
  lowestProfile: 3,
  basicUser: undefined,
  passwordProven: undefined,
  certificateCommonName: "CP001",
};

const PROFILE_0: Partial<AdmissionFacts> = {
  wantedProfile: 0,
  lowestProfile: 0,
  tls: false,
  basicUser: undefined,
  passwordProven: undefined,
};

const STRANGERS = { rule: "peer.chain", reason: "it does not chain to a CA that this listener trusts" };

const CASES: readonly { name: string; facts: Partial<AdmissionFacts>; rule: string; effect?: "allow" }[] = [
  { name: "profile 2 with its password", facts: {}, rule: "admission.profile-2", effect: "allow" },
  {
    name: "profile 1 in plain text",
    facts: { wantedProfile: 1, lowestProfile: 1, tls: false },
    rule: "admission.profile-1",
    effect: "allow",
  },
  {
    name: "profile 2 with its password and a certificate of no known CA",
    facts: { certificateFault: STRANGERS },
    rule: "admission.profile-2",
    effect: "allow",
  },
  {
    name: "profile 2 with its password and another station's certificate",
    facts: { certificateCommonName: "CP002", namesOtherStation: true },
    rule: "admission.cn-mismatch",
  },
  {
    name: "profile 2 with another station's certificate and a wrong password",
    facts: { passwordProven: false, certificateCommonName: "CP002", namesOtherStation: true },
    rule: "admission.credential",
  },
  {
    name: "profile 2 with a certificate of no known CA and a wrong password",
    facts: { passwordProven: false, certificateFault: STRANGERS },
    rule: "admission.credential",
  },
  {
    name: "profile 3 with a certificate of no known CA",
    facts: { ...PROFILE_3, certificateCommonName: undefined, certificateFault: STRANGERS },
    rule: "peer.chain",
  },
  {
    name: "a target that names no station",
    facts: { inventoryId: undefined, isMisdirected: true },
    rule: "ocpp.request.path",
  },
  {
    name: "an unknown station whose attempts are limited",
    facts: { inventoryId: undefined, identityLimited: true },
    rule: "admission.identity-limited",
  },
  { name: "profile 3 with its certificate", facts: PROFILE_3, rule: "admission.profile-3", effect: "allow" },
  {
    name: "profile 0 from its own address, with its own network card",
    facts: { ...PROFILE_0, neighbour: "own" },
    rule: "admission.profile-0",
    effect: "allow",
  },
  {
    name: "profile 0 bound to its address alone, by a visible setting",
    facts: { ...PROFILE_0, neighbour: "unasked" },
    rule: "admission.profile-0-address",
    effect: "allow",
  },
  {
    name: "profile 0 from its own address, taken by another device",
    facts: { ...PROFILE_0, neighbour: "other" },
    rule: "admission.mac",
  },
  {
    name: "profile 0 when nobody can see the device",
    facts: { ...PROFILE_0, neighbour: "unknown" },
    rule: "admission.mac-unknown",
  },
  { name: "profile 0 when nobody was asked", facts: PROFILE_0, rule: "admission.mac-unknown" },
  {
    name: "profile 0 from elsewhere, with its own network card",
    facts: { ...PROFILE_0, fromOwnAddress: false, neighbour: "own" },
    rule: "admission.address",
  },
  {
    name: "profile 0 from elsewhere",
    facts: { wantedProfile: 0, tls: false, fromOwnAddress: false },
    rule: "admission.address",
  },
  { name: "no subprotocol offered", facts: { offeredProtocols: [] }, rule: "admission.profile-2", effect: "allow" },
  {
    name: "several offered, one allowed",
    facts: { offeredProtocols: ["ocpp2.1", "ocpp1.6"] },
    rule: "admission.profile-2",
    effect: "allow",
  },
  { name: "an unknown station", facts: { inventoryId: undefined }, rule: "admission.unknown-station" },
  { name: "invariant 11: another case of the id", facts: { stationId: "cp001" }, rule: "admission.unknown-station" },
  { name: "invariant 11: a prefix of the id", facts: { stationId: "CP00" }, rule: "admission.unknown-station" },
  { name: "profile 2 in plain text (O-02)", facts: { tls: false }, rule: "admission.profile" },
  { name: "profile 1 over TLS (O-01)", facts: { wantedProfile: 1 }, rule: "admission.profile" },
  {
    name: "a proven station below the profile it once proved (O-02)",
    facts: { lowestProfile: 3 },
    rule: "admission.profile-lowered",
  },
  {
    name: "a wrong password below the proven profile learns nothing of it (O-02)",
    facts: { lowestProfile: 3, passwordProven: false },
    rule: "admission.credential",
  },
  {
    name: "a profile above the one proven before",
    facts: { lowestProfile: 1 },
    rule: "admission.profile-2",
    effect: "allow",
  },
  { name: "no password", facts: { passwordProven: undefined }, rule: "admission.credential-missing" },
  { name: "a wrong password", facts: { passwordProven: false }, rule: "admission.credential" },
  { name: "another Basic user (O-04)", facts: { basicUser: "CP002" }, rule: "admission.user-mismatch" },
  {
    name: "profile 3 with a password only (O-01)",
    facts: { wantedProfile: 3 },
    rule: "admission.certificate",
  },
  {
    name: "another station's certificate (O-13)",
    facts: { ...PROFILE_3, certificateCommonName: "CP002" },
    rule: "admission.cn-mismatch",
  },
  {
    name: "no common protocol",
    facts: { offeredProtocols: ["ocpp2.0.1"] },
    rule: "admission.protocol",
  },
  {
    name: "a limited source, before the station's existence shows",
    facts: { sourceLimited: true, inventoryId: undefined },
    rule: "admission.source-limited",
  },
  { name: "a limited identity", facts: { identityLimited: true }, rule: "admission.identity-limited" },
];

for (const { name, facts, rule, effect = "deny" } of CASES) {
  Deno.test(`station admission: ${effect === "allow" ? "allows" : "denies"} ${name}`, () => {
    const decision = decideAdmission({ ...PROFILE_2, ...facts });
    if (decision.effect !== effect || decision.rule !== rule) throw new Error(JSON.stringify(decision));
  });
}
