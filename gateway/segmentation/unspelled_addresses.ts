import type { Site } from "../config/schema.ts";
import { parseSocketAddress } from "../config/ip.ts";
import type { SiteAddress } from "./site_addresses.ts";

/** Where a scheme is served, unless a URL says otherwise. */
const SCHEME_PORTS = { https: 443, http: 80, ftp: 21, sftp: 22 } as const;
/** FTP servers name the port of the data connection themselves; none names one below (RFC 959, RFC 6335 section 6). */
const FTP_DATA = { port: 1_024, lastPort: 65_535 } as const;
/** Submission of mail: within TLS, and with STARTTLS (RFC 8314 section 3). */
const MAIL_PORTS = [465, 587] as const;

const tcp = { protocols: ["tcp"], isProxied: false } as const;

/** Data connections of FTP that stations open to the box, for models that can do nothing else. */
export function passivePorts({ firmware }: Site): readonly SiteAddress[] {
  return (firmware?.exceptions ?? []).flatMap(({ listen, passivePorts: range }, at) => {
    const host = parseSocketAddress(listen)?.host;
    if (host === undefined || range === undefined) return [];
    const [port = 0, lastPort = port] = range.split("-").map(Number);
    return [{ key: `firmware.exceptions.${at}.passivePorts`, host, port, lastPort, ...tcp }];
  });
}

/** Hosts that images come from and logs go to: their URLs are named by a CSMS later, their hosts and schemes in site.yaml. */
export function fileHosts({ firmware }: Site): readonly SiteAddress[] {
  return (["fetchHosts", "uploadHosts"] as const).flatMap((list) =>
    (firmware?.[list] ?? []).flatMap(({ host, schemes }) =>
      schemes.flatMap((scheme): SiteAddress[] => {
        const key = `firmware.${list}.${host}.${scheme}`;
        const isProxied = scheme === "https" || scheme === "http";
        const at = { key, host, port: SCHEME_PORTS[scheme], protocols: ["tcp"], isProxied } as const;
        return scheme === "ftp" ? [at, { key: `${key}-data`, host, ...FTP_DATA, ...tcp }] : [at];
      })
    )
  );
}

/** The mail server stands in a secret's file, which no rule reads: any host, but for the ports of submission. */
export function mailServers({ notify }: Site): readonly SiteAddress[] {
  if (!notify.some(({ mailTo }) => mailTo !== undefined)) return [];
  return MAIL_PORTS.map((port) => ({ key: `notify.smtpFile.${port}`, host: "", port, ...tcp }));
}
