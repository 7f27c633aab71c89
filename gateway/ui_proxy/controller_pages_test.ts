import { equal } from "node:assert/strict";
import { CAPABILITIES, type DeviceRole } from "../../policies/access_types.ts";
import { classifyPage, decidePage, type PageTable } from "../../policies/device_page.ts";
import { judgePatches, type PagePatch } from "../../policies/page_patch.ts";
import { ALFEN_PAGES } from "../../profiles/controllers/alfen.ts";
import { CHARX_PAGES } from "../../profiles/controllers/charx.ts";
import { EVLINK_PARKING_PAGES, EVLINK_PARKING_PATCHES } from "../../profiles/controllers/evlink_parking.ts";
import { KEBA_P40_PAGES } from "../../profiles/controllers/keba_p40.ts";

const TABLES: Readonly<Record<string, PageTable>> = {
  alfen: { rows: ALFEN_PAGES },
  charx: { rows: CHARX_PAGES },
  evlink: { rows: EVLINK_PARKING_PAGES },
  keba: { rows: KEBA_P40_PAGES },
};

/** Method, path and query of a request as they stand in a log. */
function read(request: string) {
  const [method, target] = request.split(" ") as [string, string];
  const url = new URL(target, "http://device");
  return { method, path: url.pathname, parameters: [...url.searchParams] };
}

/** The least role that passes with every capability; "nobody" when none does. */
function leastRole(device: string, request: string): DeviceRole | "nobody" {
  const page = classifyPage(read(request), TABLES[device]!);
  const passes = (role: DeviceRole) =>
    decidePage(page, { grant: "g", role, capabilities: CAPABILITIES, legacy: "allowed", grantsLegacy: true })
      .effect === "allow";
  return (["user", "operator", "installer", "manufacturer"] as const).find(passes) ?? "nobody";
}

const REQUESTS: readonly (readonly [device: string, request: string, role: string, capability: string])[] = [
  ["evlink", "GET /cgi-bin/cgiServer?worker=IndexNew", "user", "view"],
  ["evlink", "GET /cgi-bin/cgiServer?worker=Cluster&id_cluster=1", "operator", "view"],
  ["evlink", "POST /cgi-bin/cgiServer?worker=Login", "nobody", "view"],
  ["evlink", "GET /cgi-bin/cgiServer?worker=Login&worker=IndexNew", "nobody", "view"],
  ["evlink", "POST /cgi-bin/cgiServer?worker=ChangePassword", "manufacturer", "edit"],
  ["charx", "GET /", "user", "view"],
  ["charx", "POST /api/v1.0/web/login", "nobody", "view"],
  ["charx", "GET /api/v1.0/web/charging-stations", "user", "view"],
  ["charx", "POST /api/v1.0/web/user/change-password", "operator", "secrets"],
  ["charx", "POST /api/v1.0/web/users-active", "manufacturer", "secrets"],
  ["charx", "POST /api/v1.0/web/update2-upload", "manufacturer", "firmware"],
  ["charx", "POST /api/v1.0/web/update2-upload-stream", "manufacturer", "firmware"],
  ["charx", "GET /api/v1.0/web/export", "operator", "secrets"],
  ["charx", "POST /api/v1.0/web/reboot-all", "operator", "reset"],
  ["charx", "POST /api/v1.0/web/firewall", "manufacturer", "edit"],
  ["charx", "POST /api/v1.0/web/unheard-of", "manufacturer", "edit"],
  ["alfen", "GET /api/info", "user", "view"],
  ["alfen", "GET /api/prop?cat=generic&offset=0", "operator", "view"],
  ["alfen", "POST /api/prop", "installer", "edit"],
  ["alfen", "POST /api/cmd", "installer", "reset"],
  ["alfen", "POST /api/login", "nobody", "view"],
  ["keba", "GET /v2/wallboxes/1234", "user", "view"],
  ["keba", "POST /v2/wallboxes/1234/startCharging?id=04AA", "operator", "edit"],
  ["keba", "DELETE /v2/wallboxes/1234/permanentlyLock", "installer", "edit"],
  ["keba", "POST /v2/jwt/refresh", "nobody", "view"],
];
for (const [device, request, role, capability] of REQUESTS) {
  Deno.test(`controller pages: ${device} ${request} is for ${role}, ${capability}`, () => {
    equal(leastRole(device, request), role);
    equal(classifyPage(read(request), TABLES[device]!).capability, capability);
  });
}

const PATCHES: readonly PagePatch[] = EVLINK_PARKING_PATCHES;
const EXPORT = "GET /cgi-bin/cgiServer?worker=ExportFile";
const RECORDS = "GET /cgi-bin/cgiServer?worker=DisplayChargeDetails&cdrType=manual";
const ATTEMPTS: readonly (readonly [request: string, firmware: string | undefined, rule: string | undefined])[] = [
  [`${EXPORT}&filePath=/tmp/&filename=export.csv`, undefined, undefined],
  [`${EXPORT}&filePath=/tmp/../etc/&filename=export.csv`, "3.4.0.2", "CVE-2025-5740"],
  [`${EXPORT}&filePath=/etc/&filename=shadow`, "3.4.0.2", "CVE-2025-5740"],
  [`${EXPORT}&filePath=/tmp/&filename=../../etc/shadow`, "3.4.0.2", "CVE-2025-5740-name"],
  [`${EXPORT}&filePath=/tmp/&filename=export.csv%00.sh`, "3.4.0.2", "CVE-2025-5740-name"],
  [`${RECORDS}&cdrFileName=/tmp/export.csv&localIP=10.20.0.12`, "3.4.0.2", undefined],
  [`${RECORDS}&cdrFileName=/tmp/export.csv&localIP=10.20.0.12;reboot`, "3.4.0.2", "CVE-2025-5743"],
  [`${RECORDS}&cdrFileName=/var/www/x.csv`, "3.4.0.2", "CVE-2025-5740-export"],
  ["POST /cgi-bin/cgiServer?worker=X&name=O'Brien", "3.2.0-12", "CVE-2018-7802"],
  ["POST /cgi-bin/cgiServer?worker=X&name=a--b", "3.2.0-12", "CVE-2018-7802"],
  ["POST /cgi-bin/cgiServer?worker=X&name=O'Brien", "3.4.0.2", undefined],
];
for (const [request, firmware, rule] of ATTEMPTS) {
  Deno.test(`controller patches: ${request} at ${firmware ?? "unknown firmware"} ${rule ? `stops by ${rule}` : "goes on"}`, () => {
    equal(judgePatches(read(request), firmware, PATCHES)?.rule, rule && `ui.patch.${rule}`);
  });
}
