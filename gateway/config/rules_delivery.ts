import type { NotifyTarget } from "../courier/config.ts";
import type { BackupTarget } from "../store/config.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault, Path } from "./fault.ts";
import { isLoopback } from "./ip.ts";
import type { SiteRule } from "./site_rule.ts";

/** Faults of keys that need another key which is absent: [key, needed]. */
function needs<Item extends object>(path: Path, item: Item, pairs: readonly (readonly [keyof Item, keyof Item])[]) {
  return pairs.flatMap(([key, needed]): Fault[] =>
    item[key] !== undefined && item[needed] === undefined
      ? [{
        path: [...path, String(key)],
        at: "key",
        wrong: `needs ${String(needed)} beside it`,
        wanted: String(needed),
      }]
      : []
  );
}

/** A fault when not exactly one of two keys is there. */
function exactlyOne<Item extends object>(path: Path, item: Item, one: keyof Item, other: keyof Item): Fault[] {
  if ((item[one] === undefined) !== (item[other] === undefined)) return [];
  const [first, second] = [String(one), String(other)];
  const wrong = item[one] === undefined ? `has neither ${first} nor ${second}` : `has both ${first} and ${second}`;
  return [{ path, wrong, wanted: `${first} or ${second}` }];
}

const notify: SiteRule = {
  name: "a receiver of alarms is a webhook or a mail address",
  reads: ["notify"],
  check: ({ notify }) =>
    notify.flatMap((target: NotifyTarget, at) => {
      const path = ["notify", at];
      const pairs = [["mailTo", "smtpFile"], ["smtpFile", "mailTo"], ["mailFrom", "mailTo"], ["tokenFile", "webhook"], [
        "secretFile",
        "webhook",
      ]];
      return [
        ...exactlyOne(path, target, "webhook", "mailTo"),
        ...needs(path, target, pairs as [keyof NotifyTarget, keyof NotifyTarget][]),
      ];
    }),
};

const backup: SiteRule = {
  name: "a backup target is a folder or an SFTP server",
  reads: ["backup"],
  check: ({ backup }) =>
    (backup?.targets ?? []).flatMap((target: BackupTarget, at) => {
      const path = ["backup", "targets", at];
      const pairs = [["sftp", "keyFile"], ["keyFile", "sftp"], ["hostKeyFile", "sftp"]];
      return [
        ...exactlyOne(path, target, "folder", "sftp"),
        ...needs(path, target, pairs as [keyof BackupTarget, keyof BackupTarget][]),
      ];
    }),
};

const syslog: SiteRule = {
  name: "a syslog receiver has a whole client certificate and a name of its own",
  reads: ["audit"],
  check: ({ audit }) => [
    ...audit.syslog.flatMap((sink, at) =>
      needs(["audit", "syslog", at], sink, [["clientCertFile", "clientKeyFile"], ["clientKeyFile", "clientCertFile"]])
    ),
    ...findDuplicates(audit.syslog, ({ id, tls }) => (id ?? tls).toLowerCase()).map(({ index, first }): Fault => ({
      path: ["audit", "syslog", index],
      wrong: `has the same name as syslog[${first}]`,
      wanted: "an id of its own",
    })),
  ],
};

const disk: SiteRule = {
  name: "the disk warning comes before the policy",
  reads: ["audit"],
  check: ({ audit }) =>
    audit.diskWarnPercent < audit.diskFullPercent ? [] : [{
      path: ["audit", "diskWarnPercent"],
      wrong: `${audit.diskWarnPercent} is not below diskFullPercent (${audit.diskFullPercent})`,
      wanted: `less than ${audit.diskFullPercent}`,
    }],
};

const digest: SiteRule = {
  name: "a digest goes to receivers that notify names",
  reads: ["audit", "notify"],
  check({ audit, notify }) {
    if (audit.digest === undefined) return [];
    const path = ["audit", "digest"];
    if (notify.length === 0) return [{ path, wrong: "has nobody who gets it", wanted: "a receiver in notify" }];
    const names = notify.map(({ id, webhook, mailTo }) => id ?? (webhook ? URL.parse(webhook)?.host : mailTo));
    return (audit.digest.to ?? []).flatMap((name, at): Fault[] =>
      names.includes(name) ? [] : [{
        path: [...path, "to", at],
        wrong: `no receiver of notify has the name "${name}"`,
        wanted: `one of ${names.join(", ")}`,
      }]
    );
  },
};

const plainHttp: SiteRule = {
  name: "plain HTTP goes to loopback only",
  reads: ["telemetry", "store"],
  check({ telemetry, store }) {
    const urls: [Path, string | undefined][] = [[["telemetry", "otlp", "url"], telemetry?.otlp?.url], [
      ["store", "url"],
      store.url,
    ]];
    return urls.flatMap(([path, text]): Fault[] => {
      const url = text === undefined ? null : URL.parse(text);
      if (url === null || url.protocol !== "http:") return [];
      const host = url.hostname.replace(/^\[|\]$/g, "");
      if (host === "localhost" || isLoopback(host)) return [];
      return [{ path, wrong: "http:// to another host is not encrypted", wanted: "https://" }];
    });
  },
};

const acme: SiteRule = {
  name: "ACME has a console to get a certificate for",
  reads: ["pki", "console"],
  check({ pki, console }) {
    if (!pki.acme) return [];
    const path: Path = ["pki", "acme"];
    if (!console) {
      return [{
        path,
        at: "key",
        wrong: "gets a certificate for the console, and there is none",
        wanted: "a console section",
      }];
    }
    if (console.certificate) {
      return [{
        path,
        at: "key",
        wrong: "and console.certificate exclude each other",
        wanted: "one source of the console's certificate",
      }];
    }
    const isName = /[a-z]/i.test(console.hostname) && console.hostname.includes(".");
    if (isName) return [];
    return [{
      path: ["console", "hostname"],
      wrong: `"${console.hostname}" is no name that an ACME server could validate`,
      wanted: "a full domain name",
    }];
  },
};

/** Checks of what leaves the box: alarms, backups, audit, metrics. */
export const DELIVERY_RULES: readonly SiteRule[] = [notify, backup, syslog, disk, digest, plainHttp, acme];
