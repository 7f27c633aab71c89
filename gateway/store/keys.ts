/**
 * Every key prefix of the store, with what stands below it. No other file spells a prefix.
 * A prefix is never reused for something else; a changed value form needs a migration.
 */
export const KEYS = {
  /** ["acme", "account" | "certificate" | "pending" | "state"] -> sealed keys and certificate, when to ask next. */
  acme: ["acme"],
  /** ["adoption", stationId] -> AdoptionRecord: whether a password of the factory works at a controller with pages. */
  adoption: ["adoption"],
  /** ["alarms", kind, subject] -> one alarm of the site. */
  alarms: ["alarms"],
  /** ["audit", "signingKey" | "head" | "expired"] -> checkpoint key (sealed), last signed line, retention marks. */
  audit: ["audit"],
  /**
   * ["auditReview", "digest"] -> where the last digest ended; ["auditReview", "since"] -> since when reviews are waited for;
   * ["auditReview", "review", time] -> Review of the audit chain by a person.
   */
  auditReview: ["auditReview"],
  /** ["backup", "last"] -> what the last whole backup was and where it went. */
  backup: ["backup"],
  /** ["badgeBlocked", keyed hash] -> why and since when a badge is refused everywhere. */
  badgeBlocked: ["badgeBlocked"],
  /** ["badges", "cached" | "listed", keyed hash] -> what the CSMS last said of a badge, or an entry of the site's list. */
  badges: ["badges"],
  /** ["certificate", serial] -> IssuedCertificate of a station, by the site CA. */
  certificate: ["certificate"],
  /**
   * ["commissioning", "protocol", number] -> Protocol of a bay; ["commissioning", "part", sha256, number] -> a part of one of
   * its photos.
   */
  commissioning: ["commissioning"],
  /**
   * ["decommission", "run", stationId] -> DecommissionRecord; ["decommission", "certificate", number] -> signed certificate;
   * ["decommission", "again", mark] -> an older backup brought it back: it is erased at the next start;
   * ["decommission", "readmitted", mark] -> { at }: another device has its id now; ["decommission", "counter"] -> number.
   */
  decommission: ["decommission"],
  /** ["deviceCatalogue", "stationId\\npart"] -> CataloguePart: what a controller's pages list of its settings. */
  deviceCatalogue: ["deviceCatalogue"],
  /** ["deviceLease", stationId] -> who has a controller that knows one login at a time. */
  deviceLease: ["deviceLease"],
  /** ["deviceDefault", "stationId\\nrole"] -> DefaultTry: a documented password that was tried at a controller. */
  deviceDefault: ["deviceDefault"],
  /** ["deviceDownload", id] -> sealed DownloadRecord: a file of a controller, sealed on this box. */
  deviceDownload: ["deviceDownload"],
  /** ["deviceLogin", "stationId\\nrole"] -> Tries: failed logins at an account of a controller's pages. */
  deviceLogin: ["deviceLogin"],
  /** ["devicePin", "approved" | "presented", stationId] -> certificate of a controller's pages. */
  devicePin: ["devicePin"],
  /** ["dhcpDevice", zone, mac] -> AdoptedDevice: a device that was adopted by command; site.yaml wins over it. */
  dhcpDevice: ["dhcpDevice"],
  /** ["dhcpInbox", mac] -> InboxDevice: a device that asked for an address and is not known. */
  dhcpInbox: ["dhcpInbox"],
  /** ["dhcpLease", zone, address] -> Lease. */
  dhcpLease: ["dhcpLease"],
  /** ["dnsDenied", "station" | "address", client, name, rule] -> DeniedName: what a client was refused. */
  dnsDenied: ["dnsDenied"],
  /** ["documentSigner"] -> sealed key and certificate that sign the gateway's papers. */
  documentSigner: ["documentSigner"],
  /** ["firmwareImage", sha256] -> ImageRecord; its file and papers stand in the firmware folder. */
  firmwareImage: ["firmwareImage"],
  /**
   * ["firmwareCampaign", "record", id] -> CampaignRecord; ["firmwareCampaign", "unit", campaign, id] -> UnitRecord;
   * ["firmwareCampaign", "counter"] -> numbers of the last campaign and request.
   */
  firmwareCampaign: ["firmwareCampaign"],
  /** ["firmwareGrant", id] -> StoredGrant: a station may fetch an image; the token only as a digest. */
  firmwareGrant: ["firmwareGrant"],
  /** ["firmwareHostKeys"] -> sealed private keys of the SFTP server for stations. */
  firmwareHostKeys: ["firmwareHostKeys"],
  /** ["firmwarePublication", id] -> sealed StoredPublication: an image that a CSMS had published, and its token. */
  firmwarePublication: ["firmwarePublication"],
  /** ["firmwareRequest", id] -> sealed StoredRequest: a CSMS's update of a station, and where it stands. */
  firmwareRequest: ["firmwareRequest"],
  /** ["firmwareUpload", id] -> sealed StoredUpload: a file that a station brings for its CSMS, or for the gateway. */
  firmwareUpload: ["firmwareUpload"],
  /**
   * ["incidents", "record", id] -> IncidentRecord; ["incidents", "recent", station] -> signals kept of one that has none;
   * ["incidents", "announced", id] -> AnnouncedWork; ["incidents", "look", station] -> what the last look at it saw;
   * ["incidents", "mark"] -> next number and place in the audit chain.
   */
  incidents: ["incidents"],
  /**
   * ["inspections", "assigned", "list\\nsubject"] -> Assignment; ["inspections", "record", id] -> Inspection;
   * ["inspections", "photo", sha256, number] -> a part of a photo; ["inspections", "next"] -> number of the next one.
   */
  inspections: ["inspections"],
  /** ["inbox", stationId] -> InboxEntry of a station that is not in the inventory. */
  inbox: ["inbox"],
  /** ["ledger", stationId, id] -> LedgerRecord of one transaction. */
  ledger: ["ledger"],
  /** ["ledgerOpen", stationId, id] -> true while a transaction is not settled with its CSMS, false for the last settled ones. */
  ledgerOpen: ["ledgerOpen"],
  /** ["ledgerSigned", stationId, id, number] -> a signed meter value as received, sealed: it names who charged. */
  ledgerSigned: ["ledgerSigned"],
  /**
   * ["migration", "plan"] -> Plan of the migration to another CSMS; ["migration", "station", stationId] -> where it
   * stands; ["migration", "shadow", stationId] -> what came of comparing answers.
   */
  migration: ["migration"],
  /** ["modbusLease", unit, point] -> KeptLease: who commanded a point of a Modbus unit last. */
  modbusLease: ["modbusLease"],
  /**
   * ["outage", "message", "stationId csms", sequence] -> head and first part of a message that waits, sealed;
   * ["outage", "part", "stationId csms", sequence, part] -> its further parts; ["outage", "queue", "stationId csms"] ->
   * StationRecord; ["outage", "clock"] -> when the CSMS's time agreed with ours; ["outage", "modes"] -> the offline
   * authorisation modes that were last audited.
   */
  outage: ["outage"],
  /** ["outbox", target, id] -> one notification that waits for its receiver. */
  outbox: ["outbox"],
  /**
   * ["people", "account" | "session" | "token" | "grant" | "request" | "lease" | "lockout", id] -> one record of that
   * kind; ["people", "totp", name] -> sealed TOTP secret; ["people", "enrolling", name, session id] -> one that is not in force;
   * ["people", "provider", session id] -> sealed tokens of the identity provider; ["people", "setup" | "break-glass"] ->
   * digest of the setup code, of the sealed password; ["people", "logout", id] -> a logout token that was used;
   * ["people", "tunnel", digest of its token] -> TunnelRecord; ["people", "recording", id] -> DeviceRecording.
   */
  people: ["people"],
  /**
   * ["plan", "floor", id] -> Floor of the garage; ["plan", "part", sha256, number] -> a part of its picture;
   * ["plan", "place", stationId] -> Place: where a station stands.
   */
  plan: ["plan"],
  /**
   * ["posture", "subject", station or "gateway"] -> SubjectRecord; ["posture", "confirmed" | "waived", "SUBJECT LINE"]
   * -> what a person saw, or answers for; ["posture", "day", "2026-11-21"] -> the site's score of that day;
   * ["posture", "fix", id] -> FixRecord; ["posture", "advisory", id, part] -> a part of a packed KeptAdvisory.
   */
  posture: ["posture"],
  /** ["pseudonyms", station, "2026-11"] -> sealed key of badge and vehicle pseudonyms. */
  pseudonyms: ["pseudonyms"],
  /** ["revocations", kind, id] -> { at }: never rolled back by a restore. */
  revocations: ["revocations"],
  /** ["schema"] -> number of the last migration that ran. */
  schema: ["schema"],
  /** ["sealer", "derivation"] -> sealed secret that named keys are derived from; survives a change of the root key. */
  sealer: ["sealer"],
  /** ["securityLog", stationId] -> StoredCollection: when its security log was asked for by the gateway, and came. */
  securityLog: ["securityLog"],
  /** ["securityEvents", subject, number] -> SecurityEntry: a security event of a station, CSMS or the gateway. */
  securityEvents: ["securityEvents"],
  /**
   * ["segmentation", "confirmed" | "pending"] -> who applied a ruleset, ["segmentation", ..., part] -> its flows;
   * ["segmentation", "port", station] -> StationPort: where it hangs on a switch;
   * ["segmentation", "probe", zone] -> ProbeRecord: whether stations were heard;
   * ["segmentation", "opening", place] -> RecordedOpening: a maintenance port that is open for a while.
   */
  segmentation: ["segmentation"],
  /** ["serverCertificate", listener] -> sealed identities of a listener, from the site CA. */
  serverCertificate: ["serverCertificate"],
  /** ["siteCa", "key" | "certificate" | "crlNumber"] -> sealed key, certificate, number of the last revocation list. */
  siteCa: ["siteCa"],
  /** ["sinks", sink] -> last audit sequence number that a syslog receiver has. */
  sinks: ["sinks"],
  /** ["station", stationId] -> Station adopted by command; site.yaml wins over it. */
  station: ["station"],
  /** ["stationClimb", stationId] -> ClimbRecord: the last climb of a station to a higher security profile. */
  stationClimb: ["stationClimb"],
  /** ["stationCredential", stationId] -> PasswordVerifier set by command. */
  stationCredential: ["stationCredential"],
  /** ["stationFacts", stationId] -> facts learned from relayed messages. */
  stationFacts: ["stationFacts"],
  /** ["stationLowering", stationId] -> an admin's permission to lower a station's profile, until used or too old. */
  stationLowering: ["stationLowering"],
  /** ["stationProfile", stationId, profile] -> { at }: this station once proved this security profile. */
  stationProfile: ["stationProfile"],
  /** ["stationQuarantine", stationId] -> Quarantine: a person keeps it out of use. */
  stationQuarantine: ["stationQuarantine"],
  /** ["stationReplacement", stationId] -> what binds its new hardware, until site.yaml says so. */
  stationReplacement: ["stationReplacement"],
  /** ["stationRetired", stationId] -> keyed digest of a password file's content that is dead. */
  stationRetired: ["stationRetired"],
  /** ["transactions", stationId] -> which transactions run, by connector or the station's own id. */
  transactions: ["transactions"],
  /** ["upstream", stationId, csms] -> sealed UpstreamRecord: what this CSMS set for its leg of this station. */
  upstream: ["upstream"],
  /**
   * ["vault", "key", unit] -> sealed key of a unit's secrets; ["vault", "secret", "unit\\nslot"] -> SecretRecord;
   * ["vault", "value", "unit\\nslot\\nnumber"] -> one value under the unit's key; ["vault", "counter"] -> number of the newest
   * value; ["vault", "escrow"] -> EscrowState; ["vault", "card", id] -> ResetCard.
   */
  vault: ["vault"],
  /** ["stationRaised", stationId, profile] -> { at }: a climb brought this station to this profile. */
  stationRaised: ["stationRaised"],
} as const satisfies Record<string, readonly [string]>;

