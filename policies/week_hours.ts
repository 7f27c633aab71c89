import { type OcppRule, RULE_DAYS } from "./ocpp_rule.ts";

const DAY = 24 * 60;
const WEEK = 7 * DAY;

/** Hours of a week as rules and campaigns write them; without days every day. */
export type WeekHours = NonNullable<OcppRule["hours"]>;

/** "22:30" as minutes since midnight; undefined when it is no time of day. "24:00" is the end of a day. */
export function minuteOfDay(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{2}):([0-5]\d)$/.exec(text) ?? [];
  const at = Number(hours) * 60 + Number(minutes);
  return hours !== undefined && at <= DAY ? at : undefined;
}

/** Whether a minute of the week (Monday 00:00 is 0) lies within a rule's hours; those over midnight belong to the day they begin. */
export function isWithinHours(hours: WeekHours, minuteOfWeek: number): boolean {
  const from = minuteOfDay(hours.from) ?? 0;
  const to = minuteOfDay(hours.to) ?? DAY;
  const length = to > from ? to - from : to - from + DAY;
  return (hours.days ?? RULE_DAYS).some((day) => {
    const begin = RULE_DAYS.indexOf(day) * DAY + from;
    return (minuteOfWeek - begin + WEEK) % WEEK < length;
  });
}
