import type { Certificate } from "./certificate.ts";
import { DerReader, sameBytes, TAG } from "./der_reader.ts";
import { type DistinguishedName, readName } from "./distinguished_name.ts";
import { GENERAL_NAME, type GeneralName, type NameConstraints } from "./extensions.ts";

/**
 * Why a certificate breaks its CA's name constraints, or undefined (RFC 5280 section 4.2.1.10). A name of a form that
 * is constrained but not understood here is refused.
 */
export function faultOfNames(certificate: Certificate, constraints: NameConstraints): string | undefined {
  const names: GeneralName[] = [...certificate.extensions.altNames];
  if (certificate.subject.rdns.length > 0) {
    names.push({ kind: GENERAL_NAME.directory, bytes: certificate.subject.raw });
  }
  for (const name of names) {
    const shown = name.text ?? `of kind ${name.kind}`;
    const within = (tree: GeneralName) => tree.kind === name.kind && isWithin(name, tree);
    if (constraints.excluded.some((tree) => tree.kind === name.kind && isWithin(name, tree) !== false)) {
      return `its name ${shown} is excluded by the CA's name constraints`;
    }
    const permitted = constraints.permitted.filter((tree) => tree.kind === name.kind);
    if (permitted.length > 0 && !permitted.some(within)) {
      return `its name ${shown} is outside of the CA's name constraints`;
    }
  }
  return undefined;
}

/** True or false; undefined when this form of name is not understood. */
function isWithin(name: GeneralName, tree: GeneralName): boolean | undefined {
  switch (name.kind) {
    case GENERAL_NAME.dns:
      return isDomainWithin(name.text ?? "", tree.text ?? "");
    case GENERAL_NAME.ip:
      return isAddressWithin(name.bytes, tree.bytes);
    case GENERAL_NAME.directory:
      return isNameWithin(directoryName(name.bytes), directoryName(tree.bytes));
    default:
      return undefined;
  }
}

function isDomainWithin(domain: string, tree: string): boolean {
  const [name, root] = [domain.toLowerCase(), tree.toLowerCase()];
  if (root === "") return true;
  // A leading dot leaves out the domain itself; common in practice, though RFC 5280 gives it to URIs only.
  if (root.startsWith(".")) return name.endsWith(root);
  return name === root || name.endsWith(`.${root}`);
}

/** The tree is address and mask, 8 or 32 bytes. */
function isAddressWithin(address: Uint8Array, tree: Uint8Array): boolean {
  if (tree.length !== address.length * 2) return false;
  return address.every((byte, i) => (byte & tree[address.length + i]!) === (tree[i]! & tree[address.length + i]!));
}

function isNameWithin(name: DistinguishedName, tree: DistinguishedName): boolean {
  return tree.rdns.every((rdn, i) => name.rdns[i] !== undefined && sameBytes(rdn, name.rdns[i]!));
}

/** A subject stands there whole; a directoryName constraint too, since its tag is explicit. */
function directoryName(bytes: Uint8Array): DistinguishedName {
  return readName(new DerReader(bytes).read(TAG.sequence));
}
