/**
 * Host names of the time servers that stations come with. A station that has no way out still asks for them; the gateway
 * may answer with its own address (dns.vendorTimeNames). Data: only what a source says. Alphabetical by vendor.
 */
export const TIME_NAMES = [
  {
    vendor: "bender",
    names: ["ntp.elinc.de"],
    source: "vendor's manual, charge controller, networking, NTP: server 1 must not be empty, asked every 3600 s",
  },
  {
    vendor: "go-e",
    names: ["europe.pool.ntp.org"],
    source: "the maker in issue 41 of its API repository: key ts of all chargers",
  },
  {
    vendor: "openevse",
    names: ["pool.ntp.org", "time.cloudflare.com"],
    source: "pull request 1290 of its firmware: the default before and after",
  },
  {
    vendor: "schneider",
    names: ["pool.ntp.org"],
    source: "operator's tuned values for EVlink 3.2 to 3.4: key timeservername",
  },
  // every zone of the public pool, which firmware of many makers has built in
  { vendor: "any", names: ["pool.ntp.org", "*.pool.ntp.org"], source: "ntppool.org: zones by region and by vendor" },
] as const;
