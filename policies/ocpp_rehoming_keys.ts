/**
 * Configuration keys and variables that belong to the connection between a station and its CSMS. Behind the gateway there
 * are two such connections: the CSMS means its own one, which ends at the gateway. Data: one line per name.
 */

/** What of the CSMS leg a key or variable stands for. */
export type UpstreamSetting =
  | "active-network"
  | "identity"
  | "network"
  | "organization"
  | "password"
  | "priority"
  | "profile";

/** OCPP 1.6 keys in lower case: keys are case-insensitive (OCPP 1.6 section 9, CiString). */
export const KEYS_16: ReadonlyMap<string, UpstreamSetting> = new Map([
  // "Improved security for OCPP 1.6-J", section 4
  ["authorizationkey", "password"],
  ["cponame", "organization"],
  ["securityprofile", "profile"],
  // EVlink (facts: evlink 1.4)
  ["boxidentity", "identity"],
  ["ocppboxaddressreplyto", "network"],
  ["ocppboxlocalport", "network"],
  ["ocppboxpublicip", "network"],
  ["ocppboxpublicport", "network"],
  ["ocppcentraladdress", "network"],
  ["supervisionsystem", "network"],
  // Bender (facts: bender, backend > ocpp)
  ["chargepointid_ocpp", "identity"],
  ["httpbasicauthpassword_tcpip", "password"],
  ["jsonocppbackendurl_tcpip", "network"],
  ["soapocppbackendurl_tcpip", "network"],
  ["tcp_ip_mode_v2_tcpip", "network"],
  ["websocketsproxyurl_tcpip", "network"],
  // ... and as OCPP has them, without the module
  ["httpbasicauthpassword", "password"],
  ["jsonocppbackendurl", "network"],
  ["soapocppbackendurl", "network"],
  ["tcp_ip_mode_v2", "network"],
  ["websocketsproxyurl", "network"],
  // libocpp (EVerest)
  ["centralsystemuri", "network"],
  ["chargepointid", "identity"],
]);

/** OCPP 2.x variables as "component.variable" in lower case. */
export const VARIABLES_2: ReadonlyMap<string, UpstreamSetting> = new Map([
  ["ocppcommctrlr.activenetworkprofile", "active-network"],
  ["ocppcommctrlr.networkconfigurationpriority", "priority"],
  ["securityctrlr.basicauthpassword", "password"],
  ["securityctrlr.identity", "identity"],
  ["securityctrlr.organizationname", "organization"],
  ["securityctrlr.securityprofile", "profile"],
]);

/** OCPP 2.1 keeps one instance of this component per slot: all its variables describe a way to the CSMS. */
export const NETWORK_COMPONENT_2 = "networkconfiguration";

/** Its variable with the password of a slot. */
export const NETWORK_PASSWORD_2 = "basicauthpassword";
