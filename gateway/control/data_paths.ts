import type { Box } from "../core/conduit.ts";

/** Where the command line finds the running gateway. */
export const controlSocketPath = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/control.sock`;
/** The store's file; its folder holds nothing else. */
export const storePath = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/store/bulkhead.kv`;
/** Folder of the audit chain's segments. */
export const auditDir = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/audit`;
/** Folder of the file key store. */
export const keysDir = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/keys`;
/** What `policy diff` replays: kinds of messages that stations had. */
export const recordingFile = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/policy/recording.jsonl`;
/** Left by `restore` for the first start after it. */
export const restoreMarker = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/restored.json`;
