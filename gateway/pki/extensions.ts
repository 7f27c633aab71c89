import {
  type Der,
  DerReader,
  hexOf,
  malformed,
  readBits,
  readBoolean,
  readOid,
  readText,
  readUnsigned,
  TAG,
} from "./der_reader.ts";
import { PKI_LIMITS } from "./limits.ts";

/** Object identifiers of the extensions that are understood (RFC 5280 section 4.2). */
export const EXTENSION = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  nameConstraints: "2.5.29.30",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  /** MB-TCP-Security v36 R-20. */
  modbusRole: "1.3.6.1.4.1.50316.802.1",
} as const;

/** Extended key usages that matter here. */
export const PURPOSE = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  /** RFC 9336. */
  documentSigning: "1.3.6.1.5.5.7.3.36",
} as const;
/** Bits of KeyUsage. */
export const KEY_USAGE = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  keyCertSign: 5,
  crlSign: 6,
} as const;
/** Context tags of a GeneralName. */
export const GENERAL_NAME = { email: 1, dns: 2, directory: 4, uri: 6, ip: 7 } as const;

/** One GeneralName: its context tag number and content (a dNSName or URI as ASCII text, others as bytes). */
export interface GeneralName {
  readonly kind: number;
  readonly text?: string;
  readonly bytes: Uint8Array;
}

/** Trees of names that certificates below a CA may or may not carry. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** The extensions of one certificate. */
export interface Extensions {
  /** Undefined without basicConstraints. */
  readonly ca?: { readonly isCa: boolean; readonly pathLength?: number };
  readonly keyUsage?: ReadonlySet<number>;
  readonly purposes?: readonly string[];
  readonly altNames: readonly GeneralName[];
  readonly nameConstraints?: NameConstraints;
  /** Lower-case hex. */
  readonly subjectKeyId?: string;
  /** Role of a client of Modbus/TCP Security: the whole text is one role. */
  readonly modbusRole?: string;
  /** Critical extensions that are not understood: such a certificate must be refused. */
  readonly unknownCritical: readonly string[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads an Extensions SEQUENCE. @throws ProtocolError PKI_MALFORMED also for a repeated extension */
export function readExtensions(list: DerReader): Extensions {
  const unknownCritical: string[] = [];
  const found: Writable<Extensions> = { altNames: [], unknownCritical };
  const seen = new Set<string>();
  while (!list.done) {
    const entry = list.open(TAG.sequence);
    const id = readOid(entry.read(TAG.oid));
    const flag = entry.optional(TAG.boolean);
    const content = new DerReader(entry.read(TAG.octetString).value);
    entry.end();
    if (seen.has(id)) throw malformed(`extension ${id} stands there twice`);
    if (seen.size >= PKI_LIMITS.extensions) throw malformed(`more than ${PKI_LIMITS.extensions} extensions`);
    seen.add(id);
    if (!readOne(id, content, found) && flag && readBoolean(flag)) unknownCritical.push(id);
  }
  return found;
}

function readOne(id: string, content: DerReader, into: Writable<Extensions>): boolean {
  switch (id) {
    case EXTENSION.basicConstraints:
      into.ca = readBasicConstraints(content);
      break;
    case EXTENSION.keyUsage:
      into.keyUsage = readBits(content.read(TAG.bitString));
      break;
    case EXTENSION.extendedKeyUsage: {
      const purposes: string[] = [];
      for (const reader = content.open(TAG.sequence); !reader.done;) purposes.push(readOid(reader.read(TAG.oid)));
      into.purposes = purposes;
      break;
    }
    case EXTENSION.subjectAltName:
      into.altNames = readGeneralNames(content.open(TAG.sequence));
      break;
    case EXTENSION.nameConstraints:
      into.nameConstraints = readNameConstraints(content.open(TAG.sequence));
      break;
    case EXTENSION.subjectKeyId:
      into.subjectKeyId = hexOf(content.read(TAG.octetString).value);
      break;
    case EXTENSION.modbusRole:
      into.modbusRole = readRole(content.read(TAG.utf8String));
      break;
    default:
      return false;
  }
  content.end();
  return true;
}

/** A role that cannot be told from another by eye, or is none, is no role: control characters and nothing are refused. */
function readRole(role: Der): string {
  const text = readText(role);
  if (role.value.length > PKI_LIMITS.roleBytes || !/^[^\p{Cc}\p{Cf}]+$/u.test(text) || text.trim() !== text) {
    throw malformed("a Modbus role that is empty, too long or not plain text");
  }
  return text;
}

function readBasicConstraints(content: DerReader): { isCa: boolean; pathLength?: number } {
  const reader = content.open(TAG.sequence);
  const flag = reader.optional(TAG.boolean);
  const length = reader.optional(TAG.integer);
  reader.end();
  const isCa = flag !== undefined && readBoolean(flag);
  if (!length) return { isCa };
  return { isCa, pathLength: Number.parseInt(readUnsigned(length), 16) };
}

function readGeneralNames(reader: DerReader): readonly GeneralName[] {
  const names: GeneralName[] = [];
  while (!reader.done) names.push(readGeneralName(reader.read()));
  if (names.length > PKI_LIMITS.names) throw malformed(`more than ${PKI_LIMITS.names} alternative names`);
  return names;
}

function readGeneralName(name: Der): GeneralName {
  if ((name.tag & 0xc0) !== 0x80) throw malformed("alternative name without a context tag");
  const kind = name.tag & 0x1f;
  const isText = kind === GENERAL_NAME.dns || kind === GENERAL_NAME.uri || kind === GENERAL_NAME.email;
  if (!isText) return { kind, bytes: name.value };
  if (name.value.some((byte) => byte < 0x21 || byte > 0x7e)) throw malformed("alternative name that is not ASCII text");
  return { kind, text: String.fromCharCode(...name.value.subarray(0, 512)), bytes: name.value };
}

function readNameConstraints(reader: DerReader): NameConstraints {
  const subtrees = (tag: number): GeneralName[] => {
    const list = reader.optional(tag);
    const names: GeneralName[] = [];
    for (const trees = list && reader.inside(list); trees && !trees.done;) {
      const tree = trees.open(TAG.sequence);
      names.push(readGeneralName(tree.read()));
      tree.end(); // minimum and maximum must be absent (RFC 5280 section 4.2.1.10)
    }
    if (names.length > PKI_LIMITS.names) throw malformed(`more than ${PKI_LIMITS.names} name constraints`);
    return names;
  };
  const constraints = { permitted: subtrees(0xa0), excluded: subtrees(0xa1) };
  reader.end();
  return constraints;
}
