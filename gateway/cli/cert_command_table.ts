import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `cert`, alphabetical; a part of COMMANDS. */
export const CERT_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "cert export-ca",
    where: "control",
    summary: "Prints the site CA's certificate: what stations and browsers must trust",
    example: "cert export-ca > site-ca.pem",
  },
  {
    name: "cert export-crl",
    where: "control",
    summary: "Prints a new signed revocation list for other systems; the gateway itself needs none",
    example: "cert export-crl > site.crl",
  },
  {
    name: "cert issue",
    where: "control",
    summary: "Issues a station certificate for a signing request; its CN must be the station id",
    options: { "csr=FILE": "Signing request in PEM", "station=ID": "Station of the inventory" },
    sendsFiles: ["csr"],
    example: "cert issue --csr CP001.csr --station CP001 > CP001.pem",
  },
  {
    name: "cert list",
    where: "control",
    summary: "Lists the listeners' certificates with their source, and the station certificates with their state",
    options: { "station=ID": "Only those of this station" },
    example: "cert list --station CP001",
  },
  {
    name: "cert renew",
    where: "control",
    summary: "Asks the ACME server for a new console certificate now, within the day's limit",
    example: "cert renew",
  },
  {
    name: "cert revoke",
    where: "control",
    summary: "Revokes a certificate by its serial number, or all of a station; live connections end at once",
    args: ["serial?"],
    options: {
      "foreign": "The serial number is of another CA that a listener accepts (clientCaFile)",
      "station=ID": "All certificates of this station that are not revoked yet",
    },
    example: "cert revoke --station CP001",
  },
];
