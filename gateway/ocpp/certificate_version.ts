const SEQUENCE = 0x30;
/** [0] EXPLICIT INTEGER 2: X.509 counts versions from zero, and leaves the field out for version 1. */
const VERSION_3 = [0xa0, 0x03, 0x02, 0x01, 0x02];

/** Whether a certificate (DER) is X.509 v3; anything that does not look like one is not. */
export function isVersion3(der: Uint8Array): boolean {
  const body = contentOf(der, 0);
  const fields = body === undefined ? undefined : contentOf(der, body);
  return fields !== undefined && VERSION_3.every((byte, at) => der[fields + at] === byte);
}

/** Where the content of a SEQUENCE begins; undefined when there is none at this place. */
function contentOf(der: Uint8Array, at: number): number | undefined {
  if (der[at] !== SEQUENCE) return undefined;
  const length = der[at + 1] ?? 0;
  return length < 0x80 ? at + 2 : at + 2 + (length & 0x7f);
}
