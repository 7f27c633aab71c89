import type { FirmwareConfig } from "../../../firmware/config.ts";
import { isOver, isOwn, type StoredUpload } from "./upload_book.ts";

/** Bounds of sealed copies. */
interface Room {
  readonly keepDays: number;
  readonly quotaMegabytes: number;
  /** Of one station. */
  readonly keepFiles: number;
}

const CSMS_ROOM: Room = { keepDays: 30, quotaMegabytes: 1_024, keepFiles: Infinity };
const OWN_ROOM: Room = { keepDays: 400, quotaMegabytes: 512, keepFiles: 12 };
const DAY_MS = 86_400_000;

/**
 * What has to go, of all uploads with the newest first: what is too old, and the oldest that were delivered or kept when
 * there is no room. Files for CSMSs and those that the gateway asked for have bounds of their own. The newest security log
 * of a station goes by its age alone, and a try that brought nothing is forgotten when a newer one is on record.
 */
export function surplusOf(
  all: readonly StoredUpload[],
  firmware: Pick<FirmwareConfig, "securityLogs" | "uploads"> | undefined,
  now: number,
): readonly StoredUpload[] {
  const mine = all.filter(isOwn), theirs = all.filter((upload) => !isOwn(upload));
  return [
    ...beyond(theirs, { ...CSMS_ROOM, ...firmware?.uploads }, now),
    ...beyond(mine, { ...OWN_ROOM, ...firmware?.securityLogs }, now),
  ];
}

function beyond(uploads: readonly StoredUpload[], room: Room, now: number): StoredUpload[] {
  let bytes = 0;
  const kept = new Map<string, number>(), seen = new Set<string>();
  return uploads.filter((upload) => {
    const { stationId, state, createdAt, telling } = upload;
    const before = kept.get(stationId) ?? 0, isSuperseded = seen.has(stationId);
    seen.add(stationId);
    bytes += upload.bytes ?? 0;
    const isOld = now - createdAt > room.keepDays * DAY_MS;
    const isTooMuch = bytes > room.quotaMegabytes * 1_048_576 && (state === "sent" || state === "kept" && before > 0);
    const isTooMany = state === "kept" && before >= room.keepFiles;
    const isVain = isOwn(upload) && isSuperseded && (state === "failed" || state === "none");
    if (isOver(upload) && telling === undefined && (isOld || isTooMuch || isTooMany || isVain)) {
      bytes -= upload.bytes ?? 0;
      return true;
    }
    if (state === "kept") kept.set(stationId, before + 1);
    return false;
  });
}
