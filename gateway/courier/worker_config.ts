import { parseHostPort } from "../config/ip.ts";
import { secretBytes } from "../config/materials.ts";
import type { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";
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
  const text = (path: string | undefined) => path === undefined ? undefined : secretText(files, path);
  const webhooks = site.notify.flatMap((target, index): WebhookTarget[] =>
    target.webhook === undefined ? [] : [compact({
      sink: ids[index]!,
      url: target.webhook,
      token: text(target.tokenFile),
      secret: text(target.secretFile),
      ca: text(target.caFile),
    })]
  );
  const mails = site.notify.flatMap((target, index) =>
    target.mailTo === undefined ? [] : [mailTarget(ids[index]!, target, files)]
  );
  const syslog = site.audit.syslog.map((sink): SyslogTarget =>
    compact({
      sink: syslogSinkId(sink),
      ...parseHostPort(sink.tls)!,
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
    otlp: otlp && compact({ url: otlp.url, token: text(otlp.tokenFile), ca: text(otlp.caFile) }),
    metricsListen: site.telemetry?.metricsListen,
  });
}

/** The hosts and ports that the courier may reach, and where it may listen. Nothing else. */
export function courierNet(config: CourierConfig): readonly string[] {
  const ofUrl = (text: string) => {
    const url = new URL(text);
    return `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
  };
  const join = (host: string, port: number) => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const all = [
    ...config.syslog.map(({ host, port }) => join(host, port)),
    ...config.webhooks.map(({ url }) => ofUrl(url)),
    ...config.mails.map(({ server }) => join(server.host, server.port)),
    ...config.backups.map(({ host, port }) => join(host, port)),
    ...(config.otlp ? [ofUrl(config.otlp.url)] : []),
    ...(config.metricsListen === undefined ? [] : [config.metricsListen]),
  ];
  return [...new Set(all)].sort();
}

function mailTarget(sink: string, target: NotifyTarget, files: SiteFiles): MailTarget {
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
  return compact({ sink, to: target.mailTo!, from: target.mailFrom ?? target.mailTo!, server, ca });
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
