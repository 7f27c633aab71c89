/**
 * The security events of OCPP (1.6 "Improved security" whitepaper section 5; 2.0.1 and 2.1 Part 2 appendix 1). Data: the
 * names of 1.6 and 2.x differ for the same event, so they are told apart here once.
 */

/** One standard security event. */
export interface SecurityEventType {
  /** Name in 2.x, and how it is listed here. */
  readonly name: string;
  /** Its name in 1.6, where that differs. */
  readonly in16?: string;
  /** The specification wants it told to the CSMS at once. */
  readonly isCritical: boolean;
  /** "urgent": somebody must look now. "routine": it happens in daily use. "none": listed only. */
  readonly alarm: "urgent" | "routine" | "none";
  readonly meaning: string;
}

/** Every standard event; alphabetical. */
export const SECURITY_EVENTS: readonly SecurityEventType[] = [
  {
    name: "AttemptedReplayAttacks",
    isCritical: false,
    alarm: "none",
    meaning: "A message was sent again by somebody else",
  },
  {
    name: "CsmsFailedToAuthenticate",
    in16: "CentralSystemFailedToAuthenticate",
    isCritical: false,
    alarm: "none",
    meaning: "The CSMS did not prove itself to the station",
  },
  {
    name: "FailedToAuthenticateAtCsms",
    in16: "FailedToAuthenticateAtCentralSystem",
    isCritical: false,
    alarm: "none",
    meaning: "The CSMS refused the station's credential",
  },
  { name: "FirmwareUpdated", isCritical: true, alarm: "routine", meaning: "The station runs another firmware" },
  {
    name: "InvalidChargingStationCertificate",
    in16: "InvalidChargePointCertificate",
    isCritical: false,
    alarm: "none",
    meaning: "The certificate of the station is not acceptable",
  },
  {
    name: "InvalidCsmsCertificate",
    in16: "InvalidCentralSystemCertificate",
    isCritical: false,
    alarm: "none",
    meaning: "The certificate of the CSMS is not acceptable",
  },
  {
    name: "InvalidFirmwareSignature",
    isCritical: false,
    alarm: "urgent",
    meaning: "A firmware image was not signed as it must be",
  },
  {
    name: "InvalidFirmwareSigningCertificate",
    isCritical: false,
    alarm: "urgent",
    meaning: "The certificate that signed a firmware image is not acceptable",
  },
  { name: "InvalidMessages", isCritical: false, alarm: "none", meaning: "Messages broke the protocol" },
  { name: "InvalidTLSCipherSuite", isCritical: false, alarm: "none", meaning: "No common TLS cipher suite" },
  { name: "InvalidTLSVersion", isCritical: false, alarm: "none", meaning: "No common TLS version" },
  {
    name: "MaintenanceLoginAccepted",
    isCritical: true,
    alarm: "routine",
    meaning: "Somebody logged in at the station (2.1)",
  },
  { name: "MaintenanceLoginFailed", isCritical: true, alarm: "urgent", meaning: "A login at the station failed (2.1)" },
  { name: "MemoryExhaustion", isCritical: true, alarm: "urgent", meaning: "The station's memory is full" },
  {
    name: "ReconfigurationOfSecurityParameters",
    isCritical: false,
    alarm: "none",
    meaning: "Security settings were changed: keys, profile, certificates",
  },
  { name: "ResetOrReboot", isCritical: true, alarm: "routine", meaning: "The station was reset" },
  {
    name: "SecurityLogWasCleared",
    isCritical: true,
    alarm: "urgent",
    meaning: "The station's security log was cleared",
  },
  {
    name: "SettingSystemTime",
    isCritical: true,
    alarm: "routine",
    meaning: "The clock was set by more than the station tolerates",
  },
  { name: "StartupOfTheDevice", isCritical: true, alarm: "routine", meaning: "The station started" },
  {
    name: "TamperDetectionActivated",
    isCritical: true,
    alarm: "urgent",
    meaning: "The station was opened or tampered with",
  },
];

/** The standard event of this name, whichever version wrote it; undefined for a vendor's own. */
export function securityEvent(name: string): SecurityEventType | undefined {
  return SECURITY_EVENTS.find((one) => one.name === name || one.in16 === name);
}
