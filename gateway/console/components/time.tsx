import type { Language } from "../i18n/language.ts";

/** How times are written for one person: their language, the site's time zone, and what is now. */
export interface TimeStyle {
  readonly language: Language;
  /** IANA name, as Europe/Berlin. */
  readonly timeZone: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE" };

/** Date and time at the site; the machine's form is in the element. */
export function Time({ at, style, dateOnly }: { at: string | number; style: TimeStyle; dateOnly?: boolean }) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return <>{String(at)}</>;
  return <time datetime={time.toISOString()} class="nowrap">{writeTime(time, style, dateOnly === true)}</time>;
}

/** Date and time as text, in the site's time zone. */
export function writeTime(time: Date, { language, timeZone }: TimeStyle, dateOnly = false): string {
  const clock = dateOnly ? {} : { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return new Intl.DateTimeFormat(LOCALES[language], {
    timeZone,
    day: "2-digit",
    month: "short",
    year: "numeric",
    ...clock,
  }).format(time);
}

const STEPS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]] as const;

/** How long ago or ahead, in the largest unit that fits: "3 hours ago". */
export function Ago({ at, style }: { at: string | number; style: TimeStyle }) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return <>{String(at)}</>;
  const exact = writeTime(time, style);
  return <time datetime={time.toISOString()} title={exact} class="nowrap">{writeAgo(time, style)}</time>;
}

/** How long ago or ahead as text. */
export function writeAgo(time: Date, { language, now }: TimeStyle): string {
  const distance = time.getTime() - now;
  const [unit, length] = STEPS.find(([, step]) => Math.abs(distance) >= step) ?? STEPS[3];
  return new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto" })
    .format(Math.trunc(distance / length), unit);
}
