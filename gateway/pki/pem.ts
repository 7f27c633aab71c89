import { malformed } from "./der_reader.ts";
import { PKI_LIMITS } from "./limits.ts";

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/**
 * DER of all PEM blocks with this label (RFC 7468); text between blocks is passed over.
 * @throws ProtocolError PKI_MALFORMED for a block that is cut off, too many or too large
 */
export function readPem(text: string, label: string, limit = 256): Uint8Array[] {
  const found: Uint8Array[] = [];
  let blocks = 0;
  for (const match of text.matchAll(BLOCK)) {
    blocks++;
    if (match[1] !== label) continue;
    if (found.length >= limit) throw malformed(`more than ${limit} PEM blocks "${label}"`);
    found.push(fromBase64(match[2]!));
  }
  // A block without its end would be passed over silently: a bundle would lose a CA.
  if ((text.match(/-----BEGIN /g)?.length ?? 0) !== blocks) throw malformed("a PEM block is cut off");
  return found;
}

/** The only PEM block with this label. @throws ProtocolError PKI_MALFORMED when there are none or several */
export function readOnePem(text: string, label: string): Uint8Array {
  const [first, ...more] = readPem(text, label);
  if (!first) throw malformed(`no PEM block "${label}"`);
  if (more.length > 0) throw malformed(`${more.length + 1} PEM blocks "${label}", wanted one`);
  return first;
}

function fromBase64(text: string): Uint8Array {
  if (text.length > PKI_LIMITS.certificateBytes * 2) throw malformed("a PEM block is too large");
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (char) => char.charCodeAt(0));
  } catch (error) {
    throw malformed("a PEM block is not base64", error);
  }
}
