/**
 * The REST interface of KEBA P40 (port 8443), as three clients in public use it. Form: PageTable in
 * policies/device_page.ts.
 */
const ANY = ["GET", "HEAD", "OPTIONS", "POST"];
const BOX = "/v2/wallboxes/*"; // the path segment of KEBA for a station
export const KEBA_P40_PAGES = [
  { id: "/v2/jwt/**", path: "/v2/jwt/**", methods: ANY, driverOnly: true },
  { id: "/version", path: "/version", role: "user" },
  { id: "/serialnumber", path: "/serialnumber", role: "user" },
  { id: "/v2/wallboxes", path: "/v2/wallboxes", role: "user" },
  { id: "/v2/wallboxes/<serial>", path: BOX, role: "user" },
  { id: "startCharging", path: `${BOX}/startCharging`, methods: ["POST"], capability: "edit" },
  { id: "stopCharging", path: `${BOX}/stopCharging`, methods: ["POST"], capability: "edit" },
  { id: "changeAvailability", path: `${BOX}/changeAvailability`, methods: ["POST"], capability: "edit" },
  {
    ...{ id: "permanentlyLock", path: `${BOX}/permanentlyLock`, methods: ["POST", "DELETE"] },
    ...{ capability: "edit", role: "installer" } as const,
  },
] as const;
