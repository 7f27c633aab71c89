/**
 * Special characters that the gateway puts into secrets, of those that a controller takes: no HTML form, URL, INI file or
 * shell of a device takes them for something else, as far as is known.
 */
export const HARMLESS_SPECIALS = "-.!";

/** Characters of a secret that the gateway makes, where the controller takes so many; at most that many are typed by hand. */
export const SECRET_LENGTH = 24;

/** The recovery code of a Bender controller (BC-06): 8 to 100 letters, digits and symbols. */
export const PUK_RULE = { minLength: 8, maxLength: 100, special: "-.!" } as const;

/** The password of the log archive of a Bender controller (BC-11), which names no rule: letters and digits open any archive. */
export const LOG_PASSWORD_RULE = { minLength: 8, maxLength: 100, special: "" } as const;
