/** Names of the families of controllers whose pages the gateway knows how to log in to, alphabetical; "form" is a site's own. */
export const DRIVER_NAMES = [
  "alfen",
  "basic",
  "bender",
  "charx",
  "evlink-parking",
  "form",
  "guided",
  "keba-p40",
] as const;
