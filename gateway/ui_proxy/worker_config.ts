import type { PlannedPage } from "../config/device_pages.ts";
import type { StationUi } from "./config.ts";

/** What the Worker knows of one controller's pages. */
export interface WorkerDevice {
  readonly driver: StationUi["driver"];
  /** Text of the site's own form file, of the driver "form". */
  readonly form?: string;
  /** Where a person begins, a path. */
  readonly start: string;
  readonly oldPages: StationUi["oldPages"];
  /** Its TLS is reached by the declared helper behind hald. */
  readonly oldTls?: true;
  /** Hosts by which the controller names itself. */
  readonly aliases: readonly string[];
}

/** What the Worker that carries device pages is told. */
export interface UiProxyWorkerConfig {
  readonly host: string;
  readonly port: number;
  /** Name of the console, and the end of every page's name. */
  readonly hostname: string;
  readonly consoleOrigin: string;
  readonly siteName: string;
  /** Whom to ask, for refusals. */
  readonly contact?: string;
  /** Bytes of the longest upload to a page. */
  readonly uploadBytes: number;
  /** Folder where firmware uploads wait for their verdict. */
  readonly spoolDir: string;
  /** Folder of verified images; absent: the site has no vault of firmware. */
  readonly imagesDir?: string;
  /** Folder of sealed files that controllers gave out. */
  readonly downloadsDir: string;
  /** hald's socket, where a controller needs its helper for old TLS. */
  readonly haldSocket?: string;
  readonly pages: readonly PlannedPage[];
  readonly devices: Readonly<Record<string, WorkerDevice>>;
}
