/** What each family of controllers calls its accounts, by role; a role that is absent has no account there. */
export const ACCOUNT_NAMES = {
  alfen: { installer: "admin" },
  basic: { user: "user", operator: "operator", installer: "admin", manufacturer: "manufacturer" },
  bender: { user: "user", operator: "operator", installer: "installer", manufacturer: "manufacturer" },
  charx: { user: "user", operator: "operator", manufacturer: "manufacturer" },
  "evlink-parking": { installer: "admin" },
  guided: {},
  "keba-p40": { installer: "admin" },
} as const;
