/** What is known when a station's password is to be renewed over OCPP. Plain data. */
export interface RenewalFacts {
  /** It has an open connection, and this version is spoken on it. */
  readonly version: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1" | undefined;
  readonly securityProfile: 0 | 1 | 2 | 3;
  /** Where its password is: a file of the site, the store, or nowhere. */
  readonly password: "file" | "none" | "stored";
  /** It came with the password of its factory. */
  readonly isQuarantined: boolean;
  /** The CSMS gets the station's own Basic credential, so it must not change. */
  readonly relaysCredential: boolean;
  /** A climb or a renewal of it is under way. */
  readonly isUnderWay: boolean;
}

/** Why a password is not renewed; `rule` is an audit fact. */
export interface RenewalRefusal {
  readonly rule: string;
  readonly reason: string;
  readonly hint: string;
}

/** All that speaks against renewing a station's password over OCPP (A01.FR.02-07, facts O-06). */
export function renewalRefusals(facts: RenewalFacts): readonly RenewalRefusal[] {
  const { version, securityProfile, password, isQuarantined, relaysCredential, isUnderWay } = facts;
  const found: RenewalRefusal[] = [];
  if (isUnderWay) {
    found.push(
      refusal("running", "a climb or renewal of it is under way", "Watch it with `station climb ID --status`"),
    );
  }
  if (version === undefined) found.push(refusal("away", "it is not connected", "Run `why` to see what keeps it away"));
  if (securityProfile === 0 || securityProfile === 3) {
    const hint = securityProfile === 0 ? "Run `station climb`" : "Its certificate is renewed by `cert issue`";
    found.push(refusal("profile", `with security profile ${securityProfile} it has no password`, hint));
  }
  if (password === "file") {
    found.push(refusal("file", "its password is in a file", "Remove ocpp.passwordFile of it and run `reload`"));
  }
  if (relaysCredential && !isQuarantined) {
    const hint = "Set ocpp.upstreamPasswordFile for it, and run `reload`";
    found.push(refusal("upstream", "its CSMS gets the station's own password, so it is the CSMS's to change", hint));
  }
  return found;
}

const refusal = (rule: string, reason: string, hint: string): RenewalRefusal => ({
  rule: `renewal.${rule}`,
  reason,
  hint,
});
