import type { TransferProtocol } from "../../core/firmware_transfer_api.ts";

/** One listener for stations' files. */
export interface FileListener {
  /** Name in trust, audit and metrics: "firmware" for HTTPS, "firmware:sftp" and so on for an exception. */
  readonly name: string;
  readonly protocol: TransferProtocol;
  readonly host: string;
  readonly port: number;
  /** FTP: its data ports, first and last. */
  readonly passive?: { readonly first: number; readonly last: number };
}

/** Configuration of the Workers "firmware" and "firmware-files": a JSON value, computed by mod.ts. */
export interface ServingConfig {
  readonly listeners: readonly FileListener[];
  /** Absolute paths. */
  readonly verified: string;
  readonly uploads: string;
  /** Bytes per second of this Worker and of one station. */
  readonly rates: { readonly site: number; readonly station: number };
}
