/**
 * What passwords of controllers have to be made of, by the driver's name. Where the maker names no rule, the one of the
 * EVlink Pro DC guide (EV-13) is kept: whatever satisfies it is taken by every controller that is known. Form:
 * DevicePasswordRule in policies/device_password.ts.
 */
const EV_13 = { minLength: 8, maxLength: 31, digit: true, upper: true, lower: true, special: "-;,$&@.?!" } as const;

export const DEVICE_PASSWORD_RULES = {
  alfen: { ...EV_13, source: "EV-13; the maker names no rule" },
  basic: { ...EV_13, source: "EV-13; the maker is not known" },
  bender: { ...EV_13, source: "EV-13 within the maker's strong login passwords (lower, upper, digit, special; BC-05)" },
  charx: { ...EV_13, source: "EV-13; the maker names no rule" },
  "evlink-parking": { ...EV_13, source: "EV-13" },
  form: { ...EV_13, source: "EV-13; the maker is not known" },
  guided: { ...EV_13, source: "EV-13; the maker is not known" },
  "keba-p40": { ...EV_13, source: "EV-13; the maker names no rule" },
} as const;
