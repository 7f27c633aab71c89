import {
  addGrant,
  addRequest,
  decideRequest,
  endLease,
  explainAccess,
  listGrants,
  listLeases,
  listRequests,
  removeGrant,
  withdrawRequest,
} from "./access.ts";
import { listFactors, removeFactor, renewBreakGlass, renewRecovery } from "./account.ts";
import { listAudit, tailAudit, verifyAudit } from "./audit.ts";
import { issueCertificate, listCertificates, readSiteCa, revokeCertificate } from "./certificates.ts";
import {
  fetchImageByUrl,
  listImages,
  listOffers,
  readImage,
  releaseImage,
  removeImage,
  takeImage,
  verifyImage,
  withdrawImage,
} from "./images.ts";
import { readModbusLines } from "./modbus.ts";
import { forgetDeniedNames, listDeniedNames, readDnsStatus } from "./names.ts";
import { adoptDevice, listDhcpLeases, listUnknownDevices, readDhcpStatus } from "./network.ts";
import { lookAtSwitches, readSwitches } from "./switches.ts";
import { readTime } from "./time.ts";
import type { Operation } from "./operation.ts";
import { acknowledgeAlarm, listAlarms, listCsms, readStatus } from "./overview.ts";
import {
  addPerson,
  addToken,
  changePerson,
  endSession,
  listPeople,
  listSessions,
  listTokens,
  removePerson,
  resetPerson,
  revokeToken,
  unlockPerson,
} from "./people.ts";
import { explainOcppMessage, listOcppRules } from "./policies.ts";
import {
  confirmPostureLine,
  readPosture,
  readPostureReport,
  readSubjectPosture,
  runPosture,
  unwaivePostureLine,
  waivePostureLine,
} from "./posture.ts";
import {
  applySegmentation,
  closeMaintenance,
  confirmSegmentation,
  planSegmentation,
  readSegmentation,
  undoSegmentation,
} from "./segmentation.ts";
import { adoptStation, explainStation, listInbox, listStations, renewCredential, renewStation } from "./stations.ts";
import {
  endDeviceSession,
  joinDeviceSession,
  listDevicePages,
  listDeviceSessions,
  openDevicePage,
  reopenDevicePage,
  watchDeviceSession,
} from "./devices.ts";
import { listSecurityEvents, readStationRecord } from "./station_talk.ts";
import { listRecordings, replayRecording } from "./recordings.ts";
import { listTunnels, openTunnel } from "./tunnels.ts";
import { applyReload, makeBackup, planReload, readSupportBundle } from "./system.ts";

/**
 * Every operation of the REST API, by tag. What a page can do stands here too: a test compares. Fixed paths stand before
 * those with a `{name}` in the same place.
 */
export const OPERATIONS = [
  readStatus,
  listAlarms,
  acknowledgeAlarm,
  listCsms,
  listStations,
  explainStation,
  renewCredential,
  renewStation,
  readStationRecord,
  listSecurityEvents,
  listInbox,
  adoptStation,
  listDhcpLeases,
  listUnknownDevices,
  adoptDevice,
  readDhcpStatus,
  readSegmentation,
  planSegmentation,
  applySegmentation,
  confirmSegmentation,
  undoSegmentation,
  closeMaintenance,
  listDeniedNames,
  forgetDeniedNames,
  readDnsStatus,
  readSwitches,
  lookAtSwitches,
  readTime,
  readModbusLines,
  listImages,
  readImage,
  releaseImage,
  withdrawImage,
  verifyImage,
  removeImage,
  listOffers,
  takeImage,
  fetchImageByUrl,
  listGrants,
  addGrant,
  removeGrant,
  listRequests,
  addRequest,
  decideRequest,
  withdrawRequest,
  listLeases,
  endLease,
  listTunnels,
  openTunnel,
  listDevicePages,
  openDevicePage,
  reopenDevicePage,
  listDeviceSessions,
  watchDeviceSession,
  joinDeviceSession,
  endDeviceSession,
  listRecordings,
  replayRecording,
  explainAccess,
  listOcppRules,
  explainOcppMessage,
  listPeople,
  addPerson,
  changePerson,
  removePerson,
  resetPerson,
  unlockPerson,
  renewBreakGlass,
  listSessions,
  endSession,
  listTokens,
  addToken,
  revokeToken,
  listFactors,
  removeFactor,
  renewRecovery,
  readPosture,
  readPostureReport,
  readSubjectPosture,
  runPosture,
  confirmPostureLine,
  waivePostureLine,
  unwaivePostureLine,
  listCertificates,
  readSiteCa,
  issueCertificate,
  revokeCertificate,
  listAudit,
  tailAudit,
  verifyAudit,
  planReload,
  applyReload,
  makeBackup,
  readSupportBundle,
] as unknown as readonly Operation[];
