/** The languages of the console; the first is the one for who asks for another. */
export const LANGUAGES = ["en", "de"] as const;
/** A language of the console. */
export type Language = typeof LANGUAGES[number];

/** Their own names, for the switch. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

/** Values for the `{name}` places of a text. */
export type TextValues = Readonly<Record<string, string | number>>;

/** Texts of one part of the console in every language, with the same keys. */
export interface Dictionary<Key extends string> {
  readonly name: string;
  readonly texts: Readonly<Record<Language, Readonly<Record<Key, string>>>>;
  /** The texts of one language as a function. */
  in(language: Language): (key: Key, values?: TextValues) => string;
}

/** Declares texts. A key that one language lacks is a type error; places that differ are found by a test. */
export function defineTexts<const Texts extends Readonly<Record<string, string>>>(
  name: string,
  en: Texts,
  de: Readonly<Record<keyof Texts & string, string>>,
): Dictionary<keyof Texts & string> {
  const texts = { en, de } as Readonly<Record<Language, Readonly<Record<string, string>>>>;
  return {
    name,
    texts,
    in: (language) => (key, values) => fillPlaces(texts[language][key] ?? key, values),
  };
}

/** Puts values into the `{name}` places of a text; a place without a value stays as it is. */
export function fillPlaces(text: string, values: TextValues = {}): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/**
 * The language to answer in: what the person chose (cookie), else what the browser prefers, else English.
 * @param accepted the Accept-Language header
 */
export function chooseLanguage(chosen: string | undefined, accepted: string | undefined): Language {
  const known = (tag: string | undefined) => LANGUAGES.find((language) => language === tag);
  const wanted = (accepted ?? "").slice(0, 256).split(",").map((part) => {
    const [tag = "", quality = "q=1"] = part.trim().split(";");
    return { tag: tag.split("-")[0]!.toLowerCase(), quality: Number(quality.trim().slice(2)) || 0 };
  });
  const best = wanted.sort((a, b) => b.quality - a.quality).find(({ tag, quality }) => quality > 0 && known(tag));
  return known(chosen) ?? known(best?.tag) ?? LANGUAGES[0];
}
