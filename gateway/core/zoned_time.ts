/**
 * The moment at which clocks in a time zone show a wall time. A time that is skipped in spring is read with the offset
 * before it; one that comes twice in autumn is the first of the two.
 * @param text as browsers send it: "2026-11-21T09:30", seconds allowed
 * @param timeZone IANA name
 * @returns milliseconds since 1970; undefined when the text is none
 */
export function momentOfWallTime(text: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined;
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const offsets = [asUtc - DAY_MS, asUtc + DAY_MS].map((at) => offsetAt(at, timeZone));
  const fitting = offsets.map((offset) => asUtc - offset).filter((at) => at + offsetAt(at, timeZone) === asUtc);
  return fitting.length > 0 ? Math.min(...fitting) : asUtc - offsets[0]!;
}

const DAY_MS = 86_400_000;

/** Milliseconds that clocks of the zone are ahead of UTC. */
function offsetAt(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(at / 1_000) * 1_000;
}
