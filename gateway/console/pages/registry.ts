import { readCampaign } from "../api/campaigns.ts";
import { openDevicePage, watchDeviceSession } from "../api/devices.ts";
import { listDeviceJobs } from "../api/device_work.ts";
import { readStationRecord } from "../api/station_talk.ts";
import type { LiveEvent, LivePart } from "../live/live_part.ts";
import { access } from "./access/access.tsx";
import { deviceSession, livePart, sessionPart } from "./access/live_sessions.tsx";
import { recordings } from "./access/recordings.tsx";
import { account } from "./account/account.tsx";
import { sheet } from "./account/sheet.tsx";
import { alarms } from "./alarms.tsx";
import { audit } from "./audit/audit.tsx";
import { auditReview } from "./audit/review.tsx";
import { badges } from "./badges/badges.tsx";
import { stationBadgeSettings } from "./badges/station_settings.tsx";
import { campaign, campaignPart } from "./campaigns/campaign.tsx";
import { campaigns } from "./campaigns/campaigns.tsx";
import { versions } from "./campaigns/versions.tsx";
import { certificates } from "./certificates/certificates.tsx";
import { dashboard, dashboardPart } from "./dashboard/dashboard.tsx";
import { flows } from "./flows/flows.tsx";
import { image } from "./images/image.tsx";
import { images } from "./images/images.tsx";
import { logs } from "./logs/logs.tsx";
import { upload } from "./images/upload.tsx";
import { names } from "./names/names.tsx";
import { network } from "./network/network.tsx";
import type { Page } from "./page.ts";
import { modbusLines } from "./modbus_lines.tsx";
import { commissioningBay, commissioningPaper, commissioningPhoto } from "./commissioning/bay.tsx";
import { commissioning } from "./commissioning/list.tsx";
import { leaving } from "./decommission/leaving.tsx";
import { decommissioning, erasureCertificate } from "./decommission/list.tsx";
import { plan, planPicture } from "./plan/plan.tsx";
import { people } from "./people/people.tsx";
import { policies } from "./policies/policies.tsx";
import { advisories, advisory } from "./posture/advisories.tsx";
import { golden } from "./posture/golden.tsx";
import { incident } from "./incidents/incident.tsx";
import { incidents } from "./incidents/incidents.tsx";
import { fillPage } from "./inspections/fill.tsx";
import { inspection, inspectionPhoto } from "./inspections/inspection.tsx";
import { inspections } from "./inspections/inspections.tsx";
import { posture } from "./posture/posture.tsx";
import { postureReport } from "./posture/report.tsx";
import { postureSubject } from "./posture/subject.tsx";
import { device, jobsPart } from "./stations/device.tsx";
import { inbox } from "./stations/inbox.tsx";
import { stations } from "./stations/list.tsx";
import { openPart } from "./stations/open_part.tsx";
import { messagesPart } from "./stations/station_talk.tsx";
import { secrets } from "./secrets/secrets.tsx";
import { station } from "./stations/station.tsx";
import { switches } from "./switches/switches.tsx";
import { system } from "./system/system.tsx";
import { time } from "./time/time.tsx";

/** Every page of the console, in the order of the navigation. A new page is one line here (docs/add-a-page.md). */
export const PAGES: readonly Page[] = [
  dashboard,
  alarms,
  stations,
  station,
  device,
  commissioning,
  commissioningBay,
  commissioningPaper,
  commissioningPhoto,
  decommissioning,
  erasureCertificate,
  leaving,
  plan,
  planPicture,
  inbox,
  images,
  logs,
  upload,
  image,
  versions,
  campaigns,
  campaign,
  network,
  names,
  switches,
  time,
  modbusLines,
  access,
  deviceSession,
  recordings,
  people,
  policies,
  badges,
  stationBadgeSettings,
  incidents,
  incident,
  inspections,
  fillPage,
  inspection,
  inspectionPhoto,
  posture,
  golden,
  advisories,
  advisory,
  postureReport,
  postureSubject,
  secrets,
  certificates,
  audit,
  auditReview,
  system,
  account,
  sheet,
  flows,
];

/** The live part of a page that has only one. */
const onePart = (name: string, render: LiveEvent["render"], needs?: string): LivePart => ({
  name,
  events: [{ event: "part", render, ...needs === undefined ? {} : { needs } }],
});

/** Every part of a page that keeps itself up to date. */
export const LIVE_PARTS: readonly LivePart[] = [
  onePart("campaign/:id", campaignPart, readCampaign.needs),
  onePart("dashboard", dashboardPart),
  onePart("device-sessions", livePart),
  onePart("device-work/:station", jobsPart, listDeviceJobs.needs),
  onePart("device-session/:session", sessionPart, watchDeviceSession.needs),
  {
    name: "station/:station",
    events: [
      { event: "messages", needs: readStationRecord.needs, render: messagesPart },
      { event: "pages", needs: openDevicePage.needs, render: openPart },
    ],
  },
];
