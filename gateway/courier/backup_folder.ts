import type { Box } from "../core/conduit.ts";

/** Where control puts a sealed backup for the courier to fetch: the one folder that the courier may read. */
export const backupFolder = (box: Pick<Box, "dataDir">): string => `${box.dataDir}/backup`;
