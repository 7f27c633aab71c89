import { parseHostPort } from "../config/ip.ts";
import { secretBytes } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";
import {
  DIRECT,
  type HttpProxy,
  netOf,
  proxyFor,
  type Target,
  targetOf,
  type Uplink,
  uplinkOf,
} from "../uplink/settings.ts";
import { type SftpTarget, sftpTargets } from "./sftp_target.ts";
import type { NotifyTarget } from "./config.ts";
import type { PostTarget } from "./http_post.ts";
import type { MailTarget } from "./mail.ts";
import { notifyIds, syslogSinkId } from "./sinks.ts";
import { parseSmtpUrl } from "./smtp_url.ts";
import type { SyslogTarget } from "./syslog.ts";
import type { WebhookTarget } from "./webhook.ts";

/** All that the courier Worker needs; secrets and PEM by value. JSON. */
export interface CourierConfig {
  readonly syslog: readonly SyslogTarget[];
  readonly webhooks: readonly WebhookTarget[];
  readonly mails: readonly MailTarget[];
  readonly otlp?: PostTarget;
  readonly backups: readonly SftpTarget[];
  readonly metricsListen?: string;
}

/**
 * Everything the courier needs from a site.
 * @throws ConfigError CFG_INVALID when a mail server's line cannot be read; CFG_UNREADABLE for a missing file
 */
export function courierConfig(site: Site, files: SiteFiles): CourierConfig {
  const ids = notifyIds(site.notify);
  const uplink = uplinkOf(site, files);
  const proxyOf = (host: string) => proxyFor(uplink, host);
  const text = (path: string | undefined) => path === undefined ? undefined : secretText(files, path);
  const webhooks = site.notify.flatMap((target, index): WebhookTarget[] =>
    target.webhook === undefined ? [] : [compact({
      sink: ids[index]!,
      url: target.webhook,
      token: text(target.tokenFile),
      secret: text(target.secretFile),
      ca: text(target.caFile),
      proxy: proxyOf(targetOf(new URL(target.webhook)).host),
    })]
  );
  const mails = site.notify.flatMap((target, index) =>
    target.mailTo === undefined ? [] : [mailTarget(ids[index]!, target, files, uplink)]
  );
  const syslog = site.audit.syslog.map((sink): SyslogTarget =>
    compact({
      sink: syslogSinkId(sink),
      ...parseHostPort(sink.tls)!,
      proxy: proxyOf(parseHostPort(sink.tls)!.host),
      ca: text(sink.caFile),
      cert: text(sink.clientCertFile),
      key: text(sink.clientKeyFile),
    })
  );
  const otlp = site.telemetry?.otlp;
  return compact({
    syslog,
    webhooks,
    mails,
    backups: sftpTargets(site, files),
    otlp: otlp && compact({
      url: otlp.url,
      token: text(otlp.tokenFile),
      ca: text(otlp.caFile),
      proxy: proxyOf(targetOf(new URL(otlp.url)).host),
    }),
    metricsListen: site.telemetry?.metricsListen,
  });
}

/** The hosts and ports that the courier may reach, or the proxy that leads to them, and where it may listen. Nothing else. */
export function courierNet(config: CourierConfig): readonly string[] {
  const netOfTarget = (target: Target, proxy?: HttpProxy) =>
    netOf({ ...DIRECT, ...(proxy ? { proxy } : {}) }, [target]);
  const all = [
    ...config.syslog.flatMap((target) => netOfTarget(target, target.proxy)),
    ...config.webhooks.flatMap(({ url, proxy }) => netOfTarget(targetOf(new URL(url)), proxy)),
    ...config.mails.flatMap(({ server, proxy }) => netOfTarget(server, proxy)),
    ...config.backups.flatMap((target) => netOfTarget(target)),
    ...(config.otlp ? netOfTarget(targetOf(new URL(config.otlp.url)), config.otlp.proxy) : []),
    ...(config.metricsListen === undefined ? [] : [config.metricsListen]),
  ];
  return [...new Set(all)].sort();
}

function mailTarget(sink: string, target: NotifyTarget, files: SiteFiles, uplink: Uplink): MailTarget {
  const server = parseSmtpUrl(secretText(files, target.smtpFile!));
  if (!server) {
    throw new ConfigError(
      "CFG_INVALID",
      `Cannot use ${target.smtpFile}: its line is not smtps://user:password@host:port`,
      {
        hint: "Percent-encode special characters of user and password; smtp:// means STARTTLS",
      },
    );
  }
  const ca = target.caFile === undefined ? undefined : secretText(files, target.caFile);
  return compact({
    sink,
    to: target.mailTo!,
    from: target.mailFrom ?? target.mailTo!,
    server,
    ca,
    proxy: proxyFor(uplink, server.host),
  });
}

function secretText(files: SiteFiles, path: string): string {
  return new TextDecoder().decode(secretBytes(files.bytes(path)));
}

/** An object without its undefined values. */
type Compact<T> =
  & { [K in keyof T as undefined extends T[K] ? never : K]: T[K] }
  & {
    [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
  };

function compact<T extends object>(value: T): Compact<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Compact<T>;
}
