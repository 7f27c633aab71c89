/**
 * Pages of Phoenix Contact CHARX SEC-3xxx, firmware 1.9.0, as one public study of the device lists its routes; to be
 * compared with a device before a site relies on them. Form: PageTable in policies/device_page.ts.
 */
const API = "/api/v1.0/web";
const WRITES = ["POST", "PUT", "PATCH", "DELETE"];
const ANY = ["GET", "HEAD", "OPTIONS", ...WRITES];
export const CHARX_PAGES = [
  { id: "/", path: "/", role: "user" },
  { id: "/assets/**", path: "/assets/**", role: "user" },
  { id: "/static/**", path: "/static/**", role: "user" },
  { id: "login", path: `${API}/login`, methods: ANY, driverOnly: true },
  { id: "user/change-password", path: `${API}/user/change-password`, methods: ANY, capability: "secrets" },
  { id: "users-active", path: `${API}/users-active`, methods: ANY, capability: "secrets", role: "manufacturer" },
  { id: "update2-upload", path: `${API}/update2-upload`, methods: ANY, capability: "firmware", role: "manufacturer" },
  {
    ...{ id: "update2-upload-stream", path: `${API}/update2-upload-stream`, methods: ANY },
    ...{ capability: "firmware", role: "manufacturer" } as const,
  },
  { id: "update2-install", path: `${API}/update2-install`, methods: ANY, capability: "firmware", role: "manufacturer" },
  { id: "import", path: `${API}/import`, methods: ANY, capability: "secrets", role: "manufacturer" },
  { id: "export", path: `${API}/export`, methods: ANY, capability: "secrets" },
  { id: "download/logs", path: `${API}/download/logs`, methods: ANY },
  {
    id: "OCPPCertificate",
    path: `${API}/OCPPCertificate`,
    methods: WRITES,
    capability: "secrets",
    role: "manufacturer",
  },
  { id: "firewall", path: `${API}/firewall`, methods: WRITES, capability: "edit", role: "manufacturer" },
  { id: "network", path: `${API}/network`, methods: WRITES, capability: "edit", role: "manufacturer" },
  { id: "reboot-all", path: `${API}/reboot-all`, methods: ANY, capability: "reset" },
  { id: "/api/**", path: `${API}/**`, role: "user" },
] as const;
