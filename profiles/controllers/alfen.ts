/**
 * The interface of Alfen Eve controllers, as clients in public use it. There is one account, `admin`, bound to the
 * connection, one session at a time, and no pages: people see it through programs. Form: PageTable in
 * policies/device_page.ts. Property ids are `<number>_<index>`; what a property means is not public as a whole, so
 * writing one is the installer's.
 */
const ANY = ["GET", "HEAD", "OPTIONS", "POST"];
export const ALFEN_PAGES = [
  { id: "/api/login", path: "/api/login", methods: ANY, driverOnly: true },
  { id: "/api/logout", path: "/api/logout", methods: ANY, driverOnly: true },
  { id: "/api/info", path: "/api/info", role: "user" },
  { id: "read /api/prop", path: "/api/prop" },
  { id: "write /api/prop", path: "/api/prop", methods: ["POST"], capability: "edit", role: "installer" },
  { id: "/api/cmd", path: "/api/cmd", methods: ["POST"], capability: "reset", role: "installer" },
  { id: "/api/log", path: "/api/log" },
  { id: "/api/transactions", path: "/api/transactions" },
] as const;
