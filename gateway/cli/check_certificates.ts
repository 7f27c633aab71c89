import { createPrivateKey, X509Certificate } from "node:crypto";
import { fileReferences, type Materials } from "../config/materials.ts";
import { type Path, pathText } from "../config/fault.ts";
import { Site } from "../config/schema.ts";
import { jsonSchemaOf } from "../config/schema_faults.ts";
import { describeError } from "../core/errors.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { sameBytes } from "../pki/der_reader.ts";
import { showName } from "../pki/distinguished_name.ts";
import { PURPOSE } from "../pki/extensions.ts";
import { readPem } from "../pki/pem.ts";
import { faultOfKey } from "../pki/public_key.ts";
import { type Finding, foundFault, foundWarning } from "./finding.ts";

/** A certificate that ends this soon is worth a warning. */
const SOON_MS = 30 * 24 * 3_600_000;

/** Keys of certificate files with the key of their private key; all others that end in CaFile are CA bundles. */
const PAIRS: Readonly<Record<string, string>> = { certFile: "keyFile", clientCertFile: "clientKeyFile" };

/** Judges every certificate that site.yaml names: form, dates, strength, order, and whether the private key fits. */
export function checkCertificates(site: Site, materials: Materials, now: number): Finding[] {
  const references = fileReferences(site, jsonSchemaOf(Site));
  const fileAt = new Map(references.map(({ path, file }) => [pathText(path), file]));
  return references.flatMap(({ path, file }) => {
    const key = String(path.at(-1));
    const text = textOf(materials, file);
    if (/[cC]aFile$/.test(key)) return checkBundle(path, text, now);
    const keyName = PAIRS[key];
    if (keyName === undefined) return [];
    const keyFile = fileAt.get(pathText([...path.slice(0, -1), keyName]));
    const keyPem = keyFile === undefined ? undefined : textOf(materials, keyFile);
    return checkIdentity(path, text, keyPem, now, purposeOf(site, path));
  });
}

/** What a certificate at this place is for. */
interface Purpose {
  readonly kind: "server" | "client" | "ca";
  /** The host name that a server certificate must hold. */
  readonly host?: string;
}

function purposeOf(site: Site, path: Path): Purpose {
  if (path[0] === "console") return { kind: "server", host: site.console!.hostname };
  if (path[0] === "pki") return { kind: "ca" };
  return { kind: path.includes("identities") ? "server" : "client" };
}

function textOf(materials: Materials, file: string): string {
  return new TextDecoder().decode(materials.get(file) ?? new Uint8Array());
}

/** One bad entry makes Deno refuse every certificate of a listener (facts/security.md 6.1), so each is judged. */
function checkBundle(path: Path, text: string, now: number): Finding[] {
  const read = readAll(path, text);
  return [
    ...read.findings,
    ...read.certificates.flatMap((certificate) => [
      ...checkForm(path, certificate, now),
      ...(certificate.extensions.ca?.isCa ? [] : [foundFault(path, `${nameOf(certificate)} is not a CA`)]),
    ]),
  ];
}

function checkIdentity(path: Path, text: string, keyPem: string | undefined, now: number, purpose: Purpose): Finding[] {
  const { certificates, findings } = readAll(path, text);
  const [leaf] = certificates;
  if (!leaf) return findings;
  const found = [...findings, ...certificates.flatMap((certificate) => checkForm(path, certificate, now))];
  certificates.slice(1).forEach((issuer, at) => {
    if (sameBytes(certificates[at]!.issuer.raw, issuer.subject.raw)) return;
    const text = `${nameOf(certificates[at]!)} was not issued by the next one in the file, ${nameOf(issuer)}`;
    found.push(foundFault(path, `${text}: wanted the leaf first, then its issuers`));
  });
  found.push(...checkPurpose(path, leaf, purpose));
  if (keyPem !== undefined) found.push(...checkKey(path, leaf, keyPem));
  return found;
}

function checkForm(path: Path, certificate: Certificate, now: number): Finding[] {
  const name = nameOf(certificate);
  const found: Finding[] = [];
  if (certificate.version !== 3) {
    found.push(foundFault(path, `${name} is an X.509 v${certificate.version} certificate: wanted v3`));
  }
  const weak = faultOfKey(certificate.publicKey);
  if (weak !== undefined) found.push(foundFault(path, `${name}: ${weak}`));
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (certificate.notAfter < now) found.push(foundFault(path, `${name} expired on ${day(certificate.notAfter)}`));
  else if (certificate.notAfter < now + SOON_MS) {
    found.push(foundWarning(path, `${name} expires on ${day(certificate.notAfter)}`));
  }
  if (certificate.notBefore > now) found.push(foundFault(path, `${name} is valid from ${day(certificate.notBefore)}`));
  return found;
}

function checkPurpose(path: Path, leaf: Certificate, { kind, host }: Purpose): Finding[] {
  const name = nameOf(leaf);
  if (kind === "ca") return leaf.extensions.ca?.isCa ? [] : [foundFault(path, `${name} is not a CA`)];
  const wanted = kind === "server" ? PURPOSE.serverAuth : PURPOSE.clientAuth;
  const { purposes } = leaf.extensions;
  const found: Finding[] = [];
  if (purposes !== undefined && !purposes.includes(wanted)) {
    found.push(foundFault(path, `${name} is not meant for TLS ${kind}s (extended key usage)`));
  }
  if (host !== undefined && new X509Certificate(leaf.der).checkHost(host) === undefined) {
    found.push(foundFault(path, `${name} does not hold the host name "${host}"`));
  }
  return found;
}

function checkKey(path: Path, leaf: Certificate, keyPem: string): Finding[] {
  try {
    const key = createPrivateKey(keyPem);
    if (new X509Certificate(leaf.der).checkPrivateKey(key)) return [];
    return [foundFault(path, `the private key beside it does not belong to ${nameOf(leaf)}`)];
  } catch (error) {
    // the message of a failed parse names no key material
    return [foundFault(path, `the private key beside it cannot be read (${describeError(error)})`)];
  }
}

function readAll(path: Path, text: string): { certificates: Certificate[]; findings: Finding[] } {
  try {
    const certificates = readPem(text, "CERTIFICATE").map((der) => readCertificate(der));
    const findings = certificates.length > 0 ? [] : [foundFault(path, "the file holds no certificate in PEM")];
    return { certificates, findings };
  } catch (error) {
    return {
      certificates: [],
      findings: [foundFault(path, `the certificates cannot be read: ${describeError(error)}`)],
    };
  }
}

const nameOf = (certificate: Certificate): string => `certificate ${showName(certificate.subject)}`;
