import type { DeviceRecordingApi } from "../../core/device_api.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { Callers } from "../callers.ts";
import type { Recordings } from "./recordings.ts";

/** Recorded sessions as administrators and auditors ask for them. */
export function recordingHandlers(callers: Callers, recordings: Recordings): RpcHandlers<DeviceRecordingApi> {
  return {
    "device.recordings": async ({ by }) => {
      await callers.allow("device.recordings", by);
      return recordings.list();
    },
    "device.replay": async ({ by, recording }) => {
      const { person, source } = await callers.allow("device.replay", by);
      return await recordings.replay(recording, { person, source });
    },
  };
}
