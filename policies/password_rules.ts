/** The presets for passwords of people; docs/people.md shows them side by side. */
export const PASSWORD_PRESETS = ["nist-63b", "evlink-pro-dc", "bender-strong"] as const;
/** One preset. */
export type PasswordPreset = typeof PASSWORD_PRESETS[number];

/** What a preset asks for. Lengths count code points. */
export interface PasswordPresetRules {
  readonly preset: PasswordPreset;
  readonly minLength: number;
  /** Shorter passwords do when a second factor is always asked for as well. */
  readonly minLengthWithSecondFactor: number;
  readonly maxLength: number;
  readonly digit: boolean;
  readonly upper: boolean;
  readonly lower: boolean;
  /** One of these characters, "any" for one that is neither letter nor digit nor blank; absent: none is asked for. */
  readonly special?: string;
  readonly source: string;
}

/** The special characters of the EVlink Pro DC guide (EV-13). */
export const EVLINK_SPECIAL = "-;,$&@.?!";

/** Every preset. The list of refused words is part of all of them. */
export const PRESET_RULES: Readonly<Record<PasswordPreset, PasswordPresetRules>> = {
  "nist-63b": {
    preset: "nist-63b",
    minLength: 15,
    minLengthWithSecondFactor: 8,
    maxLength: 128,
    digit: false,
    upper: false,
    lower: false,
    source: "NIST SP 800-63B-4: length and a list of refused words, no composition, no change by date",
  },
  "evlink-pro-dc": {
    preset: "evlink-pro-dc",
    minLength: 8,
    minLengthWithSecondFactor: 8,
    maxLength: 31,
    digit: true,
    upper: true,
    lower: true,
    special: EVLINK_SPECIAL,
    source:
      "EVlink Pro DC guide (EV-13): 8 to 31 characters, digit, upper case, lower case and one of - ; , $ & @ . ? !",
  },
  "bender-strong": {
    preset: "bender-strong",
    minLength: 8,
    minLengthWithSecondFactor: 8,
    maxLength: 100,
    digit: true,
    upper: true,
    lower: true,
    special: "any",
    source:
      "Bender manual, strong login passwords: lower case, upper case, digit and special character; it names no length",
  },
};

/** What is judged. */
export interface PasswordFacts {
  readonly password: string;
  readonly preset: PasswordPreset;
  /** A second factor is asked for at every login of this person. */
  readonly hasSecondFactor: boolean;
  /** Name of the person and other words that only this person must not use. */
  readonly ownWords: readonly string[];
  /** Vendor and site words, and passwords that everybody knows. Lower case. */
  readonly refusedWords: readonly string[];
}

/** One rule that a password breaks. */
export interface PasswordFault {
  readonly rule: string;
  readonly says: string;
}

/** All rules that a password breaks; empty when it is good. The password itself is in no text. */
export function judgePassword(facts: PasswordFacts): readonly PasswordFault[] {
  const rules = PRESET_RULES[facts.preset];
  return [...lengthFaults(facts, rules), ...compositionFaults(facts.password, rules), ...wordFaults(facts)];
}

/** The rules of a preset as sentences. */
export function describeRules(rules: PasswordPresetRules, hasSecondFactor: boolean): readonly string[] {
  const min = minLengthOf(rules, hasSecondFactor);
  return [
    `${min} to ${rules.maxLength} characters`,
    ...rules.digit ? ["a digit"] : [],
    ...rules.upper ? ["an upper-case letter"] : [],
    ...rules.lower ? ["a lower-case letter"] : [],
    ...rules.special === undefined ? [] : [describeSpecial(rules.special)],
    "not made of your name, the site's or a maker's name, or a password that everybody knows",
  ];
}

/** The shortest password of a preset. */
export function minLengthOf(rules: PasswordPresetRules, hasSecondFactor: boolean): number {
  return hasSecondFactor ? rules.minLengthWithSecondFactor : rules.minLength;
}

function describeSpecial(special: string): string {
  return special === "any" ? "a special character" : `one of ${[...special].join(" ")}`;
}

function lengthFaults({ password, hasSecondFactor }: PasswordFacts, rules: PasswordPresetRules): PasswordFault[] {
  const length = [...password].length, min = minLengthOf(rules, hasSecondFactor);
  if (length < min) {
    return [{ rule: "password.too-short", says: `it has ${length} characters, wanted at least ${min}` }];
  }
  if (length <= rules.maxLength) return [];
  return [{ rule: "password.too-long", says: `it has ${length} characters, wanted at most ${rules.maxLength}` }];
}

function compositionFaults(password: string, rules: PasswordPresetRules): PasswordFault[] {
  const faults: PasswordFault[] = [];
  const want = (isAsked: boolean, pattern: RegExp, rule: string, says: string) => {
    if (isAsked && !pattern.test(password)) faults.push({ rule, says });
  };
  want(rules.digit, /[0-9]/, "password.no-digit", "it has no digit");
  want(rules.upper, /\p{Lu}/u, "password.no-upper", "it has no upper-case letter");
  want(rules.lower, /\p{Ll}/u, "password.no-lower", "it has no lower-case letter");
  const { special } = rules;
  if (special !== undefined && !hasSpecial(password, special)) {
    faults.push({ rule: "password.no-special", says: `it has not ${describeSpecial(special)}` });
  }
  return faults;
}

function hasSpecial(password: string, special: string): boolean {
  return special === "any" ? /[^\p{L}\p{N}\s]/u.test(password) : [...password].some((char) => special.includes(char));
}

/** Characters that a guesser writes for letters, as in "P@ssw0rd". */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  "$": "s",
  "!": "i",
};

/**
 * A password that is a refused word with little around it: what is left without the word is shorter than what the
 * preset wants at least, counted without the digits and signs that people put at the end.
 */
function wordFaults({ password, ownWords, refusedWords, preset }: PasswordFacts): PasswordFault[] {
  const plain = password.toLowerCase(), unmasked = unmask(plain);
  const core = (text: string) => text.replace(/[^\p{L}]+/gu, "");
  const own = ownWords.map((word) => word.toLowerCase()).filter((word) => word.length >= 4);
  const hit = (words: readonly string[]) =>
    words.find((word) => {
      if (plain === word || unmasked === word) return true;
      if (word.length < 4) return false;
      return [plain, unmasked].some((text) => text.includes(word) && core(text.replace(word, "")).length < SLACK);
    });
  if (hit(own) !== undefined) return [{ rule: "password.own-word", says: "it is little more than a name of yours" }];
  if (hit(refusedWords) !== undefined) {
    return [{ rule: "password.refused-word", says: `it is little more than a word on the list of refused ones` }];
  }
  const most = PRESET_RULES[preset].preset === "nist-63b" && new Set(plain).size < 5;
  return most ? [{ rule: "password.repetition", says: "it repeats fewer than five characters" }] : [];
}

/** Letters that must stand beside a refused word. */
const SLACK = 4;

function unmask(text: string): string {
  return [...text].map((char) => LOOKALIKES[char] ?? char).join("");
}
