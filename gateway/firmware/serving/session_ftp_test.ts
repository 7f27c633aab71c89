import { deepEqual, equal } from "node:assert/strict";
import type { OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { type FtpEffect, FtpSession } from "./session_ftp.ts";

const DOWNLOAD: OpenedGrant = {
  ...{ kind: "download", id: "g1", stationId: "CP001", sha256: "ab", sizeBytes: 1_000, fileName: "fw.deb" },
  leftBytes: 4_000,
};
const UPLOAD: OpenedGrant = { kind: "upload", id: "u1", stationId: "CP001", file: "ab", key: "", maxBytes: 9 };

/** Effects in short: "230", "send 5", "close". */
const short = (effects: readonly FtpEffect[]): string[] =>
  effects.map((effect) => {
    switch (effect.do) {
      case "reply":
        return effect.text.slice(0, 3);
      case "ask":
        return `ask ${effect.token}`;
      case "send":
        return `send ${effect.start}`;
      case "receive":
        return `receive ${effect.fileName}`;
      case "passive":
        return effect.kind;
      default:
        return effect.do;
    }
  });

function loggedIn(grant = DOWNLOAD, hasPassive = true): FtpSession {
  const session = new FtpSession();
  session.receive({ verb: "USER", argument: "station" });
  session.receive({ verb: "PASS", argument: "token" });
  session.opened(grant);
  if (hasPassive) session.passive("227 here\r\n");
  return session;
}
const say = (session: FtpSession, line: string): string[] => {
  const [verb, ...rest] = line.split(" ");
  return short(session.receive({ verb: verb!, argument: rest.join(" ") }));
};

Deno.test("firmware ftp: login by token; nothing goes before it", () => {
  const session = new FtpSession();
  for (const line of ["RETR fw.deb", "PASV", "LIST", "SIZE fw.deb", "CWD /", "STOR x", "REST 5", "TYPE I", "DELE x"]) {
    deepEqual(say(session, line), ["530"], line);
  }
  deepEqual(say(session, "USER anybody"), ["331"]);
  deepEqual(say(session, "PASS the-token"), ["ask the-token"]);
  deepEqual(say(session, "RETR fw.deb"), ["503"], "while control is asked nothing else is done");
  deepEqual(short(session.opened(DOWNLOAD)), ["230"]);
  deepEqual([say(session, "USER x"), say(session, "PASS y")], [["503"], ["503"]]);
});

Deno.test("firmware ftp: a wrong token ends the connection", () => {
  const session = new FtpSession();
  say(session, "PASS x");
  deepEqual(short(session.refused()), ["530", "close"]);
});

const REPLIES: readonly (readonly [string, readonly string[]])[] = [
  ["SYST", ["215"]],
  ["FEAT", ["211"]],
  ["NOOP", ["200"]],
  ["OPTS UTF8 ON", ["200"]],
  ["OPTS MLST x", ["501"]],
  ["TYPE I", ["200"]],
  ["TYPE A", ["200"]],
  ["TYPE E", ["504"]],
  ["MODE S", ["200"]],
  ["MODE B", ["504"]],
  ["STRU F", ["200"]],
  ["STRU R", ["504"]],
  ["PWD", ["257"]],
  ["CWD /", ["250"]],
  ["CWD .", ["250"]],
  ["CWD ..", ["550"]],
  ["CWD /etc", ["550"]],
  ["CDUP", ["250"]],
  ["ALLO 5", ["202"]],
  ["ABOR", ["226"]],
  ["SIZE fw.deb", ["213"]],
  ["SIZE /fw.deb", ["213"]],
  ["SIZE ./fw.deb", ["213"]],
  ["SIZE other", ["550"]],
  ["SIZE ../fw.deb", ["550"]],
  ["RETR fw.deb", ["150", "send 0"]],
  ["RETR //fw.deb", ["150", "send 0"]],
  ["RETR fw.deb/", ["550"]],
  ["RETR FW.DEB", ["550"]],
  ["RETR ../../verified/ab", ["550"]],
  ["RETR", ["550"]],
  ["LIST", ["150", "list"]],
  ["NLST", ["150", "list"]],
  ["STOR fw.deb", ["553"]],
  ["REST 5", ["350"]],
  ["REST -5", ["501"]],
  ["REST 1e3", ["501"]],
  ["REST 9999999999999999", ["501"]],
  ["PASV", ["PASV"]],
  ["EPSV", ["EPSV"]],
  ["PORT 127,0,0,1,0,80", ["502"]],
  ["EPRT |1|127.0.0.1|80|", ["502"]],
  ["AUTH TLS", ["502"]],
  ["DELE fw.deb", ["502"]],
  ["RNFR fw.deb", ["502"]],
  ["MKD x", ["502"]],
  ["APPE x", ["502"]],
  ["SITE EXEC ls", ["502"]],
  ["XYZZY", ["502"]],
  ["QUIT", ["221", "close"]],
];
for (const [line, wanted] of REPLIES) {
  Deno.test(`firmware ftp: ${line} of a station that may fetch`, () => deepEqual(say(loggedIn(), line), wanted));
}

Deno.test("firmware ftp: REST counts for the next RETR alone, up to the end and not behind it", () => {
  const session = loggedIn();
  say(session, "REST 1000");
  deepEqual(say(session, "RETR fw.deb"), ["150", "send 1000"]);
  session.transferred("done");
  session.passive("227 here\r\n");
  deepEqual(say(session, "RETR fw.deb"), ["150", "send 0"]);
  session.transferred("done");
  session.passive("227 here\r\n");
  say(session, "REST 1001");
  deepEqual(say(session, "RETR fw.deb"), ["554"]);
});

Deno.test("firmware ftp: every transfer needs a data port of its own", () => {
  const session = loggedIn(DOWNLOAD, false);
  deepEqual(say(session, "RETR fw.deb"), ["425"]);
  deepEqual(short(session.passive(undefined)), ["425"]);
  deepEqual(say(session, "RETR fw.deb"), ["425"]);
  session.passive("227 here\r\n");
  deepEqual(say(session, "RETR fw.deb"), ["150", "send 0"]);
  deepEqual(short(session.transferred("done")), ["226"]);
  deepEqual(say(session, "LIST"), ["425"]);
});

for (
  const [outcome, code] of [["done", "226"], ["cut", "426"], ["no-connection", "425"], ["refused", "552"]] as const
) {
  Deno.test(`firmware ftp: a transfer that ends "${outcome}"`, () => {
    deepEqual(short(loggedIn().transferred(outcome)), [code]);
  });
}

Deno.test("firmware ftp: a station that brings a file fetches none and sees none", () => {
  const session = () => loggedIn(UPLOAD);
  deepEqual(say(session(), "STOR /diag.zip"), ["150", "receive diag.zip"]);
  deepEqual(say(session(), "RETR diag.zip"), ["550"]);
  deepEqual(say(session(), "SIZE diag.zip"), ["550"]);
  const [, list] = session().receive({ verb: "NLST", argument: "" });
  equal(list?.do === "list" && list.text, "");
  const resumed = session();
  say(resumed, "REST 5");
  deepEqual(say(resumed, "STOR diag.zip"), ["554"], "its beginning was sealed and is gone");
});
