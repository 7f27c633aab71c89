import type { Site } from "../../config/schema.ts";
import { parseSocketAddress } from "../../config/ip.ts";
import type { Box, Conduit, WorkerSpec } from "../../core/conduit.ts";
import { dataFolders } from "../../core/data_folders.ts";
import type { FileException, FirmwareConfig } from "../config.ts";
import type { FileListener, ServingConfig } from "./worker_config.ts";

/** Folders of firmware below the data folder; the vault owns the first, control removes from the second. */
export const firmwareFolders = (box: Pick<Box, "dataDir">) => {
  const { verifiedImages, uploads } = dataFolders(box);
  return { verified: verifiedImages, uploads };
};

/**
 * The Workers that speak with stations: "firmware" by HTTPS (and HTTP where excepted), "firmware-files" by SFTP and FTP,
 * only where a model needs it. They read verified images, write sealed uploads, and reach nobody.
 */
export const firmwareServing: Conduit<Site> = {
  name: "firmware",
  workers({ firmware }, box) {
    if (firmware?.listen === undefined) return [];
    const web = [httpsListener(firmware.listen), ...listenersOf(firmware, ["http"])];
    const files = listenersOf(firmware, ["sftp", "ftp"]);
    const workers = [{ name: "firmware", module: new URL("./worker.ts", import.meta.url), listeners: web }];
    if (files.length > 0) {
      workers.push({ name: "firmware-files", module: new URL("./files_worker.ts", import.meta.url), listeners: files });
    }
    return workers.map((worker) => specOf(worker, firmware, box, workers.length));
  },
};

function specOf(
  { name, module, listeners }: {
    readonly name: string;
    readonly module: URL;
    readonly listeners: readonly FileListener[];
  },
  { bandwidth }: FirmwareConfig,
  box: Box,
  workers: number,
): WorkerSpec {
  const folders = firmwareFolders(box);
  const config: ServingConfig = {
    listeners,
    ...folders,
    rates: {
      // Two Workers know nothing of each other's bytes: each has its half, so that the site's figure holds.
      site: Math.floor(bandwidth.siteKilobytesPerSecond * 1_024 / workers),
      station: bandwidth.stationKilobytesPerSecond * 1_024,
    },
  };
  const permissions = {
    net: listeners.flatMap(placesOf),
    read: [folders.verified, folders.uploads],
    write: [folders.uploads],
  };
  return { name, module, permissions, config, after: [] };
}

function httpsListener(listen: string): FileListener {
  return { name: "firmware", protocol: "https", ...parseSocketAddress(listen)! }; // the schema has checked it
}

function listenersOf({ exceptions }: FirmwareConfig, protocols: readonly FileException["protocol"][]): FileListener[] {
  return exceptions.filter(({ protocol }) => protocols.includes(protocol)).map((
    { protocol, listen, passivePorts },
  ) => ({
    name: `firmware:${protocol}`,
    protocol,
    ...parseSocketAddress(listen)!,
    ...passivePorts === undefined ? {} : { passive: passiveOf(passivePorts) },
  }));
}

/** "50000-50009" as numbers. */
export function passiveOf(text: string): { readonly first: number; readonly last: number } {
  const [first, last] = text.split("-").map(Number);
  return { first: first!, last: last! };
}

/** The listener itself, and one entry for each data port: a range is no permission (facts: isolates). */
function placesOf({ host, port, passive }: FileListener): string[] {
  const shown = host.includes(":") ? `[${host}]` : host;
  const ports = passive ? Array.from({ length: passive.last - passive.first + 1 }, (_, at) => passive.first + at) : [];
  return [port, ...ports].map((one) => `${shown}:${one}`);
}
