import type { Service, WorkerContext } from "../../core/conduit.ts";
import { openFtp } from "./ftp_listener.ts";
import { startServing } from "./serve_service.ts";
import { openSftp } from "./sftp_listener.ts";
import type { ServingConfig } from "./worker_config.ts";

/** Starts the Worker "firmware-files": SFTP and FTP, where site.yaml excepts models. */
export function startFirmwareFiles(context: WorkerContext<ServingConfig>): Promise<Service<ServingConfig>> {
  return startServing(
    context,
    (listener, options) => (listener.protocol === "sftp" ? openSftp : openFtp)(listener, options),
  );
}
