/** What the generated modules need at run time, in place of the packages they were made with. */

/** Length of a text in code points, as JSON Schema counts maxLength. */
export default function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const isHigh = (text.charCodeAt(i) & 0xfc00) === 0xd800;
    if (isHigh && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--;
      i++;
    }
  }
  return count;
}

/**
 * RFC 3339, with one relaxation: the zone may be missing or have hours only, since stations in the field send both
 * ("2026-01-01T00:00:00", "2026-01-01T03:00:00+03").
 */
const DATE_TIME = /^\d{4}-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|[+-](\d\d)(?::?(\d\d))?)?$/;

function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (!match) return false;
  const [month, day, hour, minute, second, zoneHour, zoneMinute] = match.slice(1).map((part) => Number(part ?? 0));
  return month! >= 1 && month! <= 12 && day! >= 1 && day! <= 31 && hour! <= 23 && minute! <= 59 && second! <= 60 &&
    zoneHour! <= 23 && zoneMinute! <= 59;
}

/** A function and no pattern: the generated code calls it. */
function isUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s"<>\\^`{|}]+$/.test(text);
}

/** The formats that OCPP schemas name. */
export const fullFormats = {
  "date-time": { validate: isDateTime },
  /** A scheme and something behind it: what the URL may point to is the policy's decision. */
  uri: isUri,
};