/** Prefixes beside revocations that a restore merges as a union: what the old box still knows is never rolled back. */
export const UNION_ON_RESTORE: readonly (readonly [string])[] = [
  KEYS.badgeBlocked,
  KEYS.certificate,
  KEYS.stationProfile,
  KEYS.stationRaised,
  KEYS.stationRetired,
];

/** Prefixes whose entry [prefix, id] is void once a revocation of that kind and id is news to a restored store. */
export const VOID_AFTER: Readonly<
  Record<"certificate" | "credential" | "person" | "station" | "token", readonly (readonly string[])[]>
> = {
  certificate: [],
  credential: [KEYS.stationCredential],
  person: [[...KEYS.people, "account"]],
  station: [], // known by its mark only: control erases it at its next start
  token: [[...KEYS.people, "token"]],
};

/**
 * Below these a restored store holds nothing: a login that was ended, a way that was closed or a sealed password that was
 * used after the backup must not be good again.
 */
export const VOID_ON_RESTORE: readonly (readonly string[])[] = [
  [...KEYS.people, "break-glass"],
  [...KEYS.people, "device-session"],
  [...KEYS.people, "lease"],
  [...KEYS.people, "provider"],
  [...KEYS.people, "session"],
  [...KEYS.people, "tunnel"],
];
