import type { OcppVersion } from "./codec.ts";
import type { Uplink } from "../uplink/settings.ts";
import type { OcppRule } from "../../policies/ocpp_rule.ts";

/** One listener as its Worker gets it. */
export interface OcppListener {
  /** Name in trust, audit and metrics: the `listen` value of site.yaml. */
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose (tests). */
  readonly port: number;
  /** Absent: plaintext on an isolated segment. */
  readonly tls: boolean;
  /** Path prefixes in front of the station id, as "/ocpp". */
  readonly paths: readonly string[];
  /** Nobody is to learn which stations there are: a target that names none is judged as one that does (O-23). */
  readonly hidesStations?: true;
}

/** The gateway's own identity at one CSMS. */
export interface ControllerConfig {
  readonly csms: string;
  readonly id: string;
  readonly protocol: OcppVersion;
  readonly firmwareVersion: string;
}

/** The site's own rules as a Worker gets them. */
export interface OcppSiteRules {
  readonly rules: readonly OcppRule[];
  readonly mode: "enforce" | "observe";
  /** For rules with hours. */
  readonly timeZone: string;
}

/** Configuration of one OCPP Worker: a JSON value, computed by mod.ts. */
export interface OcppWorkerConfig {
  readonly listeners: readonly OcppListener[];
  /** Bytes of one message on either leg. */
  readonly maxMessageBytes: number;
  /** Seconds of silence after which a leg is pinged; 0 = never. */
  readonly pingSeconds: number;
  /** The same for the legs to a CSMS; absent: pingSeconds. */
  readonly csmsPingSeconds?: number;
  /** Seconds a station has to answer a CALL before the next one is sent. */
  readonly callTimeoutSeconds: number;
  /** How connections leave the site; absent: directly. */
  readonly uplink?: Uplink;
  /** Own connections to CSMSs; only one Worker of a site has any. */
  readonly controllers?: readonly ControllerConfig[];
  /** Where stations fetch images and bring logs ("10.20.0.1:8446"); absent: nothing is served here or intercepted. */
  readonly firmware?: { readonly hosts: readonly string[] };
  /** Stations by the address that site.yaml gives them: whose handshake failed. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Absent: everything is relayed but the built-in refusals. */
  readonly siteRules?: OcppSiteRules;
}
