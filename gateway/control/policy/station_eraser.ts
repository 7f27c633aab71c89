import { writeDurably } from "../../../hal/durable_file.ts";
import { dirname } from "node:path";
import { recordingFile } from "../data_paths.ts";
import type { ErasingPlace, LeavingStation, StationEraser } from "../../store/station_eraser.ts";
import { wipeFile } from "../../store/wipe_file.ts";

/** Kinds of messages that a station had, in a file beside the store (`policy diff` replays them). */
export const RECORDING_ERASER: StationEraser = {
  name: "policy.recording",
  holds: "kinds of messages that it had, without their content",
  prefixes: [],
  files: ["policy"],
  erase: async (place, station) => {
    const file = recordingFile(place), { left, gone } = await split(place, station);
    if (gone === 0) return { entries: 0, files: 0 };
    const folder = dirname(file), name = file.slice(folder.length + 1);
    await writeDurably(folder, `${name}.left`, new TextEncoder().encode(left.map((line) => `${line}\n`).join("")));
    await wipeFile(file); // before the new one takes its name: a rename would leave the old bytes as they are
    await Deno.rename(`${folder}/${name}.left`, file);
    return { entries: gone, files: 1 };
  },
  leftOf: async (place, station) => (await split(place, station)).gone,
};

async function split(place: Pick<ErasingPlace, "dataDir">, { id }: LeavingStation) {
  const lines = (await read(recordingFile(place))).split("\n").filter((line) => line !== "");
  const left = lines.filter((line) => !isOf(line, id));
  return { left, gone: lines.length - left.length };
}

function isOf(line: string, id: string): boolean {
  try {
    const { resource } = JSON.parse(line) as { readonly resource?: { readonly station?: { readonly id?: unknown } } };
    return resource?.station?.id === id;
  } catch {
    return line.includes(id); // a line that nobody understands is not worth keeping
  }
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
