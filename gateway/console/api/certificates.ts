import { z } from "zod";
import { operation } from "./operation.ts";

/** One certificate that the site CA issued. */
export const IssuedRow = z.object({
  serial: z.string(),
  stationId: z.string(),
  fingerprint: z.string(),
  who: z.string(),
  issuedAt: z.string(),
  notAfter: z.string(),
  state: z.string(),
});
/** One certificate that the site CA issued. */
export type IssuedRow = z.infer<typeof IssuedRow>;
/** The certificate of one listener of the gateway. */
export const ListenerRow = z.object({
  listener: z.string(),
  source: z.string(),
  names: z.array(z.string()),
  notAfter: z.string(),
});
/** The certificate of one listener of the gateway. */
export type ListenerRow = z.infer<typeof ListenerRow>;
const Certificates = z.object({ certificates: z.array(IssuedRow), listeners: z.array(ListenerRow) });
/** All that `cert list` says. */
export type Certificates = z.infer<typeof Certificates>;

/** Certificates of stations and of the gateway's listeners. */
export const listCertificates = operation({
  id: "listCertificates",
  method: "get",
  path: "/certificates",
  tag: "certificates",
  summary: "Lists certificates of stations and of the gateway's own listeners",
  needs: "command cert list",
  input: z.object({ station: z.string().max(48).optional().describe("Only those of this station") }),
  output: Certificates,
  call: async (person, input) => Certificates.parse((await person.run("cert list", input)).data),
});

const Pem = z.object({ pem: z.string() });

/** The certificate that stations must trust. */
export const readSiteCa = operation({
  id: "readSiteCa",
  method: "get",
  path: "/certificates/site-ca",
  tag: "certificates",
  summary: "The certificate of the site CA, for stations to trust",
  needs: "command cert export-ca",
  input: z.object({}),
  output: Pem,
  call: async (person) => Pem.parse((await person.run("cert export-ca")).data),
});

/** A certificate for a station, by its own request. */
export const issueCertificate = operation({
  id: "issueCertificate",
  method: "post",
  path: "/certificates",
  tag: "certificates",
  summary: "Issues a station certificate for its own certificate signing request",
  needs: "command cert issue",
  input: z.object({
    station: z.string().min(1).max(48),
    csr: z.string().min(1).max(16_384).describe("PKCS #10 in PEM, made by the station"),
  }),
  output: z.object({ serial: z.string(), notAfter: z.string(), pem: z.string() }).loose(),
  call: async (person, input) =>
    z.object({ serial: z.string(), notAfter: z.string(), pem: z.string() }).loose().parse(
      (await person.run("cert issue", input)).data,
    ),
});

/** Ends a certificate before its time. */
export const revokeCertificate = operation({
  id: "revokeCertificate",
  method: "post",
  path: "/certificates/{serial}/revoke",
  tag: "certificates",
  summary: "Revokes a station certificate and closes the connection that uses it",
  needs: "command cert revoke",
  input: z.object({ serial: z.string().min(1).max(80) }),
  output: z.object({ revoked: z.array(z.string()) }),
  call: async (person, input) =>
    z.object({ revoked: z.array(z.string()) }).parse((await person.run("cert revoke", input)).data),
});
