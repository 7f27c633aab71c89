import { allowUrl, fileNameOf, type HostRule, shownUrl } from "./fetch_rules.ts";
import { openFtp } from "./fetch_ftp.ts";
import { type HttpWay, openHttp } from "./fetch_http.ts";
import { openSftp } from "./fetch_sftp.ts";
import { guarded } from "./guarded_stream.ts";

/** A file that comes from somewhere else. */
export interface Incoming {
  readonly parts: AsyncIterable<Uint8Array>;
  readonly fileName: string;
  /** For records and pages; without secrets. */
  readonly where: string;
}

/**
 * Begins to fetch a URL from one of the hosts. What comes is bounded in time by `guarded`; in size by who stores it.
 * @throws GatewayError FIRMWARE_HOST_REFUSED, UpstreamError FIRMWARE_FETCH_FAILED (also while it is read)
 */
export async function fetchImage(text: string, hosts: readonly HostRule[], way: HttpWay): Promise<Incoming> {
  const allowed = allowUrl(text, hosts);
  const { protocol } = allowed.url;
  const where = shownUrl(allowed.url);
  const { body, close } = protocol === "ftp:"
    ? await openFtp(allowed)
    : protocol === "sftp:"
    ? await openSftp(allowed)
    : await openHttp(allowed, hosts, way);
  return { parts: guarded(body, where, way, close), fileName: fileNameOf(allowed.url), where };
}
