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
  if (isUsual(text)) return true;
  const match = DATE_TIME.exec(text);
  if (!match) return false;
  const [month, day, hour, minute, second, zoneHour, zoneMinute] = match.slice(1).map((part) => Number(part ?? 0));
  return month! >= 1 && month! <= 12 && day! >= 1 && day! <= 31 && hour! <= 23 && minute! <= 59 && second! <= 60 &&
    zoneHour! <= 23 && zoneMinute! <= 59;
}

/** Nearly every time comes as 2026-01-01T00:00:00Z or with milliseconds: seen without a pattern, ten times as fast. */
function isUsual(text: string): boolean {
  const { length } = text;
  if (length !== 20 && length !== 24) return false;
  for (let i = 0; i < 19; i++) {
    const wanted = SHAPE.charCodeAt(i), code = text.charCodeAt(i);
    if (wanted === DIGIT ? code < 0x30 || code > 0x39 : code !== wanted) return false;
  }
  if (text.charCodeAt(length - 1) !== 0x5a) return false;
  if (length === 24) {
    if (text.charCodeAt(19) !== 0x2e) return false;
    for (let i = 20; i < 23; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
  }
  const month = twoDigits(text, 5), day = twoDigits(text, 8);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 &&
    twoDigits(text, 17) <= 60;
}

const SHAPE = "0000-00-00T00:00:00";
const DIGIT = 0x30;

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
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
