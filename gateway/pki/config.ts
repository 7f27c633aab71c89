import { z } from "zod";
import { FilePath, HttpsUrl, listOf, Text } from "../config/values.ts";

/** ACME (RFC 8555) with DNS-01 for the console's certificate. */
export const AcmeConfig = z.strictObject({
  directoryUrl: HttpsUrl.describe("Directory URL of the ACME server"),
  caFile: FilePath.optional().describe("PEM file: CAs of the ACME server; absent: the public CAs of the box"),
  contact: Text.optional().describe(
    "Mail address given to the ACME server, whose terms of service you accept by naming it",
  ),
  accountKeyFile: FilePath.optional().describe("PEM file: account key; absent: made and kept sealed by the gateway"),
  dns01: z.strictObject({
    url: HttpsUrl.describe("HTTPS endpoint that sets and removes TXT records"),
    caFile: FilePath.optional().describe("PEM file: CAs of the endpoint; absent: the public CAs of the box"),
    tokenFile: FilePath.optional().describe("File with the bearer token of the endpoint"),
    waitSeconds: z.int().min(0).max(3600).default(30).describe(
      "Seconds between setting the record and asking for validation",
    ),
  }).describe("How the TXT record _acme-challenge.<hostname> is set"),
});

/** The `pki` section. */
export const PkiConfig = z.strictObject({
  organization: Text.default("Bulkhead").describe("O= in the certificates that the site CA issues"),
  stationOrganizations: listOf(Text).default([]).describe("Accepted O= of station certificates; empty: any"),
  intermediate: z.strictObject({
    certFile: FilePath.describe("PEM file: name-constrained intermediate, then its issuers"),
    keyFile: FilePath.describe("PEM file: private key of the intermediate (P-256)"),
  }).optional().describe("Site CA as an intermediate of your own root; absent: a root of this site"),
  serverCertificateHours: z.int().min(1).max(9_528).default(24).describe(
    "Validity of server certificates; renewed after two thirds of it. Longer for stations whose clock runs ahead",
  ),
  stationCertificateDays: z.int().min(1).max(3_650).default(730).describe("Validity of station certificates"),
  backdateHours: z.int().min(0).max(87_600).default(24).describe(
    "Certificates are valid from this long before now, for stations whose clock is behind; a certificate that is stolen helps in the past too, so no longer than needed",
  ),
  acme: AcmeConfig.optional().describe("Certificate of the console from an ACME server; absent: from the site CA"),
});
/** The `pki` section. */
export type PkiConfig = z.infer<typeof PkiConfig>;
