/**
 * Pages of Schneider EVlink Parking, City and Smart Wallbox, firmware 3.x: all by one program, chosen by the parameter
 * `worker`. Names as public scripts and a scanner template use them; what nobody wrote down is the manufacturer's to
 * write. Form: PageTable in policies/device_page.ts.
 */
const CGI = "/cgi-bin/cgiServer";
export const EVLINK_PARKING_PAGES = [
  { id: "/", path: "/", role: "user" },
  {
    id: "worker=Login",
    path: CGI,
    methods: ["GET", "HEAD", "OPTIONS", "POST"],
    where: { worker: "Login" },
    driverOnly: true,
  },
  { id: "worker=IndexNew", path: CGI, where: { worker: "IndexNew" }, role: "user" },
  { id: "worker=Cluster", path: CGI, where: { worker: "Cluster" } },
  { id: "worker=DisplayChargeDetails", path: CGI, where: { worker: "DisplayChargeDetails" } },
  { id: "worker=ExportFile", path: CGI, where: { worker: "ExportFile" } },
] as const;

const EVERY_CGI = ["/cgi-bin/**"];
/** Holes that the gateway closes in front of them. Form: PagePatch in policies/page_patch.ts. */
export const EVLINK_PARKING_PATCHES = [
  {
    id: "CVE-2025-5740",
    because:
      "A path that the client chooses reaches every file of the device; only the export of charge records is let through",
    paths: EVERY_CGI,
    parameters: { names: ["filePath"], allow: "/tmp/" },
  },
  {
    id: "CVE-2025-5740-name",
    because:
      "A file name that the client chooses reaches every file of the device; only a plain .csv name is let through",
    paths: EVERY_CGI,
    parameters: { names: ["filename"], allow: "[\\w-]+\\.csv" },
  },
  {
    id: "CVE-2025-5740-export",
    because: "The export of charge records writes where the client says; only a .csv in /tmp is let through",
    paths: EVERY_CGI,
    parameters: { names: ["cdrFileName"], allow: "/tmp/[\\w-]+\\.csv" },
  },
  {
    id: "CVE-2025-5743",
    because: "A value with characters of the shell runs as a command on the device",
    paths: EVERY_CGI,
    parameters: { names: "*", allow: "[^;|&`$()<>\\r\\n\\0]*" },
  },
  {
    id: "CVE-2018-7802",
    because: "A value with a quote reaches the database of the device",
    fixedIn: "3.2.0-13",
    paths: EVERY_CGI,
    parameters: { names: "*", allow: "(?:(?!--)[^'\"])*" },
  },
] as const;
