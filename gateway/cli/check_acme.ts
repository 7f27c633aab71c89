import type { Materials } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import { createPrivateKey } from "node:crypto";
import { describeError } from "../core/errors.ts";
import { AcmeAccount } from "../pki/acme_account.ts";
import { type Finding, foundFault } from "./finding.ts";

/** Judges the account key of `pki.acme`; everything else of it needs the server. */
export function checkAcme({ pki: { acme } }: Site, materials: Materials): Finding[] {
  if (acme?.accountKeyFile === undefined) return [];
  const path = ["pki", "acme", "accountKeyFile"];
  try {
    new AcmeAccount(createPrivateKey(new TextDecoder().decode(materials.get(acme.accountKeyFile) ?? new Uint8Array())));
    return [];
  } catch (error) {
    // the message of a failed parse names no key material
    return [foundFault(path, describeError(error))];
  }
}

/** What ACME will do for this site, in words for `check`. */
export function announceAcme({ pki: { acme }, console }: Site): string[] {
  if (!acme || !console) return [];
  const host = console.hostname.toLowerCase();
  const account = acme.accountKeyFile === undefined ? "a key that the gateway makes" : acme.accountKeyFile;
  return [
    `the console gets its certificate for ${host} and *.${host} from ${acme.directoryUrl}, whose terms of service you accept`,
    `it is proven by TXT records _acme-challenge.${host}, set through ${acme.dns01.url}; account: ${account}`,
    "until the first success, and whenever ACME fails for good, the console presents the site CA's certificate",
  ];
}
