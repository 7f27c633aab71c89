/** What a password of a controller has to be made of. */
export interface DevicePasswordRule {
  /** Characters. */
  readonly minLength: number;
  readonly maxLength: number;
  readonly digit: boolean;
  readonly upper: boolean;
  readonly lower: boolean;
  /** One of these has to be in it, and no other character that is neither letter nor digit may be. */
  readonly special: string;
  /** Where the rule comes from. */
  readonly source: string;
}

/**
 * What speaks against giving a controller this password; empty when nothing does. Letters are those of ASCII: what a
 * controller makes of others depends on the page that it comes from. The password is in no text.
 */
export function devicePasswordFaults(
  password: string,
  rule: DevicePasswordRule,
  /** Passwords that it must not be: the old one, documented ones of the factory. */
  never: readonly string[] = [],
): readonly string[] {
  const { minLength, maxLength, special } = rule, { length } = [...password];
  const odd = [...password].find((one) => !/^[A-Za-z0-9]$/.test(one) && !special.includes(one));
  return [
    ...length < minLength ? [`it has ${length} characters, wanted at least ${minLength}`] : [],
    ...length > maxLength ? [`it has ${length} characters, wanted at most ${maxLength}`] : [],
    ...rule.digit && !/[0-9]/.test(password) ? ["it has no digit"] : [],
    ...rule.upper && !/[A-Z]/.test(password) ? ["it has no upper-case letter"] : [],
    ...rule.lower && !/[a-z]/.test(password) ? ["it has no lower-case letter"] : [],
    ...[...special].some((one) => password.includes(one)) ? [] : [`it has none of ${[...special].join(" ")}`],
    ...odd === undefined
      ? []
      : [`it has a character that is neither letter nor digit nor one of ${[...special].join(" ")}`],
    ...never.includes(password) ? ["it is the one before, or one that the maker documents"] : [],
  ];
}
