import type { Site } from "../../config/schema.ts";
import { type StationPages, UI_PROXY_WORKER } from "../../core/device_api.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { Access } from "../access.ts";
import type { AccessBook } from "../access_book.ts";
import type { Callers } from "../callers.ts";
import type { People } from "../people.ts";
import { devicePeopleHandlers, deviceWorkerHandlers } from "./device_handlers.ts";
import { DeviceLog } from "./device_log.ts";
import { DeviceSessions } from "./device_sessions.ts";
import { recordingHandlers } from "./recording_handlers.ts";
import { Recordings } from "./recordings.ts";

/** What the site and the inventory know of device pages. */
export interface DeviceSources {
  readonly pages: (site: Site) => readonly StationPages[];
  /** Version that a station reported last. */
  readonly firmware: (station: string) => string | undefined;
}

/** Device sessions as a part of people. */
export interface DeviceFeature {
  readonly sessions: DeviceSessions;
  readonly recordings: Recordings;
  readonly handlers: RpcHandlers<ControlApi>;
  handlersFor(worker: string): RpcHandlers<ControlApi>;
  workerJoined(worker: string): Promise<void>;
  workerLeft(worker: string): Promise<void>;
}

/** Opens device sessions; they end with the ways and logins of people. */
export async function createDeviceFeature(
  people: People,
  callers: Callers,
  access: Access,
  book: AccessBook,
  sources: DeviceSources,
): Promise<DeviceFeature> {
  const sessions = await DeviceSessions.open({ people, access, book, firmware: sources.firmware });
  const recordings = await Recordings.open(people);
  const log = new DeviceLog(people, recordings);
  const parts = { callers, access, sessions, log, site: () => people.context.site, pages: sources.pages };
  const carriedBy = (worker: string) => sessions.all().filter((record) => record.worker === worker);
  sessions.onEnded.push(({ id }) => log.forget(id));
  access.onEnded.push(({ id }, why) => {
    const rule = why === "access.key-switch" ? "device-session.key-switch" : "device-session.way-closed";
    void sessions.end(sessions.all().filter(({ lease }) => lease === id), rule, "gateway");
  });
  return {
    sessions,
    recordings,
    handlers: { ...devicePeopleHandlers(parts), ...recordingHandlers(callers, recordings) },
    handlersFor: (worker) => isUiProxy(worker) ? deviceWorkerHandlers(parts, worker) : {},
    workerJoined: async (worker) => {
      if (!isUiProxy(worker)) return;
      const { sessions: carried } = await people.context.workers.get(worker).call("device.carried", {});
      const lost = carriedBy(worker).filter(({ id }) => !carried.includes(id));
      await sessions.end(lost, "device-session.restart", "gateway");
    },
    workerLeft: async (worker) => {
      // After a reload its successor gets them with the next request of each; of a Worker that fell nothing is left.
      if (people.context.workers.of(UI_PROXY_WORKER).length > 0) return;
      await sessions.end(carriedBy(worker), "device-session.worker-ended", "gateway");
    },
  };
}

/** Also its successor after a reload, "ui_proxy~2". */
const isUiProxy = (worker: string): boolean => worker.replace(/~\d+$/, "") === UI_PROXY_WORKER;
