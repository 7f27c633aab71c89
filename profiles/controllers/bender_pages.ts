/**
 * Pages of Bender and ebee controllers, by the maker's documentation 5.32 and 5.33 (D), the advisory of CVE-2026-8979
 * and CVE-2026-8980 (A) and clients in public that speak with real devices (C). Form: PageTable in
 * policies/device_page.ts. What people's browsers never need is the driver's alone: logins, and what the device shows
 * to anybody who asks.
 */
export const BENDER_PAGES = [
  { id: "/", path: "/", role: "user" },
  { id: "/webui/**", path: "/webui/**", role: "user" },
  { id: "/groups/<group>", path: "/groups/*", role: "user" },
  // D: one-time token and login; C: Basic for a token. The session is the gateway's.
  { id: "/v1/login", path: "/v1/login", methods: ["GET", "HEAD", "OPTIONS", "POST"], driverOnly: true },
  { id: "/json/login", path: "/json/login", methods: ["GET", "HEAD", "OPTIONS", "POST"], driverOnly: true },
  { id: "read /json/settings.json", path: "/json/settings.json", role: "user", settings: {} },
  {
    id: "write /json/settings.json",
    path: "/json/settings.json",
    methods: ["POST", "PUT", "PATCH"],
    capability: "edit",
    role: "user",
    settings: {},
  },
  {
    id: "write /v1/app_settings",
    path: "/v1/app_settings",
    methods: ["POST", "PUT", "PATCH"],
    capability: "edit",
    role: "user",
    settings: {},
  },
  { id: "/v1/**", path: "/v1/**", role: "user" },
  ...["/legacy/operator/operator", "/operator/operator"].flatMap((path) => [
    { id: path, path, legacy: true as const, settings: { except: ["SUBMITTYPE"] } },
    {
      id: `write ${path}`,
      path,
      methods: ["POST", "PUT"],
      capability: "edit" as const,
      legacy: true as const,
      settings: { except: ["SUBMITTYPE"] },
    },
  ]),
  ...["/legacy/manufacturer/manufacturer", "/manufacturer/manufacturer"].flatMap((path) => [
    { id: path, path, role: "manufacturer" as const, legacy: true as const, settings: { except: ["SUBMITTYPE"] } },
    {
      id: `write ${path}`,
      path,
      methods: ["POST", "PUT"],
      capability: "edit" as const,
      role: "manufacturer" as const,
      legacy: true as const,
      settings: { except: ["SUBMITTYPE"] },
    },
  ]),
  { id: "/legacy/operator/**", path: "/legacy/operator/**", legacy: true },
  { id: "/operator/**", path: "/operator/**", legacy: true },
  { id: "/manufacturer/**", path: "/manufacturer/**", role: "manufacturer", legacy: true },
  { id: "/legacy/**", path: "/legacy/**", role: "manufacturer", legacy: true },
  // Readable without a login on the device, so closed towards people (D, C).
  { id: "/doc/**", path: "/doc/**", driverOnly: true },
  { id: "/rest/**", path: "/rest/**", methods: ["GET", "HEAD", "OPTIONS", "POST"], driverOnly: true },
] as const;

/** Holes that the gateway closes in front of them. Form: PagePatch in policies/page_patch.ts. */
export const BENDER_PATCHES = [
  {
    id: "CVE-2021-34592",
    because: "Before 5.20.2 a value with characters of the shell runs as a command on the device",
    fixedIn: "5.20.2",
    paths: ["/json/**", "/v1/**", "/legacy/**", "/operator/**", "/manufacturer/**"],
    methods: ["POST", "PUT", "PATCH"],
    parameters: { names: "*", allow: "[^;|&`$()<>\\r\\n\\0]*" },
  },
  {
    id: "CVE-2021-34590",
    because: "Before 5.20.2 a value with markup is run by the browser of the next person",
    fixedIn: "5.20.2",
    paths: ["/json/**", "/v1/**", "/legacy/**", "/operator/**", "/manufacturer/**"],
    methods: ["POST", "PUT", "PATCH"],
    parameters: { names: "*", allow: "[^<>\"']*" },
  },
] as const;
