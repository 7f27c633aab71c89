/** Milliseconds of a minute. */
const MINUTE = 60_000;

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * Tells minutes of the week (Monday 00:00 is 0) in one time zone, daylight saving included. Asks the calendar once a
 * minute at most, so that a rule with hours costs a message nothing.
 */
export function createLocalWeek(timeZone: string): (wallMs: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  let known = Number.NaN, answer = 0;
  return (wallMs) => {
    const minute = Math.floor(wallMs / MINUTE);
    if (minute === known) return answer;
    const parts = new Map(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
    const day = DAYS.indexOf(parts.get("weekday") ?? "Mon");
    known = minute;
    return answer = (day * 24 + Number(parts.get("hour"))) * 60 + Number(parts.get("minute"));
  };
}
