/**
 * Passwords of the factory that are publicly documented, by driver: what adoption must not leave in place (EV-01). They
 * open nothing by themselves; each is tried at most once for each account.
 */
export const DEFAULT_ACCOUNTS = {
  bender: [
    {
      role: "operator",
      name: "operator",
      password: "yellow_zone",
      source: "public clients speak with real boxes by it",
    },
  ],
  charx: [
    {
      role: "manufacturer",
      name: "manufacturer",
      password: "manufacturer",
      source: "public study of firmware 1.9.0: the first login, which forces a change",
    },
  ],
} as const;
