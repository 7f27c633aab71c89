import { allow, type Decision, deny } from "./decision.ts";

/** What is known when a station asks to connect. All proofs were made before: this decides, it verifies nothing. */
export interface AdmissionFacts {
  /** The URL's identity, and the inventory's entry for exactly that id (no prefix, case or encoding tolerance). */
  readonly stationId: string;
  readonly inventoryId: string | undefined;
  /** Profile configured for this station (O-01: one at a time). */
  readonly wantedProfile: 0 | 1 | 2 | 3;
  /** Lowest profile still accepted: the highest this station ever proved, unless an admin lowered it (O-02). */
  readonly lowestProfile: 0 | 1 | 2 | 3;
  readonly tls: boolean;
  readonly basicUser: string | undefined;
  /** undefined: no password came; otherwise whether it proved to be this station's. */
  readonly passwordProven: boolean | undefined;
  readonly certificateCommonName: string | undefined;
  /** Why a certificate that came was left out of account: of a CA that nobody knows, or out of date. */
  readonly certificateFault?: { readonly rule: string; readonly reason: string } | undefined;
  /** The certificate, valid or out of date, is of a known CA and names another station of the inventory. */
  readonly namesOtherStation?: boolean;
  /** The request's target names no station at all. */
  readonly isMisdirected?: boolean;
  /** The connection comes from the address that the inventory names for this station. */
  readonly fromOwnAddress: boolean;
  /**
   * Whose network card answers for that address: the one the inventory names, another, or nobody knows. "unasked": this
   * station is bound to its address alone, by a setting that stays visible.
   */
  readonly neighbour?: "other" | "own" | "unasked" | "unknown";
  /** Limits on failed attempts are reached (invariant 9). */
  readonly sourceLimited: boolean;
  readonly identityLimited: boolean;
  /** A quirk lets its Basic user be anything: the password alone proves it (Q9). */
  readonly anyUser?: boolean;
  /** A quirk that its request needs and it does not have, as "loose-path" (Q5). */
  readonly missingQuirk?: string | undefined;
  readonly allowedProtocols: readonly string[];
  readonly offeredProtocols: readonly string[];
}

/**
 * Decides whether a station may connect: URL id == inventory id == Basic user == certificate CN, with exactly the
 * security profile configured (OCPP security whitepaper A00.FR.001-006, 203, 303, 405; DESIGN invariant 11). Below profile
 * 3 a certificate proves nothing: one of a CA that nobody knows does not count, one of another station is refused (0197).
 * Limits stand first, so that a guess costs the same whether or not the station exists.
 */
export function decideAdmission(facts: AdmissionFacts): Decision {
  if (facts.sourceLimited) return deny("admission.source-limited", "Too many failed attempts from this address");
  if (facts.identityLimited) return deny("admission.identity-limited", "Too many failed attempts for this station");
  if (facts.isMisdirected) return deny("ocpp.request.path", "The path of its URL names no station");
  if (facts.inventoryId !== facts.stationId) {
    return deny("admission.unknown-station", "No station of this id is in the inventory", "Run `station adopt`");
  }
  if (facts.missingQuirk !== undefined) {
    return deny("admission.quirk", `Its request counts only with the quirk ${facts.missingQuirk}`);
  }
  const proof = decideProof(facts);
  return proof.effect === "deny" ? proof : decideHeight(facts) ?? decideName(facts) ?? decideProtocol(facts) ?? proof;
}

function decideProof(facts: AdmissionFacts): Decision {
  switch (facts.wantedProfile) {
    case 0:
      return decideBound(facts);
    case 1:
      if (!facts.tls) return decidePassword(facts);
      return deny("admission.profile", "Security profile 1 is plain text; the station came over TLS");
    case 2:
      if (facts.tls) return decidePassword(facts);
      return deny("admission.profile", "Security profile 2 needs TLS; the station came in plain text");
    case 3:
      return decideCertificate(facts);
  }
}

/** Profile 0 has no credential: all that binds it is where it stands. A visible exception for ever. */
function decideBound(facts: AdmissionFacts): Decision {
  if (!facts.fromOwnAddress) {
    return deny("admission.address", "A station without credential may connect only from its own address");
  }
  switch (facts.neighbour ?? "unknown") {
    case "own":
      return allow("admission.profile-0");
    case "unasked":
      return allow("admission.profile-0-address");
    case "other":
      return deny("admission.mac", "Another device has the address of this station, which has no credential");
    case "unknown":
      return deny(
        "admission.mac-unknown",
        "Nobody can see which device has the address of this station, which has no credential",
        "See that hald runs and that the station is on a network of this box, or set ocpp.binding",
      );
  }
}

function decidePassword(facts: AdmissionFacts): Decision {
  if (facts.basicUser === undefined || facts.passwordProven === undefined) {
    return deny("admission.credential-missing", "No HTTP Basic credential came");
  }
  if (facts.basicUser !== facts.stationId && !facts.anyUser) {
    return deny("admission.user-mismatch", "The Basic user is not the station id of the URL");
  }
  if (!facts.passwordProven) return deny("admission.credential", "The credential was not proven");
  return allow(`admission.profile-${facts.wantedProfile}`);
}

function decideCertificate(facts: AdmissionFacts): Decision {
  if (facts.certificateFault) return deny(facts.certificateFault.rule, facts.certificateFault.reason);
  if (!facts.tls || facts.certificateCommonName === undefined) {
    return deny("admission.certificate", "Security profile 3 needs a client certificate that verifies");
  }
  if (facts.certificateCommonName !== facts.stationId) {
    return deny("admission.cn-mismatch", "The certificate's CN is not the station id of the URL");
  }
  return allow("admission.profile-3");
}

/** After the proof: nobody without the credential learns or stirs anything by it. */
function decideHeight({ wantedProfile, lowestProfile }: AdmissionFacts): Decision | undefined {
  if (wantedProfile >= lowestProfile) return undefined;
  return deny(
    "admission.profile-lowered",
    `Security profile ${wantedProfile} is configured, but this station has already proven profile ${lowestProfile}`,
    "Configure the higher profile, or run `station lower-profile` with a reason",
  );
}

/** A password beside the certificate of another station: two devices, or one that was given the wrong half. */
function decideName({ namesOtherStation }: AdmissionFacts): Decision | undefined {
  if (!namesOtherStation) return undefined;
  return deny("admission.cn-mismatch", "Its credential is right, but its certificate is that of another station");
}

function decideProtocol({ offeredProtocols, allowedProtocols }: AdmissionFacts): Decision | undefined {
  if (offeredProtocols.length === 0) return undefined; // OCPP-J: complete the handshake without one, then close
  if (offeredProtocols.some((offered) => allowedProtocols.includes(offered))) return undefined;
  return deny(
    "admission.protocol",
    `The station offers ${offeredProtocols.join(", ")}; its inventory entry allows ${allowedProtocols.join(", ")}`,
    "Change `ocpp.protocols` of the station",
  );
}
