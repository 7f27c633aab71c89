/** Names of the families of controllers whose pages the gateway knows how to log in to, alphabetical. */
export const DRIVER_NAMES = ["alfen", "basic", "bender", "charx", "evlink-parking", "guided", "keba-p40"] as const;
